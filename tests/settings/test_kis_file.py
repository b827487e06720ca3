"""KIS' own file, as editors on a Korean desktop leave it."""

from pathlib import Path

import pytest

from kis_mcp.environment import Environment
from kis_mcp.errors import SettingsError
from kis_mcp.settings import Settings

DEMO = '# 모의 계좌\npaper_app: "a-key"\npaper_sec: "a-secret"\nmy_paper_stock: 12345678-01\n'


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the settings look for the file."""
    path = tmp_path / "kis_devlp.yaml"
    monkeypatch.setenv("KIS_CONFIG_FILE", str(path))
    return path


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", ""), ("utf-8-sig", ""), ("cp949", ""), ("utf-16", ""), ("utf-16-le", ""), ("utf-16-be", "\ufeff")],
)
@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_it_is_read_in_the_encodings_of_a_korean_desktop(encoding: str, mark: str, line_break: str, file: Path) -> None:
    file.write_bytes((mark + DEMO.replace("\n", line_break)).encode(encoding))
    profile = Settings.load().profile(Environment.DEMO)
    assert (profile.app_key, profile.app_secret.get_secret_value()) == ("a-key", "a-secret")
    assert profile.accounts["stock"].number == "12345678"


@pytest.mark.parametrize("written", ["a-key", "'a-key'", "\"'a-key'\"", '" a-key "', '"\\ufeffa-key"'])
def test_values_are_read_by_the_rule_of_the_variables(written: str, file: Path) -> None:
    file.write_text(f"paper_app: {written}\npaper_sec: a-secret\n", "utf-8")
    assert Settings.load().profile(Environment.DEMO).app_key == "a-key"


BROKEN = {
    "a tab": (b"paper_app: x\npaper_sec:\ty-secret\n", r"line 2 has a tab.*space after the colon.*UTF-8"),
    "an open bracket": (b"paper_app: [", r"line 1 is no YAML.*save it as UTF-8"),
    "an alias": (b"paper_app: x\npaper_sec: *y-secret\n", r"line 2 is no YAML"),
    "another encoding": (b"paper_app: x\n# \xff\xff\xff\n", r"line 2 is neither UTF-8.*save it as UTF-8"),
    "half of UTF-16": (b"\xff\xfep\0a", r"line 1 is neither UTF-8"),
    "a control character": (b"paper_app: x\1\n", r"save it as UTF-8"),
    "a list": (b"- paper_app: x\n", r"no list of lines"),
    "a list as a value": (b"a: b\npaper_app: [x, y-secret]\n", r"line 2 has no single value"),
    "one name twice": (b"paper_app: x\npaper_app: y-secret\n", r"line 2 says something else"),
    "too deep": (b"[" * 20_000, r"kis_devlp\.yaml"),
}


@pytest.mark.parametrize(("content", "told"), BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("variables", [{}, {"KIS_ENV": "demo"}, {"KIS_ENV": "sim", "KIS_SWITCHABLE_ENVS": "demo"}])
def test_a_file_that_cannot_be_read_is_told_with_its_line_and_without_its_secrets(
    content: bytes, told: str, variables: dict[str, str], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_bytes(content)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=told) as refused:
        Settings.load()
    assert refused.value.field == "KIS_CONFIG_FILE"
    assert "y-secret" not in str(refused.value)


@pytest.mark.parametrize("content", [*(content for content, _ in BROKEN.values()), b"my_acct_stock: 1234\n"])
@pytest.mark.parametrize("environment", ["sim", " SIM ", "'sim'"])
def test_it_never_stops_the_simulator(
    content: bytes, environment: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_bytes(content)
    monkeypatch.setenv("KIS_ENV", environment)
    settings = Settings.load()
    assert settings.environment is Environment.SIM
    (warning,) = settings.warnings
    assert warning.startswith("kis_devlp.yaml was left aside")


def test_a_wrong_variable_stops_the_simulator_beside_a_broken_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("paper_app: [", "utf-8")
    monkeypatch.setenv("KIS_ENV", "sim")
    monkeypatch.setenv("KIS_PROD_TYPE", "x01")
    with pytest.raises(SettingsError, match="KIS_PROD_TYPE"):
        Settings.load()


def test_a_wrong_value_is_named_in_the_environment_that_needs_it(file: Path) -> None:
    file.write_text(f"{DEMO}my_acct_future: 1234\n", "utf-8")
    with pytest.raises(SettingsError, match="KIS_ACCT_FUTURE"):
        Settings.load(env="demo")


def test_a_folder_in_its_place_is_told(file: Path) -> None:
    file.mkdir()
    with pytest.raises(SettingsError, match=r"kis_devlp\.yaml could not be read"):
        Settings.load(env="demo")


@pytest.mark.parametrize("content", ["", "# nothing\n", "other: [1, 2]\npaper_app:\n"])
def test_a_file_may_say_nothing(content: str, file: Path) -> None:
    file.write_text(content, "utf-8")
    assert Settings.load().environment is Environment.SIM
