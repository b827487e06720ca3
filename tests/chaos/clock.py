"""One clock for several processes, which a test moves."""

import time
from datetime import datetime
from pathlib import Path

from kis_mcp.clock import KST


class SharedClock:
    """Runs as fast as the machine's clock, from whatever time it was set to. Its file tells how far it is ahead."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @classmethod
    def set_to(cls, now: datetime, file: Path) -> "SharedClock":
        clock = cls(file)
        clock._write(now.timestamp() - time.time())
        return clock

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(time.time() + float(self.file.read_text()), KST)

    def pass_by(self, seconds: float) -> None:
        self._write(float(self.file.read_text()) + seconds)

    def _write(self, ahead: float) -> None:
        new = self.file.with_suffix(".new")
        new.write_text(repr(ahead))
        new.replace(self.file)
