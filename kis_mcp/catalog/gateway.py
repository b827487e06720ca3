"""The port to KIS: what the inside asks for and what it gets back."""

from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Protocol, TypeAlias


class Urgency(IntEnum):
    """Who goes first when requests wait for KIS' rate limit."""

    ORDER = 0
    READ = 1


_URGENCY = ContextVar("urgency", default=Urgency.READ)


def read_urgency() -> Urgency:
    """Of what is read just now: with an order's where an order needs to know it."""
    return _URGENCY.get()


@contextmanager
def reading_for_an_order() -> Generator[None]:
    """Whatever is read in this block, or by tasks that it starts, goes before other reads."""
    token = _URGENCY.set(Urgency.ORDER)
    try:
        yield
    finally:
        _URGENCY.reset(token)


WaitReporter: TypeAlias = Callable[[float], Awaitable[None]]
"""Told the expected seconds when a request has to wait noticeably for the rate limit."""

MayLeave: TypeAlias = Callable[[], Awaitable[None]]
"""Asked each time an order is about to leave, after all waiting; raises to keep it from being sent."""


@dataclass(frozen=True, slots=True)
class KisRequest:
    """One REST request, complete but for credentials.

    ``elements`` is the query of a GET or the JSON body of a POST; every value is a string. ``tr_cont`` is "" for the
    first page and "N" for a following one.
    """

    method: str
    path: str
    tr_id: str
    elements: Mapping[str, str]
    tr_cont: str = ""


@dataclass(frozen=True, slots=True)
class KisReply:
    """KIS' successful answer (rt_cd "0"): its body as parsed JSON, its tr_cont header and when it came, where known.

    ``kis_time`` is the time that KIS put on it (its Date header, to the second).
    """

    body: Mapping[str, object]
    tr_cont: str = ""
    received_at: datetime | None = None
    kis_time: datetime | None = None

    @property
    def has_more(self) -> bool:
        return self.tr_cont in ("F", "M")


class KisGateway(Protocol):
    """Sends requests to one environment's KIS, within its limits."""

    async def read(self, request: KisRequest, *, waiting: WaitReporter | None = None) -> KisReply:
        """Send a request that changes nothing; retried where that can help.

        Raises:
            BadArgument, CredentialsError, NotInEnvironment, RateLimited, KisUnavailable: by KIS' answer.
            SettingsError, StorageError: It was not sent.
        """
        ...

    async def order(self, request: KisRequest, may_leave: MayLeave) -> KisReply:
        """Send an order once. Only a rate-limit rejection, which proves that it was not accepted, is tried again.

        Raises:
            Whatever ``may_leave`` raises: it was not sent.
            OrderRejected: KIS said no.
            OrderStateUnknown: Nobody can tell whether it stands.
            CredentialsError, NotInEnvironment, RateLimited, KisUnavailable, SettingsError, StorageError: it certainly
                was not sent or accepted.
        """
        ...
