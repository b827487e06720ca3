"""Conditions on events: what somebody waits for, and whether it has come about. Pure."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeAlias, cast

from kis_mcp.market import Event, EventKind, Interest, OrderUpdate
from kis_mcp.streams.condition_tests import ANY, TESTS, Test

Value: TypeAlias = Decimal | bool | str
Say: TypeAlias = Callable[[str], str]
JOINS: Mapping[str, str] = {"any": "or", "all": "and"}


@dataclass(frozen=True, slots=True)
class Simple:
    """One test of the events of one instrument.

    Attributes:
        test: A key of `TESTS`.
        value: What it compares with.
        symbol, market, exchange: Whose events; "" where any will do.
        order_id: Of which order; "" for any.
    """

    test: str
    value: Value
    symbol: str = ""
    market: str = ""
    exchange: str = ""
    order_id: str = ""

    @property
    def rule(self) -> Test:
        return TESTS[self.test]

    @property
    def kind(self) -> EventKind:
        return self.rule.kind or cast("EventKind", self.value)

    @property
    def stays(self) -> bool:
        """Whether what it tests cannot become untrue again: a certain order that was filled was filled."""
        return self.test == "order" and bool(self.order_id) and self.value != ANY

    def concerns(self, event: Event) -> bool:
        """Whether it looks at this event."""
        return (
            event.kind == self.kind
            and self.symbol in ("", event.symbol)
            and self.market in ("", event.market)
            and self.exchange in ("", event.exchange or self.exchange)
            and (not self.order_id or (isinstance(event, OrderUpdate) and self._is_of_order(event)))
        )

    def _is_of_order(self, update: OrderUpdate) -> bool:
        """Whether it is of the order, or of a change or cancel of it: KIS pads numbers with zeros, people do not."""
        numbers = (update.order_id, update.original_order_id or "")
        return self.order_id.lstrip("0") in [number.lstrip("0") for number in numbers]

    def __str__(self) -> str:
        what = self.rule.waits.format(wanted=_shown(self.value))
        return f"{self.symbol or 'the account'} {what}{f' ({self.order_id})' if self.order_id else ''}"


@dataclass(frozen=True, slots=True)
class Compound:
    """Several conditions, of which any or all have to hold."""

    join: Literal["any", "all"]
    parts: "tuple[Condition, ...]"

    def __str__(self) -> str:
        return condition_text(self)


Condition: TypeAlias = Simple | Compound


def condition_text(condition: Condition, say: Say = str) -> str:
    """What is waited for, each test said in the language of its reader."""
    if isinstance(condition, Simple):
        return say(str(condition))
    texts = [condition_text(part, say) for part in condition.parts]
    bracketed = (
        f"({text})" if isinstance(part, Compound) else text for part, text in zip(condition.parts, texts, strict=True)
    )
    return f" {say(JOINS[condition.join])} ".join(bracketed)


def simple_parts(condition: Condition) -> Iterator[Simple]:
    """The tests of a condition, in their order."""
    if isinstance(condition, Simple):
        yield condition
    else:
        for part in condition.parts:
            yield from simple_parts(part)


def interests_of(condition: Condition) -> frozenset[Interest]:
    """What has to be watched for it."""
    return frozenset(Interest(each.symbol, each.kind, each.market, each.exchange) for each in simple_parts(condition))


@dataclass(slots=True)
class _Standing:
    """Where one test stands.

    Attributes:
        holds: Whether it does.
        is_armed: Of a crossing: whether the other side was seen.
        words: What made it hold.
    """

    holds: bool = False
    is_armed: bool = False
    words: str = ""


@dataclass(slots=True)
class Evaluation:
    """Takes events one by one and tells when a condition has come about.

    A test of a level (price, volume, spread …) holds while the latest event says so. What happens at one event (a
    crossing, a large trade, a fill) counts from then on, until the condition comes about. So ``all`` needs every level
    at the same time, and every happening since it last came about, in any order.

    Args:
        condition: What is waited for.
    """

    condition: Condition
    _parts: Sequence[Simple] = field(init=False)
    _standings: Sequence[_Standing] = field(init=False)
    _held: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._parts = list(simple_parts(self.condition))
        self._standings = [_Standing() for _ in self._parts]

    def begin(self, latest: Iterable[Event]) -> str | None:
        """Start from how things are: the newest event of each kind and instrument, whenever that was.

        Returns:
            What makes the condition hold already, in words; None where it does not. What happened before does not
            count, only levels, what became of a certain order, and on which side of a crossing a price is.
        """
        happened = [standing.holds for standing in self._standings]
        for event in latest:
            for part, standing in zip(self._parts, self._standings, strict=True):
                if part.concerns(event):
                    _update(part, standing, event, when="as of")
        for part, standing, before in zip(self._parts, self._standings, happened, strict=True):
            if part.rule.style != "lasts" and not part.stays:
                standing.holds = before
        self._held = self._holds(self.condition, iter(self._standings))
        return self._words() if self._held else None

    def take(self, event: Event, *, happenings: bool = True) -> str | None:
        """What met the condition, in words, if it came about with this event; None otherwise, also while it goes on
        to hold.

        Args:
            happenings: Whether the event happened, so that tests of what happens at one event look at it; False for one
                that only tells how things are.
        """
        happened = False
        for part, standing in zip(self._parts, self._standings, strict=True):
            if part.concerns(event) and (happenings or part.rule.style != "happens"):
                happened |= _update(part, standing, event)
        holds = self._holds(self.condition, iter(self._standings))
        words = self._words() if holds and (happened or not self._held) else None
        if words is not None:
            self._forget_happenings()
        self._held = self._holds(self.condition, iter(self._standings))
        return words

    def unknown(self, events: Collection[Event]) -> list[Simple]:
        """The tests that look at how things are and of which no event tells that."""
        return [
            part
            for part in self._parts
            if (part.rule.style != "happens" or part.stays)
            and not any(part.concerns(event) and part.rule.measure(event) is not None for event in events)
        ]

    def state(self, *, brief: bool = False) -> list[list[object]]:
        """Where it stands, for JSON.

        Args:
            brief: Whether words are kept of happenings only; a level that holds is then told as it is waited for.
        """
        return [
            [standing.holds, standing.is_armed, "" if brief and part.rule.style == "lasts" else standing.words]
            for part, standing in zip(self._parts, self._standings, strict=True)
        ]

    def restore(self, state: object) -> bool:
        """Go on from an earlier state of the same condition; False, and nothing changes, where it is none."""
        rows = cast("list[object]", state) if isinstance(state, list) else []
        standings = [standing for row in rows if (standing := _standing(row))]
        if len(standings) != len(self._parts) or len(rows) != len(self._parts):
            return False
        for part, standing in zip(self._parts, standings, strict=True):
            if standing.holds:
                standing.words = standing.words or str(part)
        self._standings = standings
        self._held = self._holds(self.condition, iter(self._standings))
        return True

    def _holds(self, condition: Condition, standings: Iterator[_Standing]) -> bool:
        if isinstance(condition, Simple):
            return next(standings).holds
        held = [self._holds(part, standings) for part in condition.parts]
        return any(held) if condition.join == "any" else all(held)

    def _words(self) -> str:
        return "; ".join(dict.fromkeys(standing.words for standing in self._standings if standing.holds))

    def _forget_happenings(self) -> None:
        for part, standing in zip(self._parts, self._standings, strict=True):
            if part.rule.style != "lasts":
                standing.holds = False


def _update(part: Simple, standing: _Standing, event: Event, *, when: str = "at") -> bool:
    """Bring a test up to an event; whether something happened that counts from now on."""
    rule, got = part.rule, part.rule.measure(event)
    if got is None:
        return False
    holds = rule.holds(got, part.value)
    if rule.style == "crosses":
        holds, standing.is_armed = holds and standing.is_armed, not holds
    if rule.style == "lasts":
        standing.holds = holds
    else:
        standing.holds |= holds
    if holds:
        standing.words = _met(part, event, got, when)
    return holds and rule.style != "lasts"


def _met(part: Simple, event: Event, got: object, when: str) -> str:
    told = part.rule.met.format(got=_shown(got), wanted=_shown(part.value))
    extra = ""
    if isinstance(event, OrderUpdate):
        extra = f" ({event.order_id}{_fill(event)})"
    return f"{event.symbol} {told}{extra} {when} {event.time:%H:%M:%S %Z}"


def _fill(notice: OrderUpdate) -> str:
    if notice.filled_quantity is None or notice.fill_price is None:
        return ""
    return f", {notice.filled_quantity:,} at {_shown(notice.fill_price)}"


def _standing(row: object) -> _Standing | None:
    match row:
        case [bool() as holds, bool() as is_armed, str() as words]:
            return _Standing(holds, is_armed, words)
        case _:
            return None


def _shown(value: object) -> str:
    match value:
        case bool():
            return "on" if value else "off"
        case int() | Decimal():
            return f"{value.normalize():,f}" if isinstance(value, Decimal) else f"{value:,}"
        case _:
            return str(value)
