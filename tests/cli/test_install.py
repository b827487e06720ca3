"""Our entry goes into each host's own file and out again, and the rest of the file is not touched."""

import json
import os
import stat
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kis_mcp.cli import install
from kis_mcp.cli.hosts.entries import BACKUP
from kis_mcp.cli.hosts.table import HOSTS, Machine
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument, SettingsError

ROAMING, PACKAGES = "AppData/Roaming", "AppData/Local/Packages"
MAC = "Library/Application Support"
FILES = {
    ("claude-desktop", "darwin"): f"{MAC}/Claude/claude_desktop_config.json",
    ("claude-desktop", "linux"): ".config/Claude/claude_desktop_config.json",
    ("claude-desktop", "win32"): f"{ROAMING}/Claude/claude_desktop_config.json",
    ("vscode", "darwin"): f"{MAC}/Code/User/mcp.json",
    ("vscode", "linux"): ".config/Code/User/mcp.json",
    ("vscode", "win32"): f"{ROAMING}/Code/User/mcp.json",
    **{("claude-code", system): ".claude.json" for system in ("darwin", "linux", "win32")},
    **{("cursor", system): ".cursor/mcp.json" for system in ("darwin", "linux", "win32")},
    **{("codex", system): ".codex/config.toml" for system in ("darwin", "linux", "win32")},
    **{("gemini-cli", system): ".gemini/settings.json" for system in ("darwin", "linux", "win32")},
    **{("windsurf", system): ".codeium/windsurf/mcp_config.json" for system in ("darwin", "linux", "win32")},
}
EVERY_HOST = pytest.mark.parametrize("name", HOSTS)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    for name in ("KIS_DATA_DIR", "KIS_CONFIG_FILE"):
        monkeypatch.delenv(name)
    monkeypatch.setattr(install, "this_machine", lambda: Machine("linux", folder, {}))
    return folder


def servers(home: Path, name: str) -> dict[str, Any]:
    text = (home / FILES[name, "linux"]).read_text("utf-8")
    return (tomllib.loads(text) if HOSTS[name].format == "toml" else json.loads(text))[HOSTS[name].servers]


def written(home: Path, name: str, text: str) -> Path:
    path = home / FILES[name, "linux"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize(("name", "system"), FILES)
def test_each_host_has_its_file_on_each_system(name: str, system: str, tmp_path: Path) -> None:
    assert HOSTS[name].path(Machine(system, tmp_path, {})) == tmp_path / FILES[name, system]
    assert len(FILES) == 3 * len(HOSTS)


@pytest.mark.parametrize(
    ("name", "system", "variable", "below"),
    [
        ("claude-desktop", "win32", "APPDATA", "Claude/claude_desktop_config.json"),
        ("vscode", "linux", "XDG_CONFIG_HOME", "Code/User/mcp.json"),
        ("claude-code", "linux", "CLAUDE_CONFIG_DIR", ".claude.json"),
        ("codex", "darwin", "CODEX_HOME", "config.toml"),
        ("gemini-cli", "linux", "GEMINI_CLI_HOME", ".gemini/settings.json"),
    ],
)
def test_a_variable_moves_the_folder_of_a_host(
    name: str, system: str, variable: str, below: str, tmp_path: Path
) -> None:
    moved = Machine(system, tmp_path / "home", {variable: str(tmp_path / "elsewhere")})
    assert HOSTS[name].path(moved) == tmp_path / "elsewhere" / below


def test_claude_desktop_of_the_store_has_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / PACKAGES / "Claude_pzs8sxrjxfjjc").mkdir(parents=True)
    found = HOSTS["claude-desktop"].path(Machine("win32", tmp_path, {}))
    below = "Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude/claude_desktop_config.json"
    assert found == tmp_path / PACKAGES / below


def test_of_several_packages_the_one_with_a_file_counts_and_else_none(tmp_path: Path) -> None:
    files = [tmp_path / PACKAGES / f"Claude_{name}" / "LocalCache" / "Roaming" / "Claude" for name in ("a", "b")]
    for folder in files:
        folder.mkdir(parents=True)
    with pytest.raises(SettingsError, match="Several packages"):
        HOSTS["claude-desktop"].path(Machine("win32", tmp_path, {}))
    (files[1] / "claude_desktop_config.json").touch()
    assert HOSTS["claude-desktop"].path(Machine("win32", tmp_path, {})).is_relative_to(files[1])


def test_a_data_folder_that_windows_would_split_is_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("KIS_DATA_DIR")
    (tmp_path / PACKAGES / "Claude_pzs8sxrjxfjjc").mkdir(parents=True)
    monkeypatch.setattr(install, "this_machine", lambda: Machine("win32", tmp_path, {}))
    install.install("claude-desktop", None)
    assert "Set KIS_DATA_DIR to a folder outside of AppData" in capsys.readouterr().out


@EVERY_HOST
def test_a_host_without_a_file_gets_one_that_starts_this_python(name: str, home: Path) -> None:
    install.install(name, Environment.SIM)
    entry = {"command": sys.executable, "args": ["-P", "-m", "kis_mcp", "serve"], "env": {"KIS_ENV": "sim"}}
    kind = {"type": "stdio"} if name in ("claude-code", "vscode") else {}
    assert servers(home, name) == {"kis": {**kind, **entry}}


