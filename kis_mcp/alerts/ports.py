"""What keeping alerts needs from outside: a store, channels to people, and the present price."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from kis_mcp.alerts.rules import Attempt, Delivery, Firing, Notice, Rule
from kis_mcp.market import Trade
from kis_mcp.streams import Simple, Watches


class AlertStore(Protocol):
    """The rules of one environment and the journal of what fired. What returns is on disk.

    Raises:
        StorageError: From each method, where it cannot be read or written.
    """

    async def create(self, rule: Rule) -> Rule:
        """Keep a rule; asked again for what is active already, it is the same rule, kept until the later end.

        Raises:
            BadArgument: There are `MOST_RULES` active ones.
        """
        ...

    async def delete(self, rule_id: str) -> Rule | None:
        """Forget a rule, and return what it was; what fired stays in the journal."""
        ...

    async def rules(self) -> Sequence[Rule]:
        """Those that were not deleted, oldest first."""
        ...

    async def keep_state(self, rule: Rule) -> None:
        """Keep where a rule's condition stands."""
        ...

    async def keep_watching(self, rule_id: str, watching: str) -> None:
        """Keep whether a rule is watched, or why not."""
        ...

    async def fire(self, rule: Rule, firing: Firing, channels: Sequence[str]) -> bool:
        """In one transaction: journal a firing, keep the rule as it is after it, and owe the channels a delivery.
        False, and nothing is written, where the rule was deleted meanwhile."""
        ...

    async def firings(self, after: int, most: int) -> Sequence[Firing]:
        """What fired behind a place in the journal, oldest first."""
        ...

    async def last_number(self) -> int:
        """The place of the latest firing; 0 before any."""
        ...

    async def deliveries(self, firing_ids: Sequence[str]) -> Sequence[Delivery]: ...

    async def due(self, now: datetime, channels: Collection[str]) -> Sequence[Delivery]:
        """The deliveries by these channels that wait and whose time has come, oldest firing first."""
        ...

    async def settle(self, delivery: Delivery) -> None:
        """Keep how an attempt ended."""
        ...

    async def last_outcomes(self) -> Sequence[Delivery]:
        """Of each channel that was ever tried the delivery tried last."""
        ...


class NoticeChannel(Protocol):
    """One way to reach the person, which the operator set."""

    @property
    def kind(self) -> str: ...

    async def send(self, notice: Notice) -> Attempt: ...


ReadPrice: TypeAlias = Callable[[Simple], Awaitable[Trade | None]]
"""The present price of a test's instrument, as if it had just traded; None where it cannot be read."""

OpenWatches: TypeAlias = Callable[[], Awaitable[Watches]]
NamesOf: TypeAlias = Callable[[str], str | None]
"""The name of the instrument with a symbol, Korean if it has one."""

Sleep: TypeAlias = Callable[[float], Awaitable[None]]
