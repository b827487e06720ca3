"""What a person agrees to before a strategy may order, and what became of it. Never changed once it is journaled."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument
from kis_mcp.trading.decision import HUMAN_CHANNELS, Channel, Decision
from kis_mcp.trading.order import Side
from kis_mcp.trading.venues import STOCK_MARKETS

LONGEST = timedelta(days=366)
MOST_SYMBOLS = 200
MOST_RESULTS = 20
_LONGEST_TEXT = 200

_PRACTICE_CHANNELS: frozenset[Channel] = frozenset({*HUMAN_CHANNELS, "preview", "never"})


@dataclass(frozen=True, slots=True)
class MandateSymbol:
    """An instrument that a mandate is for; ``market`` as in `kis_mcp.trading.order.Order`."""

    symbol: str
    market: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateTerms:
    """How far a strategy may go.

    Attributes:
        strategy: The strategy's id.
        document: The digest of the strategy document that is agreed to.
        sides: ``sell`` lets it sell what its own orders bought, and nothing else.
        currency: Of all amounts, and of every order.
        most_per_order: What one order to buy may be worth, as the guard values it.
        most_in_all: What it may hold, at cost, with its orders to buy that stand or may, at any one time.
        orders_a_day: New orders on one day of the exchange; cancels do not count. Of these one is kept for the sale of
            each position.
        most_loss: What `MandateBook.loss` counts; at this loss nothing more is bought, and the strategy stops.
        buys, sells: What the document does, in words.
        holds: What earlier runs of the strategy bought and have not sold, in words.
        results: Name → what is to be told of how the strategy did so far, beside its backtest.
    """

    strategy: str
    document: str
    symbols: tuple[MandateSymbol, ...]
    sides: frozenset[Side]
    currency: str
    most_per_order: Decimal
    most_in_all: Decimal
    orders_a_day: int
    most_loss: Decimal
    buys: str = ""
    sells: str = ""
    holds: str = ""
    results: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateDraft(MandateTerms):
    """A mandate that somebody wants. ``until`` is when it ends; None for what is usual in the environment."""

    until: datetime | None = None

    def require_sound(self) -> None:
        """Refuse terms that bound nothing, or that no order could be within.

        Raises:
            BadArgument: Naming the term.
        """
        amounts = ("most_per_order", "most_in_all", "most_loss")
        wrong = next((name for name in (*amounts, "orders_a_day") if not _is_amount(getattr(self, name))), None)
        if wrong is not None:
            raise _wrong(f"{wrong} is to be a number above 0.", "Give the most that the person agrees to.", wrong)
        if self.most_per_order > self.most_in_all:
            raise _wrong("One order may not be worth more than all together.", "Lower it.", "most_per_order")
        if not self.sides:
            raise _wrong("A mandate without a side lets nothing out.", "Give buy, sell or both.", "sides")
        if self.orders_a_day < 2 and len(self.sides) == 2:
            raise _wrong("An entry would leave no order of the day for its exit.", "Give 2 or more.", "orders_a_day")
        if not 0 < len(self.symbols) <= MOST_SYMBOLS:
            raise _wrong(f"A mandate is for 1 to {MOST_SYMBOLS} instruments.", "Name those.", "symbols")
        for one in self.symbols:
            if one.market not in STOCK_MARKETS:
                raise _wrong(
                    f"{one.symbol} is of {one.market}: a mandate is for stocks, ETFs and other shares only.",
                    "Order futures, options and bonds with place_order.",
                    "symbols",
                )
        if len({(one.symbol, one.market) for one in self.symbols}) < len(self.symbols):
            raise _wrong("An instrument is named twice.", "Name each once.", "symbols")
        if len(self.results) > MOST_RESULTS or any(len(text) > _LONGEST_TEXT for text in self.results.values()):
            raise _wrong(
                f"Results are at most {MOST_RESULTS} lines of {_LONGEST_TEXT} characters.", "Shorten them.", "results"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate(MandateTerms):
    """A mandate as it is journaled.

    Attributes:
        id: A ULID.
        at: When it was proposed.
        account: Masked.
        account_id: What `Journal.account_id` calls it.
        until: When it ends by itself.
    """

    id: str
    at: datetime
    environment: Environment
    account: str
    account_id: str
    until: datetime

    def has_terms(self, draft: MandateDraft) -> bool:
        """Whether it says exactly what a draft does; where the draft leaves the end open, any end is the same."""
        return terms_of(self) == terms_of(draft) and draft.until in (None, self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateEnd:
    """That a mandate holds no more: revoked, stopped, halted or replaced, as ``reason`` says. The first counts."""

    mandate_id: str
    at: datetime
    reason: str


class MandateStatus(StrEnum):
    """Only ``in_force`` lets orders out. ``refused``: by this server, or by a yes that counts for nothing in its
    environment."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    REFUSED = "refused"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateRecord:
    """A mandate with all that is known of it."""

    mandate: Mandate
    decision: Decision | None = None
    decided_at: datetime | None = None
    end: MandateEnd | None = None

    @property
    def is_agreed(self) -> bool:
        """Whether a yes was given that counts in its environment, whatever came later."""
        decision = self.decision
        return decision is not None and decision.verdict == "accepted" and can_agree(self.mandate, decision.channel)

    def status(self, now: datetime) -> MandateStatus:
        """Where it stands at a moment. The end of its time ends it."""
        if self.decision is None:
            return MandateStatus.PROPOSED
        if self.decision.verdict != "accepted":
            return MandateStatus(self.decision.verdict)
        if not self.is_agreed:
            return MandateStatus.REFUSED
        if self.end is not None:
            return MandateStatus.ENDED
        return MandateStatus.EXPIRED if now >= self.mandate.until else MandateStatus.IN_FORCE


def terms_of(draft: MandateTerms) -> dict[str, Any]:
    """The terms by name, without what makes a draft or a mandate of them."""
    return {each.name: getattr(draft, each.name) for each in fields(MandateTerms)}


def can_agree(mandate: Mandate, channel: Channel) -> bool:
    """Whether a yes that came this way counts: in real only a person's own."""
    is_real = mandate.environment is Environment.REAL
    return channel in (HUMAN_CHANNELS if is_real else _PRACTICE_CHANNELS)


def _is_amount(value: Decimal | int) -> bool:
    return Decimal(value).is_finite() and value > 0


def _wrong(what: str, remedy: str, name: str) -> BadArgument:
    return BadArgument(what, remedy=remedy, field=name)