@EVERY_HOST
def test_what_is_printed_is_what_is_written(name: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install.show(name, Environment.DEMO)
    shown = capsys.readouterr()
    assert not (path := home / FILES[name, "linux"]).exists()
    assert str(path) in shown.err
    install.install(name, Environment.DEMO)
    assert path.read_text("utf-8").strip() == shown.out.strip()


@EVERY_HOST
def test_installing_twice_changes_nothing_and_uninstalling_leaves_nothing_of_ours(
    name: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install.install(name, None)
    path = home / FILES[name, "linux"]
    first, at = path.read_bytes(), path.stat().st_mtime_ns
    install.install(name, None)
    assert "already" in capsys.readouterr().out
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (first, at)
    install.uninstall(name)
    assert "kis" not in path.read_text("utf-8")
    install.uninstall(name)
    assert "has no server" in capsys.readouterr().out


def test_the_rest_of_a_file_stays_and_a_copy_of_the_earlier_file_is_kept(home: Path) -> None:
    text = '{\r\n\t"inputs": [], // mine\r\n\t"servers": {\r\n\t\t"a": { "command": "b" }, // other\r\n\t},\r\n}\r\n'
    path = written(home, "vscode", text)
    path.chmod(0o640)
    install.install("vscode", None)
    changed = path.read_bytes().decode()
    assert "// mine" in changed
    assert "// other" in changed
    assert changed.count("\n") == changed.count("\r\n")
    assert path.with_name(path.name + BACKUP).read_bytes().decode() == text
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    install.uninstall("vscode")
    assert path.read_bytes().decode() == text


def test_what_a_person_added_to_our_entry_stays(home: Path) -> None:
    said = {
        "mcpServers": {"kis": {"command": "/old/kis-mcp", "disabled": True, "env": {"KIS_MAX_ORDER_QUANTITY": "9"}}}
    }
    written(home, "cursor", json.dumps(said))
    install.install("cursor", Environment.REAL)
    entry = servers(home, "cursor")["kis"]
    assert (entry["command"], entry["disabled"]) == (sys.executable, True)
    assert entry["env"] == {"KIS_MAX_ORDER_QUANTITY": "9", "KIS_ENV": "real"}


def test_paths_go_along_and_secrets_do_not(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {
        "KIS_APP_KEY": "key",
        "KIS_APP_SECRET": "secret",
        "KIS_PASSPHRASE": "phrase",
        "KIS_ACCT_STOCK": "12345678",
    }
    for name, value in {**secrets, "KIS_PASSPHRASE_FILE": "phrase.txt", "KIS_DATA_DIR": "~/data"}.items():
        monkeypatch.setenv(name, value)
    install.install("codex", None)
    entry = servers(home, "codex")["kis"]
    assert entry["env"] == {
        "KIS_DATA_DIR": str(Path.home() / "data"),
        "KIS_PASSPHRASE_FILE": str(Path.cwd() / "phrase.txt"),
    }


@EVERY_HOST
@pytest.mark.parametrize("text", ["{", '{"mcpServers": {}} }', "[1", "= 3", "\x00", '{"mcpServers": 3, "servers": 3}'])
@pytest.mark.parametrize("command", [lambda name: install.install(name, None), install.uninstall])
def test_a_broken_file_is_left_untouched(name: str, text: str, command: Any, home: Path) -> None:
    path = written(home, name, text)
    with pytest.raises(SettingsError, match="left as it is"):
        command(name)
    assert path.read_bytes().decode() == text
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("command", [lambda: install.install("cursor", None), lambda: install.uninstall("cursor")])
@pytest.mark.parametrize(
    "entry", ['"x"', "{}", '{"command": "uvx", "args": ["kis-trade-mcp"]}', '{"url": "https://a"}']
)
def test_another_server_of_our_name_is_left_untouched(entry: str, command: Callable[[], None], home: Path) -> None:
    text = f'{{"mcpServers": {{"kis": {entry}}}}}'
    path = written(home, "cursor", text)
    with pytest.raises(SettingsError, match="is another one"):
        command()
    assert path.read_text() == text


def test_variables_of_ours_that_are_none_are_left_untouched(home: Path) -> None:
    path = written(home, "cursor", '{"mcpServers": {"kis": {"command": "kis-mcp", "env": []}}}')
    with pytest.raises(SettingsError, match=r"kis\.env is no object"):
        install.install("cursor", None)
    assert "[]" in path.read_text()


def test_a_file_that_is_not_utf_8_is_left_untouched(home: Path) -> None:
    path = written(home, "cursor", "")
    path.write_bytes('{"한글": 1}'.encode("cp949"))
    with pytest.raises(SettingsError, match="not UTF-8"):
        install.install("cursor", None)


def test_a_link_to_a_file_stays_a_link(home: Path) -> None:
    target = home / "dotfiles.json"
    target.write_text("{}")
    path = home / ".claude.json"
    path.symlink_to(target)
    install.install("claude-code", None)
    assert path.is_symlink()
    assert "kis" in json.loads(target.read_text())["mcpServers"]


def test_a_write_that_fails_leaves_the_earlier_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(home, "cursor", '{"mcpServers": {}}')

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SettingsError, match="No space left"):
        install.install("cursor", None)
    assert path.read_text() == '{"mcpServers": {}}'
    assert sorted(each.name for each in path.parent.iterdir()) == [path.name, path.name + BACKUP]


def test_an_unknown_host_is_told_which_are_known() -> None:
    with pytest.raises(BadArgument, match="claude-desktop, claude-code, cursor"):
        install.install("claude", None)
