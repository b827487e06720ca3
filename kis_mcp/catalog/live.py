"""The port to KIS' live data: what is registered for, and the frames that come."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

MOST_CHANNELS: Final = 41
"""What KIS registers in one session; it answers the next with OPSP0008."""


@dataclass(frozen=True, slots=True, order=True)
class Channel:
    """One registration, which takes one of KIS' slots.

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


@dataclass(frozen=True, slots=True)
class Outage:
    """That nothing comes over some channels for now, though they are registered for. A gap tells of it when it is over.

    Attributes:
        since: When the last message came.
        why: And what is done about it, in a sentence or two.
        channels: Which.
    """

    since: datetime
    why: str
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class SlotUse:
    """How many of KIS' slots a process of the user wants. One that two share counts for each.

    Attributes:
        process: Which, in words.
        is_own: Whether it is this one.
    """

    process: str
    slots: int
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class SlotUses:
    """KIS' slots.

    Attributes:
        taken: How many, by all processes of the user.
        uses: Who wants them.
    """

    taken: int = 0
    uses: tuple[SlotUse, ...] = ()

    @property
    def free(self) -> int:
        return MOST_CHANNELS - self.taken


class LiveReceiver(Protocol):
    """Takes what comes. Called where the link is read: it keeps what it is given and returns at once."""

    def receive(self, frame: Frame) -> None: ...

    def report_gap(self, gap: Gap) -> None: ...

    def report_outage(self, outage: Outage | None) -> None:
        """Hear over which channels nothing comes for now; None once all come again."""
        ...


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

    async def slots(self) -> SlotUses | None:
        """Who holds the slots; None where a process holds the session that does not tell."""
        ...

    async def aclose(self) -> None:
        """End everything."""
        ...
