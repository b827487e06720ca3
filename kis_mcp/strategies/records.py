"""What is kept of a person's strategies: documents by version, runs, signals, positions, bars. The port of a store.

    strategy → versions → runs → states, signals, positions;  bars by symbol and interval

Versions, states and signals are only ever added to. One store holds one environment's.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Literal, Protocol, TypeAlias

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.document import Strategy

RunState: TypeAlias = Literal["running", "paused", "stopped"]
"""``stopped`` is final: who goes on starts another run."""

ACTION_OF: Final[Mapping[str, Literal["enter", "exit"]]] = {"buy": "enter", "sell": "exit"}
"""The side of an order → what a run decided: it only ever buys first."""

LISTED_AFTER: Final = timedelta(minutes=10)
"""So long after an order what came of it is in KIS' list of holdings for certain."""

SOLD_ELSEWHERE: Final = "sold_elsewhere"
"""Begins the reason of a signal that says how much of what a run bought somebody else sold."""


def lost_reason(lost: int, held: int) -> str:
    """The reason of that signal.

    Args:
        lost: How much of what the run held was sold.
    """
    return f"{SOLD_ELSEWHERE}: the account lacks {lost} of {held}"


LONG_INTERVALS: Final = ("1d", "1w")
"""Their bars are few."""

SHORT_BARS_KEPT: Final = timedelta(days=30)
"""Bars of other intervals: those of one minute of 40 symbols fill some 50 MB in that time."""

LONG_BARS_KEPT: Final = timedelta(days=5 * 365)
"""Bars of `LONG_INTERVALS`."""

IDLE_SIGNALS_KEPT: Final = timedelta(days=30)
"""Signals upon which nothing was done; what somebody else sold of a position is kept longer."""

