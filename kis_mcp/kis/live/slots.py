"""The channels that one session is wanted for, and how far each is."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kis_mcp.catalog import MOST_CHANNELS, Channel
from kis_mcp.errors import BadArgument, KisMcpError
from kis_mcp.kis.live.messages import Answer, Cipher


@dataclass(slots=True, eq=False)
class Slot:
    """What is known of a channel that is wanted.

    Attributes:
        is_on: Whether KIS sends it on the present link.
        was_on: Whether KIS ever did.
        asked_at: When KIS was last asked to, by the timer.
        cipher: How its frames are decrypted, where they are encrypted.
        claims: How many registrations have succeeded, so that a cancelled one leaves those of others alone.
        answers: Those who wait for KIS' answer.
    """

    is_on: bool = False
    was_on: bool = False
    asked_at: float = 0
    cipher: Cipher | None = None
    claims: int = 0
    answers: list[asyncio.Future[None]] = field(default_factory=list[asyncio.Future[None]])

    @property
    def is_awaited(self) -> bool:
        return any(not answer.done() for answer in self.answers)

    def turn_on(self, cipher: Cipher | None) -> None:
        self.is_on = self.was_on = True
        self.cipher = cipher or self.cipher
        for answer in self.answers:
            if not answer.done():
                answer.set_result(None)
        self.answers.clear()

    def fail(self, error: KisMcpError) -> None:
        for answer in self.answers:
            if not answer.done():
                answer.set_exception(error)
        self.answers.clear()


class Slots(dict[Channel, Slot]):
    """At most `MOST_CHANNELS` channels, in the order in which they came to be wanted."""

    def take(self, channel: Channel) -> Slot:
        """A slot for one more channel.

        Raises:
            BadArgument: All are taken.
        """
        if len(self) >= MOST_CHANNELS:
            raise no_slot({"this process": self})
        self[channel] = slot = Slot()
        return slot

    def find(self, answer: Answer) -> Channel | None:
        """The wanted channel that an answer is about; KIS leaves the key out of some refusals."""
        if answer.channel in self:
            return answer.channel
        if answer.channel.key:
            return None
        unanswered = [
            channel for channel, slot in self.items() if not slot.is_on and channel.tr_id == answer.channel.tr_id
        ]
        return unanswered[0] if len(unanswered) == 1 else None

    def ciphers(self, tr_id: str) -> list[Cipher]:
        return [slot.cipher for channel, slot in self.items() if channel.tr_id == tr_id and slot.cipher]

    def turn_off(self) -> bool:
        """The link is gone; returns whether that ended anything."""
        had_some = any(slot.is_on for slot in self.values())
        for slot in self.values():
            slot.is_on = False
        return had_some

    def fail(self, error: KisMcpError) -> None:
        """Tell those who wait that it comes to nothing for now."""
        for slot in self.values():
            slot.fail(error)


def no_slot(wanted: Mapping[str, Iterable[Channel]]) -> BadArgument:
    """The refusal of one channel more; ``wanted`` says which process wants which."""
    counts = {name: Counter(channel.tr_id for channel in channels) for name, channels in wanted.items()}
    uses = [f"{name} has {', '.join(f'{n} {tr_id}' for tr_id, n in each.items())}" for name, each in counts.items()]
    return BadArgument(
        f"KIS sends at most {MOST_CHANNELS} live channels at once, and all are taken: {'; '.join(uses)}.",
        remedy="End a watch that is not needed any more (unwatch), then try again.",
    )
