"""What every process with one app key shares: a port, behind which files stand, or a server that many machines reach.

No call waits for another holder: `SharedLock.try_lock` says at once whether the lock was taken, and how to wait is the
caller's choice. An adapter over a network says False until it has the lock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class SharedLock(Protocol):
    """A lock that one holder at a time has, and that falls when its holder dies.

    Raises:
        StorageError: From each method, where what stands behind it cannot be used.
    """

    def try_lock(self) -> bool:
        """Take the lock if nobody holds it. Not again before `unlock`."""
        ...

    def unlock(self) -> None: ...

    def holder(self) -> str:
        """Which lock it is and who else holds it, for people."""
        ...

    def close(self) -> None:
        """Let go of what was opened, and of the lock if held."""
        ...


class SharedObject(SharedLock, Protocol):
    """A small JSON object that only the holder of its lock reads and writes."""

    def read(self) -> dict[str, Any]:
        """The content; empty where it is new or damaged."""
        ...

    def write(self, content: Mapping[str, Any]) -> None: ...


class SharedStore(Protocol):
    """JSON objects by key that outlive processes; raises as `SharedLock`."""

    def get(self, key: str) -> dict[str, Any]:
        """The object; empty where there is none."""
        ...

    def put(self, key: str, value: Mapping[str, Any]) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Shared:
    """What one app key's processes share.

    Attributes:
        tokens: The access token, by `Connection.digest`.
        token_lock: Held while a token is renewed.
        rate: The requests that count towards KIS' limit; read and written around each request.
        live_lock: Held by the process that has the session for live data, for as long as it has it.
        live_places: Where that process is to be found, by `Connection.digest`; only the user may read it.
    """

    tokens: SharedStore
    token_lock: SharedLock
    rate: SharedObject
    live_lock: SharedLock
    live_places: SharedStore

    def close(self) -> None:
        for part in (self.rate, self.token_lock, self.tokens, self.live_lock, self.live_places):
            part.close()
