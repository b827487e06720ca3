"""The passphrase that opens sealed keys, as a process without a person is given it."""

import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from kis_mcp.errors import SettingsError

PASSPHRASE = "KIS_PASSPHRASE"  # noqa: S105  (a variable's name)
PASSPHRASE_FILE = "KIS_PASSPHRASE_FILE"  # noqa: S105
SHORTEST = 10
_MOST_BYTES = 4096


def read_passphrase(environ: Mapping[str, str]) -> str | None:
    """What KIS_PASSPHRASE says, else the first line of the file that KIS_PASSPHRASE_FILE names; None without both.

    The file is the better of the two: a variable is seen by every program that the process starts, and by whoever may
    look at the process, and a host's configuration that sets it holds it in plain text. A file beside the sealed keys
    protects them in a copy of the data folder alone; on a disk of its own, or made by a service manager when the server
    starts, against a stolen disk too.

    Raises:
        SettingsError: The file cannot be read, is empty, or can be read by others.
    """
    if said := environ.get(PASSPHRASE):
        return said
    name = environ.get(PASSPHRASE_FILE, "").strip()
    return _first_line(Path(name)) if name else None


def require_strong(passphrase: str) -> None:
    """Refuse a passphrase that a machine would soon guess.

    Raises:
        SettingsError: It is too short, or of too few different characters.
    """
    if len(passphrase) < SHORTEST or len(set(passphrase)) < SHORTEST // 2:
        raise SettingsError(
            f"The passphrase is too easily guessed: it needs {SHORTEST} characters or more, and not the same few.",
            remedy="Choose another, such as four or five words that belong together for nobody else.",
            field=PASSPHRASE,
        )


def _first_line(path: Path) -> str:
    try:
        path = path.expanduser()
        with path.open("rb") as file:
            if sys.platform != "win32" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise _unusable(path, "others can read it", f"Run `chmod 600 {path}`")
            line = file.read(_MOST_BYTES).decode().splitlines()[:1]
    except (OSError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise _unusable(path, why, f"Correct {PASSPHRASE_FILE}") from None
    except UnicodeDecodeError:
        raise _unusable(path, "it is not UTF-8", f"Save {path} as UTF-8") from None
    if not line or not line[0].strip():
        raise _unusable(path, "its first line is empty", f"Write the passphrase into {path}")
    return line[0]


def _unusable(path: Path, why: str, do: str) -> SettingsError:
    return SettingsError(
        f"The passphrase of the sealed keys could not be read from {path}: {why}.",
        remedy=f"{do}, and start again.",
        field=PASSPHRASE_FILE,
    )
