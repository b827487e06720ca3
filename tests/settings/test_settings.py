from pathlib import Path
from typing import Any

import pytest

from kis_mcp.account import Account
from kis_mcp.environment import Environment
from kis_mcp.errors import SettingsError
from kis_mcp.settings.profile import DEMO_REST, REAL_REST
from kis_mcp.settings.settings import Settings

KEYS = {"KIS_APP_KEY": "key", "KIS_APP_SECRET": "secret-of-real"}
DEMO_KEYS = {"KIS_PAPER_APP_KEY": "demo-key", "KIS_PAPER_APP_SECRET": "secret-of-demo"}


def load(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return Settings.load()


@pytest.mark.parametrize(
    ("variables", "environment"),
    [
        ({}, Environment.SIM),
        (DEMO_KEYS, Environment.DEMO),
        (KEYS, Environment.SIM),
        (KEYS | DEMO_KEYS, Environment.DEMO),
        (KEYS | {"KIS_ENV": "real"}, Environment.REAL),
        (DEMO_KEYS | {"KIS_ENV": "sim"}, Environment.SIM),
    ],
)
def test_the_environment_is_never_real_unless_asked_for(
    variables: dict[str, str], environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load(monkeypatch, **variables).environment is environment


def test_the_simulator_needs_nothing() -> None:
    profile = Settings.load().profile(Environment.SIM)
    assert profile.rest_url == ""
    assert profile.accounts["stock"].product == "01"


def test_demo_and_real_have_their_own_host_keys_account_and_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(
        monkeypatch, **KEYS, **DEMO_KEYS, KIS_ACCT_STOCK="11112222", KIS_PAPER_STOCK="33334444", KIS_PROD_TYPE="22"
    )
    real, demo = settings.profile(Environment.REAL), settings.profile(Environment.DEMO)
    assert (real.rest_url, demo.rest_url) == (REAL_REST, DEMO_REST)
    assert (real.app_key, demo.app_key) == ("key", "demo-key")
    assert (real.requests_per_second, demo.requests_per_second) == (18, 1)
    assert real.accounts == {"stock": Account("11112222", "22"), "pension": Account("11112222", "29")}
    assert demo.accounts["stock"] == Account("33334444", "22")


def test_kis_own_file_is_read_and_its_template_text_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "kis_devlp.yaml"
    file.write_text(
        'my_app: "앱키"\nmy_sec: "앱키 시크릿"\npaper_app: "file-key"\npaper_sec: "file-secret"\n'
        'my_paper_stock: 01234567\nmy_prod: "01"\nmy_htsid: "사용자 HTS ID"\n'
        f'prod: "{REAL_REST}"\nvps: "{DEMO_REST}"\nmy_agent: "Mozilla/5.0"\n',
        "utf-8",
    )
    settings = load(monkeypatch, KIS_CONFIG_FILE=str(file))
    assert settings.environment is Environment.DEMO
    profile = settings.profile(Environment.DEMO)
    assert (profile.app_key, profile.hts_id) == ("file-key", "")
    assert profile.accounts["stock"].number == "01234567"


def test_the_environment_variable_beats_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "kis_devlp.yaml"
    file.write_text("paper_app: file-key\npaper_sec: file-secret\n", "utf-8")
    settings = load(monkeypatch, KIS_CONFIG_FILE=str(file), KIS_PAPER_APP_KEY="variable-key")
    assert settings.profile(Environment.DEMO).app_key == "variable-key"


@pytest.mark.parametrize(
    ("variables", "field"),
    [
        ({"KIS_ENV": "live"}, "KIS_ENV"),
        ({"KIS_ENV": "real"}, "KIS_APP_KEY"),
        ({"KIS_ENV": "demo", "KIS_PAPER_APP_KEY": "k"}, "KIS_PAPER_APP_SECRET"),
        ({"KIS_SWITCHABLE_ENVS": "real"}, "KIS_APP_KEY"),
        ({"KIS_SWITCHABLE_ENVS": "moon"}, "KIS_SWITCHABLE_ENVS"),
        ({"KIS_ACCT_STOCK": "12345678-01"}, "KIS_ACCT_STOCK"),
        ({"KIS_PROD_TYPE": "1"}, "KIS_PROD_TYPE"),
        ({"KIS_MAX_ORDER_NOTIONAL": "-1"}, "KIS_MAX_ORDER_NOTIONAL"),
        ({"KIS_MAX_ORDER_QUANTITY": "1.5"}, "KIS_MAX_ORDER_QUANTITY"),
        ({"KIS_CONFIRM": "sometimes"}, "KIS_CONFIRM"),
        ({"KIS_CONFIRM": "never", "KIS_ENV": "real", **KEYS}, "KIS_CONFIRM"),
        ({"KIS_RATE_LIMIT": "0"}, "KIS_RATE_LIMIT"),
        ({"KIS_RATE_LIMIT_PAPER": "0", **DEMO_KEYS}, "KIS_RATE_LIMIT_PAPER"),
        ({"KIS_RATE_LIMIT": "100"}, "KIS_RATE_LIMIT"),
        ({"KIS_URL_REST": "https://openapi.koreainvestment.com.evil.example"}, "KIS_URL_REST"),
        ({"KIS_URL_REST": "http://openapi.koreainvestment.com:9443"}, "KIS_URL_REST"),
        ({"KIS_URL_REST_PAPER": "https://user@openapivts.koreainvestment.com"}, "KIS_URL_REST_PAPER"),
        ({"KIS_URL_WS": "ws://192.168.0.2:21000"}, "KIS_URL_WS"),
        ({"KIS_HTTP_TOKEN": "short"}, "KIS_HTTP_TOKEN"),
    ],
)
def test_a_wrong_setting_is_named_with_its_remedy(
    variables: dict[str, str], field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingsError) as refused:
        load(monkeypatch, **variables)
    assert refused.value.field == field
    assert field in str(refused.value)
    assert refused.value.remedy


def test_a_broken_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "kis_devlp.yaml"
    file.write_text("paper_app: [", "utf-8")
    with pytest.raises(SettingsError, match=r"kis_devlp\.yaml"):
        load(monkeypatch, KIS_CONFIG_FILE=str(file))


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:8000/", "http://[::1]:8000"])
def test_a_loopback_address_serves_every_environment_without_a_limit(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, **KEYS, KIS_URL_REST=url, KIS_RATE_LIMIT="0")
    assert settings.profile(Environment.REAL).rest_url == url.rstrip("/")
    assert settings.profile(Environment.SIM).rest_url == url.rstrip("/")


def test_no_secret_and_no_account_is_in_any_text_form(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets: dict[str, Any] = {**KEYS, **DEMO_KEYS, "KIS_ACCT_STOCK": "11112222", "KIS_HTS_ID": "my-hts-id"}
    settings = load(monkeypatch, **secrets)
    text = repr(settings) + str(settings) + repr(settings.profile(Environment.REAL))
    for secret in ("secret-of-real", "secret-of-demo", "11112222", "my-hts-id"):
        assert secret not in text
