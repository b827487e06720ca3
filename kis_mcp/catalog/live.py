"""The port to KIS' live data: what is registered for, and the frames that come."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, order=True)
class Channel:
    """One registration, which takes one of KIS' 41 slots.

    Attributes:
        tr_id: Which data, e.g. ``H0STCNT0``.
        key: Whose: a symbol as that TR writes it, or the HTS id for notices of orders.
    """

    tr_id: str
    key: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A data frame as it came, decrypted and not yet divided into records.

    Attributes:
        tr_id: Which data.
        count: How many records the payload holds.
        payload: The fields of all records, one after another, parted by ``^``.
        received_at: When it came, by this machine's clock.
    """

    tr_id: str
    count: int
    payload: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nothing could be received.

    Attributes:
        began_at: When the last frame before it came, or the link was lost.
        ended_at: When every channel was registered again.
        lost: Channels that KIS did not register again, and why.
    """

    began_at: datetime
    ended_at: datetime
    lost: tuple[tuple[Channel, str], ...] = ()


class LiveReceiver(Protocol):
    """Takes what comes. Called where the link is read: it keeps what it is given and returns at once."""

    def receive(self, frame: Frame) -> None: ...

    def report_gap(self, gap: Gap) -> None: ...


class LiveGateway(Protocol):
    """One environment's live data. Whatever is registered for comes to the receiver, until it is released."""

    async def register(self, channel: Channel) -> None:
        """Have KIS send a channel; nothing happens where it does already.

        Raises:
            BadArgument: KIS refuses the channel, or all slots are taken.
            CredentialsError, RateLimited, KisUnavailable, StorageError: It could not be asked.
        """
        ...

    async def release(self, channel: Channel) -> None:
        """Have KIS send a channel no more, and free its slot."""
        ...

    async def aclose(self) -> None:
        """End everything."""
        ...
