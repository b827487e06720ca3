"""Keys are taken, checked with KIS (here a simulator on loopback) and kept; all of it, or nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kis_mcp.cli import setup
from kis_mcp.cli.main import app
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument, CredentialsError, KisMcpError, KisUnavailable, SettingsError
from kis_mcp.keystore import forget_keys, has_keys, keys_file, read_keys
from kis_mcp.settings.settings import Settings
from kis_mcp.simulator.harness import KisSim, open_kis_sim
from tests.cli.command import at_a_terminal
from tests.keystore.keychains import FakeKeychain, seal_cheaply, use_keychain

PASSPHRASE = "a long enough phrase"
DEMO_FILE = (
    'paper_app: PSdemokey\npaper_sec: PSdemosecret\nmy_paper_stock: "12345678"\nmy_prod: "01"\nmy_htsid: trader\n'
)
REAL_FILE = 'my_app: realkey\nmy_sec: realsecret\nmy_acct_stock: "87654321-01"\n'
DEMO_KEYS = {
    "paper_app_key": "PSdemokey",
    "paper_app_secret": "PSdemosecret",
    "paper_stock": "12345678-01",
    "hts_id": "trader",
}
SECRETS = ("PSdemokey", "PSdemosecret", "12345678", "realkey", "realsecret", "87654321", PASSPHRASE)


@pytest.fixture
def kis(monkeypatch: pytest.MonkeyPatch) -> Iterator[KisSim]:
    with open_kis_sim() as sim:
        for name, value in variables_of(sim).items():
            monkeypatch.setenv(name, value)
        seal_cheaply(monkeypatch)
        yield sim


@pytest.fixture
def keychain(monkeypatch: pytest.MonkeyPatch) -> FakeKeychain:
    present = FakeKeychain()
    use_keychain(monkeypatch, present)
    monkeypatch.setattr(setup, "has_keychain", lambda: True)
    return present


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def variables_of(sim: KisSim) -> dict[str, str]:
    return {
        "KIS_URL_REST": sim.real.url,
        "KIS_URL_REST_PAPER": sim.demo.url,
        "KIS_RATE_LIMIT": "0",
        "KIS_RATE_LIMIT_PAPER": "0",
    }


def file_of(folder: Path, text: str) -> Path:
    path = folder / "kis_devlp.yaml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.usefixtures("kis", "keychain")
def test_keys_of_kis_file_are_checked_and_kept_in_the_keychain(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    setup.run((), file_of(tmp_path, DEMO_FILE), "auto")
    assert read_keys(data, {}) == DEMO_KEYS
    assert Settings.load().environment is Environment.DEMO
    shown = "".join(capsys.readouterr())
    assert "12****78" in shown
    assert not [secret for secret in SECRETS if secret in shown]


@pytest.mark.usefixtures("keychain")
def test_what_kis_was_asked_changes_nothing(kis: KisSim, tmp_path: Path) -> None:
    setup.run((), file_of(tmp_path, DEMO_FILE), "auto")
    assert [(request.method, request.path.rpartition("/")[2]) for request in kis.requests] == [
        ("POST", "tokenP"),
        ("GET", "inquire-price"),
        ("GET", "inquire-balance"),
    ]
    assert kis.orders == []


@pytest.mark.usefixtures("kis", "keychain")
def test_keys_of_another_environment_come_beside_those_that_are_kept(data: Path, tmp_path: Path) -> None:
    setup.run((), file_of(tmp_path, DEMO_FILE), "auto")
    setup.run((Environment.REAL,), file_of(tmp_path, REAL_FILE), "auto")
    setup.run((), file_of(tmp_path, DEMO_FILE), "auto")
    real = {"app_key": "realkey", "app_secret": "realsecret", "acct_stock": "87654321-01"}
    assert read_keys(data, {}) == {**DEMO_KEYS, **real}
    assert Settings.load().environment is Environment.DEMO


@pytest.mark.usefixtures("keychain")
def test_keys_that_kis_refuses_are_not_kept_and_its_reason_is_told(kis: KisSim, data: Path, tmp_path: Path) -> None:
    setup.run((), file_of(tmp_path, DEMO_FILE), "auto")
    setup.forget()
    wrong = DEMO_FILE.replace("PSdemosecret", "PSanother")
    with pytest.raises(CredentialsError, match=r"Nothing was kept: demo was asked for an access token") as refused:
        setup.run((), file_of(tmp_path, wrong), "auto")
    assert refused.value.kis_code == "EGW00105"
    assert "PSanother" not in str(refused.value)
    assert not has_keys(data)


@pytest.mark.usefixtures("keychain")
def test_an_account_that_kis_refuses_keeps_all_of_it_out(kis: KisSim, data: Path, tmp_path: Path) -> None:
    kis.faults.add("error", "TTTC8434R", code="APBK0919", times=9)
    with pytest.raises(KisMcpError, match=r"Nothing was kept: real was asked for the balance of 87\*\*\*\*21-01"):
        setup.run((), file_of(tmp_path, DEMO_FILE + REAL_FILE), "auto")
    assert not has_keys(data)


@pytest.mark.usefixtures("keychain")
def test_keys_are_not_kept_unchecked_while_kis_cannot_be_reached(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIS_URL_REST_PAPER", "http://127.0.0.1:9")
    monkeypatch.setattr("kis_mcp.kis.tokens._ATTEMPTS", {})
    with pytest.raises(KisUnavailable, match="Nothing was kept"):
        setup.run((), file_of(tmp_path, DEMO_FILE), "auto")
    assert not has_keys(data)


@pytest.mark.usefixtures("kis", "keychain")
def test_an_account_of_another_shape_is_named_before_kis_is_asked(kis: KisSim, data: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="KIS_PAPER_STOCK cannot be used: an account is 8 digits"):
        setup.run((), file_of(tmp_path, DEMO_FILE.replace('"12345678"', '"1234"')), "auto")
    assert (kis.requests, has_keys(data)) == ([], False)


@pytest.mark.usefixtures("kis")
def test_without_a_keychain_the_passphrase_of_the_surroundings_seals(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    phrase = tmp_path / "phrase"
    phrase.write_text(PASSPHRASE)
    phrase.chmod(0o600)
    monkeypatch.setenv("KIS_PASSPHRASE_FILE", str(phrase))
    setup.run((), file_of(tmp_path, DEMO_FILE), "auto")
    assert Settings.load().profile(Environment.DEMO).app_key == "PSdemokey"
    assert not [secret for secret in SECRETS if secret in keys_file(data).read_text()]


def test_without_keychain_passphrase_and_person_kis_is_not_asked_and_the_way_is_told(
    kis: KisSim, data: Path, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="Set KIS_PASSPHRASE_FILE"):
        setup.run((), file_of(tmp_path, DEMO_FILE), "auto")
    assert (kis.requests, has_keys(data)) == ([], False)


@pytest.mark.usefixtures("kis", "keychain")
def test_forgetting_takes_keys_and_tokens_away_and_says_when_there_is_nothing(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], keychain: FakeKeychain
) -> None:
    setup.run((), file_of(tmp_path, DEMO_FILE), "auto")
    assert list((data / "demo" / "tokens").glob("*.json"))
    setup.forget()
    setup.forget()
    assert (has_keys(data), keychain.entries, list((data / "demo" / "tokens").glob("*.json"))) == (False, {}, [])
    assert "forgotten" in (shown := capsys.readouterr().out)
    assert "No keys are kept" in shown
    assert Settings.load().environment is Environment.SIM


def test_a_file_without_the_keys_that_are_wanted_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no keys of real"):
        setup.run((Environment.REAL,), file_of(tmp_path, DEMO_FILE), "auto")


def test_a_program_cannot_type_keys_through_a_pipe() -> None:
    with pytest.raises(BadArgument, match="typed by a person"):
        setup.run((), None, "auto")


def test_a_person_types_keys_unseen_and_seals_them_with_a_passphrase(tmp_path: Path) -> None:
    with open_kis_sim() as sim:
        code, shown = at_a_terminal(
            "setup",
            data_dir=tmp_path,
            typed=["demo", "PSdemokey", "PSdemosecret", "12345678-01", "", "trader", PASSPHRASE, PASSPHRASE],
            HOME=str(tmp_path),
            **variables_of(sim),
        )
    assert code == 0, shown
    assert not [secret for secret in ("PSdemokey", "PSdemosecret", PASSPHRASE) if secret in shown]
    assert read_keys(tmp_path, {"KIS_PASSPHRASE": PASSPHRASE}) == DEMO_KEYS
    assert forget_keys(tmp_path)


def test_the_simulator_has_no_keys_to_set_up() -> None:
    finished = CliRunner().invoke(app, ["setup", "--env", "sim"])
    assert (finished.exit_code, "needs no keys" in finished.output) == (2, True)
