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
        ({"KIS_ACCT_STOCK": "1234567"}, "KIS_ACCT_STOCK"),
        ({"KIS_ACCT_STOCK": "12345678-1"}, "KIS_ACCT_STOCK"),
        ({"KIS_ACCT_STOCK": "123456-78"}, "KIS_ACCT_STOCK"),
        ({"KIS_ACCT_STOCK": "12345678-22", "KIS_PROD_TYPE": "01"}, "KIS_ACCT_STOCK"),
        ({"KIS_ACCT_FUTURE": "12345678-01"}, "KIS_ACCT_FUTURE"),
        ({"KIS_PROD_TYPE": "1"}, "KIS_PROD_TYPE"),
        ({"KIS_PROD_TYPE": "x01"}, "KIS_PROD_TYPE"),
        ({"KIS_PROD_TYPE": "٠١"}, "KIS_PROD_TYPE"),
        ({"KIS_ALLOW_REAL_ORDERS": "maybe"}, "KIS_ALLOW_REAL_ORDERS"),
        ({"KIS_ALLOWED_SYMBOLS": ","}, "KIS_ALLOWED_SYMBOLS"),
        ({"KIS_ALLOWED_SYMBOLS": ""}, "KIS_ALLOWED_SYMBOLS"),
        ({"KIS_DENIED_SYMBOLS": " ; "}, "KIS_DENIED_SYMBOLS"),
        ({"KIS_SWITCHABLE_ENVS": ","}, "KIS_SWITCHABLE_ENVS"),
        ({"KIS_HTTP_ORIGINS": ","}, "KIS_HTTP_ORIGINS"),
        ({"KIS_CONFIRM": "'ask"}, "KIS_CONFIRM"),
        ({"kis_env": "sim"}, "KIS_ENV"),
        ({"KIS_ENV": "sim", "kis_env": "real"}, "KIS_ENV"),
        ({"Kis_Config_File": "x"}, "KIS_CONFIG_FILE"),
        ({"KIS_APP_KEY": "앱키"}, "KIS_APP_KEY"),
        ({"KIS_APP_SECRET": "two words"}, "KIS_APP_SECRET"),
        ({"KIS_DATA_DIR": "~nobody-of-this-name/data"}, "KIS_DATA_DIR"),
        ({"KIS_URL_REST": "http://127.0.0.1:port"}, "KIS_URL_REST"),
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


@pytest.mark.parametrize("written", ["REAL", " real ", '"real"', "'Real'", "\ufeffreal", "ｒｅａｌ", "“real”"])
def test_words_are_read_as_a_person_reads_them(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, **KEYS, KIS_ENV=written).environment is Environment.REAL


@pytest.mark.parametrize(
    ("written", "value"),
    [("1", True), ("yes", True), ("ON", True), ("'true'", True), ("0", False), ("no", False), ("Off", False)],
)
def test_switches_are_on_only_where_a_person_says_so(
    written: str, value: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load(monkeypatch, KIS_ALLOW_REAL_ORDERS=written).allow_real_orders is value


@pytest.mark.parametrize(
    ("stock", "future", "accounts"),
    [
        ("11112222-22", "", {"stock": ("11112222", "22"), "pension": ("11112222", "29")}),
        ("1111222201", "", {"stock": ("11112222", "01"), "pension": ("11112222", "29")}),
        ("１１１１２２２２", "", {"stock": ("11112222", "01"), "pension": ("11112222", "29")}),
        ("", "11112222", {"futures": ("11112222", "03"), "overseas_futures": ("11112222", "08")}),
        ("", "11112222-08", {"overseas_futures": ("11112222", "08")}),
        ("", "1111222203", {"futures": ("11112222", "03")}),
    ],
)
def test_an_account_may_carry_its_product(
    stock: str, future: str, accounts: dict[Any, tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load(monkeypatch, **KEYS, KIS_ACCT_STOCK=stock, KIS_ACCT_FUTURE=future)
    assert settings.profile(Environment.REAL).accounts == {kind: Account(*one) for kind, one in accounts.items()}


@pytest.mark.parametrize(
    "variable", ["KIS_URL_REST", "KIS_HTTP_TOKEN", "KIS_MAX_ORDER_QUANTITY", "KIS_SWITCHABLE_ENVS"]
)
@pytest.mark.parametrize("nothing", ["", "  ", "''", '" "'])
def test_an_empty_variable_is_an_unset_one(variable: str, nothing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, **{variable: nothing}) == Settings.load()


def test_a_variable_that_is_no_setting_is_told_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, KIS_MAX_ORDER_NOTONAL="5", KIS_X9="", kis_confrim="never")
    assert settings.warnings == (
        "The variable KIS_MAX_ORDER_NOTONAL is no setting and counts for nothing. Did you mean KIS_MAX_ORDER_NOTIONAL?",
        "The variable KIS_X9 is no setting and counts for nothing.",
        "The variable kis_confrim is no setting and counts for nothing. Did you mean KIS_CONFIRM?",
    )
    monkeypatch.delenv("KIS_MAX_ORDER_NOTONAL")
    monkeypatch.delenv("KIS_X9")
    monkeypatch.delenv("kis_confrim")
    assert Settings.load().warnings == ()


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:8000/", "http://[::1]:8000"])
def test_a_loopback_address_serves_every_environment_without_a_limit(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, **KEYS, KIS_URL_REST=url, KIS_RATE_LIMIT="0")
    assert settings.profile(Environment.REAL).rest_url == url.rstrip("/")
    assert settings.profile(Environment.SIM).rest_url == url.rstrip("/")


@pytest.mark.parametrize("environment", [Environment.REAL, Environment.DEMO])
def test_beside_a_simulator_kis_own_websocket_is_never_used(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    suffix = "_PAPER" if environment is Environment.DEMO else ""
    settings = load(monkeypatch, **KEYS, **DEMO_KEYS, **{f"KIS_URL_REST{suffix}": "http://127.0.0.1:9"})
    assert settings.profile(environment).ws_url == ""
    settings = load(monkeypatch, **{f"KIS_URL_WS{suffix}": "ws://127.0.0.1:8"})
    assert settings.profile(environment).ws_url == "ws://127.0.0.1:8"


def test_no_secret_and_no_account_is_in_any_text_form(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets: dict[str, Any] = {**KEYS, **DEMO_KEYS, "KIS_ACCT_STOCK": "11112222", "KIS_HTS_ID": "my-hts-id"}
    settings = load(monkeypatch, **secrets)
    text = repr(settings) + str(settings) + repr(settings.profile(Environment.REAL))
    for secret in ("secret-of-real", "secret-of-demo", "11112222", "my-hts-id"):
        assert secret not in text


@pytest.mark.parametrize("at", ["20260615", "1750000000", "2018-12-31", "2026-13-01", "2026-06-15T25:00", "soon"])
def test_a_time_of_the_simulator_that_cannot_be_meant_is_refused(at: str) -> None:
    with pytest.raises(SettingsError, match="no time in Korea from 2019 on") as refused:
        Settings.load(env="sim", sim_at=at)
    assert refused.value.field == "KIS_SIM_AT"
