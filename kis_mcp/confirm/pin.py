"""The PIN that stands for the person on the approval page: kept as a scrypt digest, locked when it is guessed at."""

import hashlib
import hmac
import secrets
import time
import unicodedata
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from kis_mcp.clock import Clock, system_clock
from kis_mcp.confirm.weak_pins import weakness
from kis_mcp.errors import BadArgument, StorageError
from kis_mcp.storage import LockedFile

FILE = "pin.json"
MOST_WRONG = 10
"""After so many wrong PINs, over all approvals and processes, the PIN is good for nothing any more."""
MOST_WRONG_PINS = 3
"""After so many wrong PINs one question is answered with no."""
FORGIVEN_AFTER = timedelta(days=1)
"""A right PIN makes up for wrong ones that are older, and for no others: whoever guesses gets no more tries by it."""

_COST = {"n": 1 << 15, "r": 8, "p": 1}
_MEMORY = 64 << 20
_LOCK_SECONDS = 5.0


class Pin:
    """The PIN of one data folder, shared by every process that uses the folder. Its methods block.

    Attributes:
        shortest, longest: How many characters a PIN has.
    """

    shortest: ClassVar = 4
    longest: ClassVar = 64

    def __init__(self, folder: Path, clock: Clock = system_clock) -> None:
        self._path = folder / FILE
        self._clock = clock

    @property
    def renewal(self) -> str:
        """What a person does about a PIN that is lost or locked."""
        return f"Delete {self._path} yourself, and set a new one with kis-mcp setup-pin in a terminal."

    def is_set(self) -> bool:
        if not self._path.exists():
            return False
        with self._locked() as file:
            return "digest" in file.read()

    def is_locked(self) -> bool:
        """Whether it was guessed wrong too often. Only a new PIN lifts that; see `renewal`."""
        with self._locked() as file:
            return len(file.read().get("wrong_at", ())) >= MOST_WRONG

    def set(self, pin: str) -> None:
        """Replace the PIN.

        Raises:
            BadArgument: It is too short, too long or easily guessed.
        """
        if not self.shortest <= len(_normalized(pin)) <= self.longest:
            raise BadArgument(
                f"A PIN has {self.shortest} to {self.longest} characters.",
                remedy="Choose another, best of six or more.",
                field="PIN",
            )
        if reason := weakness(_normalized(pin)):
            raise BadArgument(
                f"That PIN is easily guessed: {reason}.", remedy="Choose another, best of six or more.", field="PIN"
            )
        salt = secrets.token_bytes(16)
        with self._locked() as file:
            file.write({"salt": salt.hex(), "digest": _digest(pin, salt, _COST).hex(), **_COST, "wrong_at": []})

    def matches(self, pin: str) -> bool:
        """Whether it is the PIN; takes about a tenth of a second.

        A try counts as wrong until it has proved right, so that tries at the same time are all counted.
        """
        now = int(self._clock().timestamp())
        with self._locked() as file:
            kept = file.read()
            wrong = kept.get("wrong_at", [])
            if "digest" not in kept or len(wrong) >= MOST_WRONG:
                return False
            file.write({**kept, "wrong_at": [*wrong, now]})
        digest = _digest(pin, bytes.fromhex(kept["salt"]), {name: kept[name] for name in _COST})
        if not hmac.compare_digest(digest, bytes.fromhex(kept["digest"])):
            return False
        with self._locked() as file:
            kept = file.read()
            wrong = kept.get("wrong_at", [])
            if now in wrong:  # a new PIN may have been set meanwhile
                wrong.remove(now)
            recent = now - FORGIVEN_AFTER.total_seconds()
            file.write({**kept, "wrong_at": [at for at in wrong if at > recent]})
        return True

    @contextmanager
    def _locked(self) -> Generator[LockedFile]:
        file = LockedFile(self._path)
        give_up = time.monotonic() + _LOCK_SECONDS
        try:
            while not file.try_lock():
                if time.monotonic() > give_up:
                    raise StorageError("Another process holds the PIN's file.", remedy="End it, and try again.")
                time.sleep(0.01)
            yield file
        finally:
            file.close()


def _digest(pin: str, salt: bytes, cost: dict[str, int]) -> bytes:
    return hashlib.scrypt(_normalized(pin).encode(), salt=salt, maxmem=_MEMORY, dklen=32, **cost)


def _normalized(pin: str) -> str:
    """The same characters however they were typed, such as full-width digits of an input method."""
    return unicodedata.normalize("NFKC", pin)
