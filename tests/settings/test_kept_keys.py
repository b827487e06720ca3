"""Keys that `kis-mcp setup` keeps: below the variables, above KIS' file, and never opened for the simulator alone."""

from pathlib import Path

import pytest

from kis_mcp.environment import Environment
from kis_mcp.errors import SettingsError
from kis_mcp.keystore import keep_sealed, keys_file
from kis_mcp.settings.settings import Settings
from tests.keystore.keychains import seal_cheaply

DEMO = {"paper_app_key": "kept-key", "paper_app_secret": "kept-secret", "paper_stock": "12345678-01"}
PASSPHRASE = "a long enough phrase"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    seal_cheaply(monkeypatch)
    monkeypatch.setenv("KIS_PASSPHRASE", PASSPHRASE)
    keep_sealed(tmp_path / "data", DEMO, PASSPHRASE)
    return tmp_path / "data"


def kis_file(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    path = folder / "kis_devlp.yaml"
    path.write_text(text)
    monkeypatch.setenv("KIS_CONFIG_FILE", str(path))


@pytest.mark.usefixtures("folder")
def test_kept_demo_keys_make_demo_the_environment() -> None:
    settings = Settings.load()
    assert settings.environment is Environment.DEMO
    assert settings.warnings == ()
    profile = settings.profile(Environment.DEMO)
    assert (profile.app_key, profile.app_secret.get_secret_value()) == ("kept-key", "kept-secret")
    assert profile.accounts["stock"].number == "12345678"


def test_a_variable_wins_over_kept_keys_and_these_over_kis_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kis_file(folder, monkeypatch, "paper_app: of-the-file\npaper_sec: of-the-file\nmy_htsid: of-the-file\n")
    monkeypatch.setenv("KIS_PAPER_APP_SECRET", "of-the-variable")
    settings = Settings.load()
    profile = settings.profile(Environment.DEMO)
    assert (profile.app_key, profile.app_secret.get_secret_value(), profile.hts_id) == (
        "kept-key",
        "of-the-variable",
        "of-the-file",
    )


def test_the_product_in_kis_file_is_that_of_the_accounts_in_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kis_file(folder, monkeypatch, 'my_app: a\nmy_sec: b\nmy_acct_stock: "87654321"\nmy_prod: "22"\n')
    settings = Settings.load()
    products = [settings.profile(each).accounts["stock"].product for each in (Environment.DEMO, Environment.REAL)]
    assert products == ["01", "22"]


@pytest.mark.usefixtures("folder")
def test_a_missing_passphrase_stops_the_start_unless_the_simulator_alone_is_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("KIS_PASSPHRASE")
    with pytest.raises(SettingsError, match="KIS_PASSPHRASE_FILE"):
        Settings.load()
    assert Settings.load(env="sim").environment is Environment.SIM


def test_damaged_keys_do_not_touch_the_simulator(folder: Path) -> None:
    keys_file(folder).write_bytes(b"\0")
    with pytest.raises(SettingsError, match="damaged"):
        Settings.load()
    assert Settings.load(env="sim").warnings == ()
