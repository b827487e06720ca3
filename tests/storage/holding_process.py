"""A process that locks files until its stdin closes: databases as SQLite does, others as the system does."""

import fcntl
import sqlite3
import sys
from contextlib import ExitStack
from pathlib import Path

with ExitStack() as held:
    for path in map(Path, sys.argv[1:]):
        if path.suffix == ".db":
            connection = sqlite3.connect(path, isolation_level=None)
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            held.callback(connection.close)
        else:
            fcntl.flock(held.enter_context(path.open("ab")), fcntl.LOCK_EX)
    sys.stdout.write("held\n")
    sys.stdout.flush()
    sys.stdin.read()
