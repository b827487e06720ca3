"""Things that go wrong on request, for tests."""

import math
import threading
from collections.abc import Callable, Collection, Mapping
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


LiveFaultKind = Literal["drop", "silence", "garbage", "extra_fields", "half_frame", "burst"]
LiveFaultWord = Literal[
    "live_drop", "live_silence", "live_garbage", "live_extra_fields", "live_half_frame", "live_burst"
]
LIVE_FAULTS: Mapping[LiveFaultWord, LiveFaultKind] = {
    "live_drop": "drop",
    "live_silence": "silence",
    "live_garbage": "garbage",
    "live_extra_fields": "extra_fields",
    "live_half_frame": "half_frame",
    "live_burst": "burst",
}
"""Where a fault may be of either kind of connection → its kind."""


@dataclass(slots=True)
class LiveFault:
    """One thing that will go wrong on websockets.

    Attributes:
        kind: ``drop`` the connection of whoever is registered for the target; send nothing for a while (``silence``);
            send a text that is no frame before the next one (``garbage``); send fields more in each record
            (``extra_fields``); send only half of a frame (``half_frame``); keep frames back and send them all at once
            (``burst``).
        target: A TR id, or ``*`` for all, PINGPONG and answers among them.
        times: How often it still strikes; a silence is one.
        seconds: How long a silence lasts, in real time; 0 until faults are cleared.
        count: How many fields more, or how many frames a burst has; 0 ends it.
        struck: Set when it first strikes.
    """

    kind: LiveFaultKind
    target: str = "*"
    times: int = 1
    seconds: float = 0
    count: int = 2
    struck: threading.Event = field(default_factory=threading.Event, compare=False)

    def concerns(self, tr_id: str) -> bool:
        return self.target in ("*", tr_id)


class LiveFaults:
    """The faults of websockets that lie ahead. They may be set from any thread.

    Args:
        monotonic: Seconds, for silences.

    Attributes:
        listener: Told that there is one more, or that there are none any more; None for nobody.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._ahead: list[LiveFault] = []
        self._silences: list[tuple[LiveFault, float]] = []
        self.listener: Callable[[], None] | None = None

    def add(
        self, kind: LiveFaultKind, target: str = "*", *, times: int = 1, seconds: float = 0, count: int = 2
    ) -> LiveFault:
        """Let something go wrong the next ``times`` times; the arguments are those of :class:`LiveFault`."""
        fault = LiveFault(kind, target, times, seconds, count)
        if kind == "silence":
            self._silences.append((fault, self._monotonic() + seconds if seconds else math.inf))
            fault.struck.set()
        else:
            self._ahead.append(fault)
        self._notify()
        return fault

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        for fault in self._ahead:
            fault.count = 0  # a burst that began ends
        self._ahead.clear()
        self._silences.clear()
        self._notify()

    def take(self, *kinds: LiveFaultKind, tr_ids: Collection[str]) -> LiveFault | None:
        """A fault of these kinds that strikes one of these TRs, counted down."""
        for fault in list(self._ahead):
            if fault.times > 0 and fault.kind in kinds and any(map(fault.concerns, tr_ids)):
                fault.times -= 1
                fault.struck.set()
                return fault
        return None

    def is_silent(self, tr_id: str) -> bool:
        """Whether nothing of a TR may be sent; of "" stand answers and PINGPONG."""
        now = self._monotonic()
        return any(until > now and fault.concerns(tr_id) for fault, until in list(self._silences))

    def _notify(self) -> None:
        if self.listener is not None:
            self.listener()
