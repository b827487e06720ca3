"""The command as a shell runs it."""

import fcntl
import os
import pty
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path

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
            os.write(ours, f"{lines.pop(0)}\n".encode())
    os.close(ours)
    return process.wait(60), shown.decode()


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
