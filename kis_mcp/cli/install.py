"""``kis-mcp install HOST``: our entry into a host's configuration, and out of it again."""

import json
import os
import sys
from pathlib import Path

import typer

from kis_mcp.cli.hosts.entries import (
    NAME,
    own_entry,
    read_servers,
    read_text,
    replace_text,
    unusable,
    with_entry,
    without_entry,
)
from kis_mcp.cli.hosts.jsonc import Unreadable
from kis_mcp.cli.hosts.table import HOSTS, Host, Machine
from kis_mcp.cli.hosts.toml_tables import set_table
from kis_mcp.cli.words import tell
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument

_APART = "LocalCache"
_IN_CACHE = {"archive-v0", ".cache"}
"""Of the folders in which `uvx` and `pipx run` make an environment."""


def this_machine() -> Machine:
    """The machine and the user that this process runs on and as."""
    return Machine(sys.platform, Path.home(), os.environ)


def find_host(name: str) -> Host:
    """The host of a name.

    Raises:
        BadArgument: There is none; the error lists them.
    """
    if name not in HOSTS:
        raise BadArgument(
            f"{name} is no host that is known here.",
            remedy=f"Name one of {', '.join(HOSTS)}; for any other, paste what `--print` prints for claude-desktop.",
            field="host",
        )
    return HOSTS[name]


def show(name: str, environment: Environment | None) -> None:
    """Print what would be written, for pasting; where it belongs goes to stderr."""
    host = find_host(name)
    entry = own_entry(host, environment, os.environ)
    tell(f"For {host.path(this_machine())}:", err=True)
    if host.format == "toml":
        typer.echo(set_table("", (host.servers, NAME), entry), nl=False)
    else:
        typer.echo(json.dumps({host.servers: {NAME: entry}}, ensure_ascii=False, indent=2))


def install(name: str, environment: Environment | None) -> None:
    """Write our entry; the rest of the file stays as it is, and a copy of the earlier file beside it.

    Raises:
        BadArgument: The host is not known.
        SettingsError: Its file cannot be read or written; it is left as it is.
    """
    host = find_host(name)
    path = host.path(this_machine())
    text = read_text(path)
    try:
        changed = with_entry(host, text, own_entry(host, environment, os.environ))
        variables = read_servers(host, changed)[NAME]["env"]
    except Unreadable as error:
        raise unusable(path, str(error)) from None
    if changed == text:
        tell(f"{host.title} starts this kis-mcp already: {path}")
        return
    backup = replace_text(path, changed)
    tell(f"{host.title} starts this kis-mcp as the server {NAME!r}: {path}")
    if backup is not None:
        tell(f"The earlier file is kept as {backup.name} beside it.")
    tell(f"It starts in {variables.get('KIS_ENV', 'demo where its keys are set up, else in sim')}. {host.restart}")
    if _IN_CACHE.intersection(Path(sys.executable).parts):
        tell(
            f"{sys.executable} lies in a cache that is cleaned now and then. For good: `uv tool install kis-mcp` or"
            " `pipx install kis-mcp`, and install again from there."
        )
    if _APART in path.parts and not os.environ.get("KIS_DATA_DIR"):
        tell(
            "Windows keeps apart what this Claude and its servers write under AppData: `kis-mcp orders` in a terminal"
            " would not see its journal. Set KIS_DATA_DIR to a folder outside of AppData for both, such as"
            f" {Path.home() / 'kis-mcp'} (setx KIS_DATA_DIR …), open a new terminal, and install again."
        )


def uninstall(name: str) -> None:
    """Take our entry out again; say so too when it is not there.

    Raises:
        BadArgument, SettingsError: As `install`.
    """
    host = find_host(name)
    path = host.path(this_machine())
    text = read_text(path)
    try:
        changed = without_entry(host, text)
    except Unreadable as error:
        raise unusable(path, str(error)) from None
    if changed == text:
        tell(f"{host.title} has no server {NAME!r}: {path}")
        return
    replace_text(path, changed)
    tell(f"{host.title} starts kis-mcp no more: {path}. {host.restart}")
