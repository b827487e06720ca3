"""Our entry in a host's file: merged with what stands there, written as a whole, and a copy of the earlier kept."""

import os
import secrets
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from kis_mcp.cli.hosts.jsonc import Unreadable, read, remove_member, set_member
from kis_mcp.cli.hosts.table import Host
from kis_mcp.cli.hosts.toml_tables import read_toml, remove_table, set_table
from kis_mcp.errors import SettingsError

NAME = "kis"
"""Of our server in a host, and so part of the names that the host shows."""

COMMANDS = ("kis-mcp", "kis-mcp-server")
"""Of this package; another one on the index has the first, too."""

BACKUP = ".before-kis-mcp"

_DATA, _CONFIG, _PASSPHRASE_FILE = "KIS_DATA_DIR", "KIS_CONFIG_FILE", "KIS_PASSPHRASE_FILE"
_PATHS = (_DATA, _CONFIG, _PASSPHRASE_FILE)


def own_entry(host: Host, environment: str | None, environ: Mapping[str, str]) -> dict[str, Any]:
    """What starts this installation: its own Python, whatever is on the PATH; and no secret.

    ``-P`` keeps a folder named kis_mcp out that happens to lie in the project in which a host starts its servers.

    Of the variables around it go along those that say where something lies, for a host hands on few.

    Args:
        environment: For KIS_ENV; None leaves it to the keys.
        environ: The variables around this process.
    """
    variables = {} if environment is None else {"KIS_ENV": environment}
    variables |= {name: str(Path(environ[name]).expanduser().absolute()) for name in _PATHS if environ.get(name)}
    kind = {"type": "stdio"} if host.says_type else {}
    return {**kind, "command": sys.executable, "args": ["-P", "-m", "kis_mcp", "serve"], "env": variables}


def is_ours(entry: object) -> bool:
    """Whether an entry starts kis-mcp: by its command, by its module, or as an argument of a program such as uvx."""
    if not isinstance(entry, dict):
        return False
    said = cast("Mapping[str, Any]", entry)
    program = Path(str(said.get("command") or "").replace("\\", "/")).stem
    arguments: object = said.get("args")
    return program in COMMANDS or bool(
        isinstance(arguments, list) and {"kis_mcp", *COMMANDS} & set(map(str, cast("list[object]", arguments)))
    )


def read_servers(host: Host, text: str) -> dict[str, Any]:
    """Name → entry of every server in a host's file.

    Raises:
        Unreadable: The host itself could not read the file.
    """
    whole: Any = read_toml(text) if host.format == "toml" else read(text, with_comments=host.format == "jsonc")
    servers = cast("dict[str, Any]", whole).get(host.servers, {}) if isinstance(whole, dict) else None
    if not isinstance(servers, dict):
        raise Unreadable(f"{host.servers} is no object")
    return cast("dict[str, Any]", servers)


def with_entry(host: Host, text: str, entry: Mapping[str, Any]) -> str:
    """The file with our entry. What a person added to an earlier one of ours stays: flags, and variables of its own.

    Raises:
        Unreadable: The file cannot be changed.
    """
    before = _earlier(host, text) or {}
    variables: object = before.get("env", {})
    if not isinstance(variables, dict):
        raise Unreadable(f"{host.servers}.{NAME}.env is no object")
    merged = {**before, **entry, "env": {**cast("dict[str, Any]", variables), **entry["env"]}}
    if merged == before:
        return text
    path = (host.servers, NAME)
    if host.format == "toml":
        return set_table(text, path, merged)
    return set_member(text, path, merged, with_comments=host.format == "jsonc")


def without_entry(host: Host, text: str) -> str:
    """The file without our entry.

    Raises:
        Unreadable: The file cannot be changed.
    """
    path = (host.servers, NAME)
    if _earlier(host, text) is None:
        return text
    if host.format == "toml":
        return remove_table(text, path)
    return remove_member(text, path, with_comments=host.format == "jsonc")


def _earlier(host: Host, text: str) -> dict[str, Any] | None:
    """The entry of ours that stands there.

    Raises:
        Unreadable: The file cannot be read, or another server has our name.
    """
    entry: object = read_servers(host, text).get(NAME)
    if entry is not None and not is_ours(entry):
        raise Unreadable(f"its server {NAME!r} is another one; give that another name first")
    return cast("dict[str, Any] | None", entry)


def read_text(path: Path) -> str:
    """The file's text with its line ends; empty where there is none.

    Raises:
        SettingsError: It cannot be read, or is no UTF-8.
    """
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise unusable(path, "it is not UTF-8") from None
    except OSError as error:
        raise unusable(path, error.strerror or type(error).__name__) from None


def replace_text(path: Path, text: str) -> Path | None:
    """Replace the file as a whole, keeping its mode, and following a link; the copy of the earlier one, if there was.

    Raises:
        SettingsError: It cannot be written; then the earlier one stands.
    """
    try:
        path = path.resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        backup = path.with_name(path.name + BACKUP) if path.exists() else None
        if backup is not None:
            shutil.copy2(path, backup)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
            if backup is not None:
                shutil.copymode(path, draft)
            draft.replace(path)
        finally:
            with suppress(OSError):
                draft.unlink()
    except (OSError, RuntimeError) as error:
        raise unusable(path, getattr(error, "strerror", None) or str(error)) from None
    return backup


def unusable(path: Path, why: str) -> SettingsError:
    """The error for a host's file that is left as it is."""
    return SettingsError(
        f"{path} was left as it is: {why}.",
        remedy="Mend the file, or paste what the same command with --print prints.",
        field="host",
    )
