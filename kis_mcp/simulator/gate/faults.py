"""Things that go wrong on request, for tests."""

import threading
from dataclasses import dataclass, field
from typing import Literal

FaultKind = Literal["delay", "drop", "error", "empty_error", "not_json"]
When = Literal["before", "after"]


@dataclass(slots=True)
class Fault:
    """One thing that will go wrong.

    Attributes:
        kind: ``delay`` the answer; ``drop`` the connection; answer with an ``error`` of KIS', with an HTTP error that
            has no KIS code (``empty_error``), or with a page that is not JSON (``not_json``).
        target: A path, a TR id, or ``*`` for every request.
        when: Whether it strikes before KIS has done anything, or after, so that an order stands.
        times: How often it still strikes.
        seconds: The delay; anything else that goes wrong may come late too.
        code, status: The error's message code and HTTP status.
        struck, over: Set when it first strikes, and when that request has been dealt with.
    """

    kind: FaultKind
    target: str
    when: When = "before"
    times: int = 1
    seconds: float = 0
    code: str = "EGW00201"
    status: int = 500
    struck: threading.Event = field(default_factory=threading.Event, compare=False)
    over: threading.Event = field(default_factory=threading.Event, compare=False)


class Faults:
    """The faults that lie ahead. They may be set from any thread."""

    def __init__(self) -> None:
        self._ahead: list[Fault] = []
        self._expire_tokens = False

    def add(
        self,
        kind: FaultKind,
        target: str = "*",
        *,
        when: When = "before",
        times: int = 1,
        seconds: float = 0,
        code: str = "EGW00201",
        status: int = 500,
    ) -> Fault:
        """Let something go wrong the next ``times`` times; the arguments are those of :class:`Fault`."""
        fault = Fault(kind, target, when, times, seconds, code, status)
        self._ahead.append(fault)
        return fault

    def expire_tokens(self) -> None:
        """Let every access token be expired from the next request on."""
        self._expire_tokens = True

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._ahead.clear()

    def take(self, path: str, tr_id: str) -> Fault | None:
        """The fault that strikes a request, counted down."""
        for fault in list(self._ahead):
            if fault.times > 0 and fault.target in ("*", path, tr_id):
                fault.times -= 1
                return fault
        return None

    def take_expiry(self) -> bool:
        expire, self._expire_tokens = self._expire_tokens, False
        return expire
