"""Who holds the lock on a file, as far as the system tells."""

import os
from pathlib import Path

_LOCKS = Path("/proc/locks")
_BESIDE = ("", "-shm", "-wal", "-journal")


def holder_of(path: Path) -> str:
    """The other process that has a file locked (for a SQLite database also the files beside it), for people.

    Linux lists its locks by inode; elsewhere, and for a process that this one cannot see, it is "another process".
    """
    try:
        inodes = {str(_inode(path.with_name(f"{path.name}{end}"))) for end in _BESIDE}
        for line in _LOCKS.read_text("ascii").splitlines():
            fields = line.split()
            # "1: FLOCK ADVISORY WRITE 4711 08:01:131 0 EOF"; one that waits has "->" behind the number
            if (
                len(fields) == 8
                and fields[5].rpartition(":")[2] in inodes
                and int(fields[4]) not in (0, -1, os.getpid())
            ):
                return f"process {fields[4]}"
    except (OSError, ValueError):
        pass
    return "another process"


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return -1
