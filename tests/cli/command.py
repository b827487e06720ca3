"""The command as a shell runs it."""

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from kis_mcp.cli.main import main

COMMAND = [sys.executable, "-m", "kis_mcp"]


def run(*arguments: str, data_dir: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run ``kis-mcp`` to its end, in a terminal without size, with nothing of the developer's configuration."""
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment_of(data_dir, variables),
        stdin=subprocess.DEVNULL,
        check=False,
    )


def run_here(*arguments: str, data_dir: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """`run` without a process of its own, which takes a second to start: for what the command says, not for how it
    starts and ends."""
    shown, problems, code = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(shown), redirect_stderr(problems):
        for name in os.environ.keys() - environment_of(data_dir, variables).keys():
            patch.delenv(name)
        for name, value in environment_of(data_dir, variables).items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["kis-mcp", *arguments])
        patch.setattr(sys, "stdin", io.StringIO())
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    return subprocess.CompletedProcess(arguments, code, shown.getvalue(), problems.getvalue())


INTERRUPT = "\x03"


def at_a_terminal(*arguments: str, data_dir: Path, typed: Sequence[str], **variables: str) -> tuple[int, str]:
    """Run ``kis-mcp`` on a terminal of its own and type a line at each prompt; the exit code and what was shown."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment_of(data_dir, variables),
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(theirs)
    shown, lines = b"", list(typed)
    while part := _read(ours):
        shown += part
        if lines and shown.endswith(b": "):
            line = lines.pop(0)
            # A person presses no Enter behind ^C: the empty line may be read before the interrupt is heard.
            os.write(ours, line.encode() if line == INTERRUPT else f"{line}\n".encode())
    os.close(ours)
    return process.wait(60), shown.decode()


def on_terminal(columns: int, *arguments: str, data_dir: Path, **variables: str) -> str:
    """What ``kis-mcp`` shows on a terminal of its own that is so wide, when nobody is there to answer."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = environment_of(data_dir, variables)
    environment.pop("COLUMNS", None)
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    shown = b""
    while part := _read(ours):
        shown += part
    os.close(ours)
    process.wait(60)
    return re.sub("\x1b\\[[0-9;]*m", "", shown.decode()).replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    """What was written, empty once the terminal is closed."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


def environment_of(data_dir: Path, variables: Mapping[str, str]) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KIS_")}
    return {
        **environment,
        "KIS_CONFIG_FILE": str(data_dir / "absent.yaml"),
        "KIS_DATA_DIR": str(data_dir),
        **variables,
    }
