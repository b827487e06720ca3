"""Which program starts as ``kis-mcp``, and what the hosts on this machine start."""

import os
import re
import shutil
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from kis_mcp.cli.checks.problem import Problem
from kis_mcp.cli.hosts.entries import COMMANDS, NAME, is_ours, read_servers, read_text
from kis_mcp.cli.hosts.jsonc import Unreadable
from kis_mcp.cli.hosts.table import HOSTS, Host, Machine
from kis_mcp.errors import KisMcpError

COMMAND, SECOND = COMMANDS

_IMPORT = re.compile(rb"^\s*(?:from|import)\s+([\w.]+)", re.MULTILINE)
_LARGEST_SCRIPT = 4_000_000
_NOT_A_PROGRAM = {b"sys", b"re", b"os", b"importlib"}
_SECRET = re.compile(r"KIS_\w*(?:APP_KEY|APP_SECRET|PASSPHRASE|TOKEN)")


def first_command(path: str) -> Path | None:
    """The program that a shell with this PATH starts as ``kis-mcp``."""
    found = shutil.which(COMMAND, path=path)
    return Path(found) if found else None


def command_problems(path: str) -> Iterator[Problem]:
    """What is wrong with the command of a shell with this PATH: another package's of the same name comes first."""
    found = first_command(path)
    if found is None:
        yield Problem(
            "command",
            f"{COMMAND} is not on the PATH.",
            f"Run it as `{sys.executable} -m kis_mcp`, or add its folder to the PATH: {Path(sys.executable).parent}.",
            hinders=False,
        )
        return
    package = package_of(found)
    if package not in ("kis_mcp", ""):
        yield Problem(
            "command",
            f"`{COMMAND}` on the PATH is {found}, a program of another package ({package}).",
            f"Start this one as `{SECOND}` or `{sys.executable} -m kis_mcp`; `kis-mcp install` writes that into hosts.",
        )


def package_of(program: Path) -> str:
    """The package that a command starts, by what its script imports; "" where that cannot be told."""
    try:
        program = program.resolve()
        if program.stat().st_size > _LARGEST_SCRIPT:
            return ""
        content = program.read_bytes()
        if zipfile.is_zipfile(program):  # Windows' commands carry their script so
            with zipfile.ZipFile(program) as archive:
                content = archive.read("__main__.py")
    except (OSError, KeyError, zipfile.BadZipFile):
        return ""
    names = [name for name in _IMPORT.findall(content) if name not in _NOT_A_PROGRAM]
    return names[0].partition(b".")[0].decode() if names else ""


def host_problems(machine: Machine, path: str) -> Iterator[Problem]:
    """What is wrong in the configurations of hosts, as far as they start kis-mcp; a broken one without it is advice."""
    for name, host in HOSTS.items():
        text = ""
        try:
            text = read_text(host.path(machine))
            servers = read_servers(host, text) if text else {}
        except KisMcpError as error:
            yield Problem(f"host {name}", error.what, error.remedy, hinders=False)
        except Unreadable as error:
            yield Problem(
                f"host {name}",
                f"{host.path(machine)} is broken: {error}.",
                f"Mend the file: {host.title} reads none of it.",
                hinders=COMMAND in text or "kis_mcp" in text,
            )
        else:
            for server, entry in servers.items():
                if is_ours(entry):
                    yield from _entry_problems(name, host, server, entry, path)


def _entry_problems(name: str, host: Host, server: str, entry: Mapping[str, Any], path: str) -> Iterator[Problem]:
    command = str(entry.get("command") or "")
    by_command = Path(command.replace("\\", "/")).stem in COMMANDS
    by_module = "kis_mcp" in (entry.get("args") or ())
    mend = f"Run `{sys.executable} -m kis_mcp install {name}`" + ("" if server == NAME else f" and remove {server!r}")
    program = shutil.which(command, path=path)
    if program is None:
        yield Problem(f"host {name}", f"{host.title} starts {command or 'nothing'!r}, which is not there.", f"{mend}.")
    elif by_command and (package := package_of(Path(program))) not in ("kis_mcp", ""):
        yield Problem(f"host {name}", f"{host.title} starts {program}, a program of {package}.", f"{mend}.")
    elif (by_command or by_module) and not _is_beside(program, sys.executable):
        what = f"{host.title} starts another installation: {program}."
        yield Problem(f"host {name}", what, f"{mend} to start this one.")
    if secrets := sorted(filter(_SECRET.fullmatch, cast("Mapping[str, Any]", entry.get("env") or {}))):
        yield Problem(
            f"host {name}",
            f"{host.title}'s configuration holds {', '.join(secrets)} in plain text.",
            "Run `kis-mcp setup`, then take these lines out of the file.",
            hinders=False,
        )


def _is_beside(one: str, other: str) -> bool:
    """Whether two programs are of one environment."""
    folders = {os.path.normcase(Path(each).absolute().parent) for each in (one, other)}
    return len(folders) == 1
