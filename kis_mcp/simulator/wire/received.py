"""A request as it came over the wire."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from kis_mcp.simulator.wire.hosts import Host

_KEPT_REQUESTS = 10_000


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it arrived: ``elements`` is the query of a GET or the JSON body of a POST; headers in lower case."""

    host: Host
    method: str
    path: str
    headers: Mapping[str, str]
    elements: Mapping[str, object]
    at: datetime

    @property
    def tr_id(self) -> str:
        return self.headers.get("tr_id", "")


def received_log() -> "deque[Received]":
    """A log of the latest requests."""
    return deque(maxlen=_KEPT_REQUESTS)
