"""A clock for several processes that runs faster than the machine's."""

import time
from datetime import datetime
from pathlib import Path

from kis_mcp.clock import KST


class FastClock:
    """Runs ``speed`` times as fast as the machine's clock. Its file has when it was set, to what, and its speed."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read_at = (0, 0)
        self._set = (0.0, 0.0, 0.0)

    @classmethod
    def set_to(cls, now: datetime, speed: float, file: Path) -> "FastClock":
        clock = cls(file)
        clock._write(now.timestamp(), speed)
        return clock

    def __call__(self) -> datetime:
        set_at, world, speed = self._read()
        return datetime.fromtimestamp(world + (time.time() - set_at) * speed, KST)

    def pass_by(self, seconds: float) -> None:
        self._write(self().timestamp() + seconds, self._read()[2])

    def _read(self) -> tuple[float, float, float]:
        state = self._file.stat()
        if (read_at := (state.st_ino, state.st_mtime_ns)) != self._read_at:
            set_at, world, speed = map(float, self._file.read_text().split())
            self._read_at, self._set = read_at, (set_at, world, speed)
        return self._set

    def _write(self, world: float, speed: float) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(f"{time.time()!r} {world!r} {speed!r}")
        new.replace(self._file)