SIGNALS_KEPT: Final = timedelta(days=5 * 365)
"""Signals upon which something was ordered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredStrategy:
    """One version of a strategy's document. The latest counts.

    Attributes:
        id: The document's.
        version: Counted from 1.
        digest: `digest_of` the document when it was saved: what a mandate was agreed to for.
        note: What its writer had to say of this version.
    """

    id: str
    version: int
    document: Strategy
    digest: str
    created_at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyRun:
    """A strategy that runs, or ran, and where it stands.

    Attributes:
        id: A ULID.
        strategy, version, digest: The document with which it runs, from its start to its end.
        mandate_id: Under which it orders; None where it only signals.
        account_id: What `Journal.account_id` calls the account.
        symbols: Which it watches.
        reason: Why it is in this state, a sentence.
        ended_at: When it was stopped.
    """

    id: str
    strategy: str
    version: int
    digest: str
    mandate_id: str | None
    account_id: str
    symbols: tuple[str, ...]
    state: RunState
    reason: str
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChange:
    """A run came into a state."""

    run_id: str
    at: datetime
    state: RunState
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalEntry:
    """What was decided for one symbol at one moment. There is one for a run, symbol and moment.

    Attributes:
        at: The bar's end. An exit at a price level has the moment at which it was reached instead, and shares none with
            a bar's end.
        enters, exits: As `evaluation.Signal`.
        action, quantity, reason: As `evaluation.Decision`.
        values: What the conditions compared, by the words of the document.
        intent_id: Of the order that came of it, in the journal.
    """

    run_id: str
    symbol: str
    at: datetime
    enters: bool | None
    exits: bool | None
    action: Literal["enter", "exit", "none"]
    quantity: int
    reason: str
    values: Mapping[str, float | None]
    intent_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPosition:
    """What a run holds of a symbol, apart from what the person holds of it otherwise.

    Attributes:
        quantity: Shares or contracts.
        cost: What was paid for all of them, without fees and taxes, in the instrument's currency.
        bars: How many bars have ended since it was opened.
        highest: The highest price since then.
    """

    run_id: str
    symbol: str
    quantity: int
    cost: Decimal
    opened_at: datetime
    bars: int
    highest: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBar:
    """A bar upon which a run decided, or warmed up.

    Attributes:
        interval: As `Strategy.interval`.
        ends_at: Aware.
        open, high, low, close: In the instrument's currency, as they were at that time.
        volume: Shares or contracts.
        source: ``live`` was built from trades, ``history`` was read from KIS.
    """

    symbol: str
    interval: str
    ends_at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int
    source: Literal["live", "history"]


class BarsDiffer(BadArgument):
    """A bar is not the one that is kept for the same moment."""


class StrategyRecords(Protocol):
    """Keeps all of it, safe for several processes: each call is done as a whole or not at all, and is on disk when it
    returns. Times are aware, and come back in KST, of whichever zone they were; a time without a zone is refused.

    Raises:
        StorageError: From each method, where the store cannot be read or written.
    """

    async def save(self, strategy: Strategy, *, at: datetime, note: str = "") -> StoredStrategy:
        """Add a version of the document with this id. The same document as the latest version is that version. One that
        was deleted is there again."""
        ...

    async def find(self, strategy_id: str) -> StoredStrategy | None:
        """The latest version; None where there is none, or it was deleted."""
        ...

    async def versions(self, strategy_id: str) -> Sequence[StoredStrategy]:
        """All versions, the oldest first, of a deleted strategy too."""
        ...

    async def strategies(self) -> Sequence[StoredStrategy]:
        """The latest version of each that was not deleted, by id."""
        ...

    async def delete(self, strategy_id: str, *, at: datetime) -> StoredStrategy | None:
        """Take a strategy off the list; its versions and runs stay on record. Returns what was deleted.

        Raises:
            BadArgument: A run of it is not stopped.
        """
        ...

    async def open_run(self, run: StrategyRun) -> StrategyRun:
        """Begin a run. Old bars and signals are pruned with it, as `prune` does.

        Raises:
            BadArgument: The strategy has a run that is not stopped, or no such version, or was deleted.
        """
        ...

    async def set_run_state(
        self, run_id: str, state: RunState, reason: str, at: datetime, *, only_from: RunState | None = None
    ) -> StrategyRun:
        """Bring a run into a state. A stopped run stays as it is: look at what is returned.

        Args:
            only_from: Leave it as it is in any other state.

        Raises:
            LookupError: There is no such run.
        """
        ...

    async def find_run(self, run_id: str) -> StrategyRun | None: ...

    async def runs(self, strategy_id: str | None = None, *, limit: int = 100) -> Sequence[StrategyRun]:
        """The latest runs of a strategy, or of all, the latest first."""
        ...

    async def active_runs(self) -> Sequence[StrategyRun]:
        """Those that are not stopped, the oldest first."""
        ...

    async def changes(self, run_id: str) -> Sequence[RunChange]:
        """Each state that a run came into, the oldest first."""
        ...

    async def add_signals(self, signals: Sequence[SignalEntry]) -> int:
        """Keep signals of one run, one at least; returns how many were not kept yet. One that is kept for its symbol
        and moment stays as it is.

        Raises:
            LookupError: There is no such run.
        """
        ...

    async def set_intent(self, run_id: str, symbol: str, at: datetime, intent_id: str) -> None:
        """Say which order came of a signal; the first counts.

        Raises:
            LookupError: There is no such signal.
        """
        ...

    async def signals(
        self, run_id: str, since: datetime | None = None, limit: int = 100, *, moved: bool = False
    ) -> Sequence[SignalEntry]:
        """The latest signals from a moment on, the oldest of them first.

        Args:
            moved: Whether only those with a quantity are wanted: what was bought, sold, or lost.
        """
        ...

    async def put_position(self, position: HeldPosition) -> None:
        """Keep what is held in place of what was held; a quantity of 0 ends the position.

        Raises:
            LookupError: There is no such run.
        """
        ...

    async def positions(self, run_id: str) -> Sequence[HeldPosition]:
        """What a run holds, by symbol."""
        ...

    async def add_bars(self, bars: Sequence[StoredBar]) -> int:
        """Keep bars; returns how many of them were not kept yet. One that is kept, from whichever source, stays.

        Raises:
            BarsDiffer: One has other prices or another volume than what is kept for its moment. None is added.
        """
        ...

    async def bars(self, symbol: str, interval: str, since: datetime, until: datetime) -> Sequence[StoredBar]:
        """Bars of the time between two moments, the oldest first: those that end after the first, at the latest at the
        second."""
        ...

    async def last_bar(
        self, symbols: Sequence[str], interval: str, since: datetime, until: datetime
    ) -> datetime | None:
        """The end of the last bar of any of these symbols in the time that `bars` reads; None where there is none."""
        ...

    async def prune(self, at: datetime) -> None:
        """Remove what is older than `SHORT_BARS_KEPT`, `LONG_BARS_KEPT`, `IDLE_SIGNALS_KEPT` and `SIGNALS_KEPT`."""
        ...


def document_text(document: Strategy) -> str:
    """A document as JSON in the one way that its digest is taken of: keys in order, no spaces, without what is None."""
    content = document.model_dump(mode="json", by_alias=True, exclude_none=True)
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(document: Strategy) -> str:
    """The SHA-256 of a document, in hex: equal only for documents that say the same."""
    return hashlib.sha256(document_text(document).encode()).hexdigest()
