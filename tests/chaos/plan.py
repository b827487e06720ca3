"""What a chaos run is made of: orders, wanted or not, and what goes wrong with each. The seed decides it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Literal, TypeAlias, TypeVar

from kis_mcp.simulator.gate.faults import FaultKind, When
from tests.chaos.peer import Era
from tests.chaos.server import CRASH_STEPS
from tests.chaos.ways import WAYS, Way

T = TypeVar("T")
Kind: TypeAlias = Literal["place", "modify", "cancel"]
Verdict: TypeAlias = Literal["accept", "decline", "dismiss", "garble", "silence"]
Prank: TypeAlias = Literal[
    "repeat", "at_once", "on_both", "replay", "altered_arguments", "forged_state", "foreign_state", "no_to_yes"
]
Kill: TypeAlias = Literal["while_kis_decides", "after_kis_took_it", "some_time", "hang_up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """A fault of KIS', as `kis_mcp.simulator.gate.faults.Fault` has it.

    Attributes:
        is_late: Whether it comes only when the server has stopped waiting.
        on_lists: Whether it strikes the lists of orders rather than the order.
    """

    kind: FaultKind
    when: When = "before"
    times: int = 1
    code: str = ""
    status: int = 500
    is_late: bool = False
    on_lists: bool = False


MISHAPS: Mapping[str, Mishap] = {
    "time-out, then accepted": Mishap(kind="delay", is_late=True),
    "time-out, never accepted": Mishap(kind="drop", is_late=True),
    "time-out after acceptance": Mishap(kind="delay", when="after", is_late=True),
    "reset before acceptance": Mishap(kind="drop"),
    "reset after acceptance": Mishap(kind="drop", when="after"),
    "HTTP 500 without code before acceptance": Mishap(kind="empty_error"),
    "HTTP 500 without code after acceptance": Mishap(kind="empty_error", when="after"),
    "HTTP 502 with a page after acceptance": Mishap(kind="not_json", when="after", status=502),
    "HTTP 500 with a gateway code before acceptance": Mishap(kind="error", code="EGW00202"),
    "HTTP 500 with a gateway code after acceptance": Mishap(kind="error", when="after", code="EGW00202"),
    "HTTP 500 with a rejection": Mishap(kind="error", code="APBK0952"),
    "rate-limit rejection, HTTP 500": Mishap(kind="error", code="EGW00201", times=2),
    "rate-limit rejection, HTTP 200": Mishap(kind="error", code="EGW00215", status=200),
    "list of orders fails": Mishap(kind="drop", times=4, on_lists=True),
}
EXPIRED_TOKEN = "expired token"
HELD = "held on the way"
LOCKED = "locked files"
ELSEWHERE: Sequence[str] = (EXPIRED_TOKEN, HELD, LOCKED)
"""What goes wrong with an order and is no fault of KIS' answer."""

_PRANKS: Sequence[Prank] = (
    "repeat",
    "at_once",
    "on_both",
    "replay",
    "altered_arguments",
    "forged_state",
    "foreign_state",
    "no_to_yes",
)
_NO: Sequence[Verdict] = ("decline", "dismiss", "garble", "silence")
_KILLS: Sequence[Kill] = ("while_kis_decides", "after_kis_took_it", "some_time", "some_time", "hang_up")
_KINDS: Mapping[Kind, int] = {"place": 72, "modify": 14, "cancel": 14}
_JUMPS = (-72, -25, -1, 1, 25, 72)
_MOST_LOTS = {"buy": 80, "sell": 25}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One order and its fate.

    Attributes:
        way: By name in `WAYS`.
        percent: How far its price is from the market's; None for a market order.
        verdict: What the person says, however often asked; only ``accept`` makes the order wanted.
        has_key: Whether the calls carry an idempotency key, where their tool takes one.
        prank: What the client does beside.
        mishap: What KIS does, by its name in `MISHAPS`, or one of `ELSEWHERE`.
        kill: How the server ends that has the order in hand.
        moment: For a kill at some time: seconds after the call.
        seat: Which of the two servers is asked first.
        waits: Whether twenty minutes go by before.
        jump: How many hours ahead of KIS' the machine's clock is set before; None where nobody sets it.
        held_for: How many seconds the request is held on the way, if it is.
    """

    number: int
    way: str
    kind: Kind
    symbol: str
    side: str
    quantity: int
    percent: float | None
    verdict: Verdict
    has_key: bool
    prank: Prank | None
    mishap: str | None
    kill: Kill | None
    moment: float
    seat: int
    waits: bool
    jump: int | None
    held_for: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Incarnation:
    """A server process: its era, and where on an order's way it dies by itself, as `tests.chaos.server` reads it."""

    era: Era
    crash: str


def wishes(count: int, seed: int) -> list[Wish]:
    """The same for the same seed. No two want the same, but for a few twins that differ in their keys only."""
    chance = Random(f"{seed}:wishes")
    contents = {name: iter(_contents(way, chance)) for name, way in WAYS.items()}
    made: list[Wish] = []
    for number in range(count):
        name = _drawn(chance, {name: way.weight for name, way in WAYS.items()})
        symbol, side, quantity = next(contents[name])
        way = WAYS[name]
        may_be_at_market = way.takes_key and symbol.isdigit()
        wish = Wish(
            number=number,
            way=name,
            kind=_drawn(chance, _KINDS),
            symbol=symbol,
            side=side,
            quantity=quantity,
            percent=None if may_be_at_market and chance.random() < 0.08 else _percent(way, side, chance),
            verdict="accept" if chance.random() < 0.8 else chance.choice(_NO),
            has_key=way.takes_key and chance.random() < 0.8,
            prank=chance.choice(_PRANKS) if chance.random() < 0.4 else None,
            mishap=chance.choice((*MISHAPS, *ELSEWHERE)) if chance.random() < 0.4 else None,
            kill=chance.choice(_KILLS) if chance.random() < 0.1 else None,
            moment=chance.uniform(0, 0.1),
            seat=chance.randrange(2),
            waits=chance.random() < 0.02,
            jump=chance.choice(_JUMPS) if chance.random() < 0.03 else None,
            held_for=chance.choice((chance.uniform(30, 170), chance.uniform(200, 900))),
        )
        if made and chance.random() < 0.03 and WAYS[made[-1].way].takes_key:
            wish = _twin(wish, made[-1])
        made.append(wish)
    return made


def _percent(way: Way, side: str, chance: Random) -> float:
    """How far a price is from the market's: often one that fills, where few orders are changed afterwards."""
    if way.is_often_filled:
        return round(chance.uniform(-6, 3), 1)
    return round(chance.uniform(1, 6) * (-1 if side == "buy" else 1), 1)


def _contents(way: Way, chance: Random) -> list[tuple[str, str, int]]:
    """What may be ordered this way, in some order."""
    contents = [
        (instrument.symbol, side, lots * way.lot)
        for instrument in way.instruments
        for side in way.sides
        for lots in range(1, _MOST_LOTS[side])
        if way.can_sell(instrument) or side == "buy"
    ]
    chance.shuffle(contents)
    return contents


def incarnation(seed: int, seat: int, number: int) -> Incarnation:
    """The ``number``-th process of a seat."""
    chance = Random(f"{seed}:{seat}:{number}")
    crash = f"{chance.choice(CRASH_STEPS)}:{chance.choice(('before', 'after'))}:{chance.randint(2, 12)}"
    return Incarnation(era=chance.choice(("legacy", "modern")), crash=crash if chance.random() < 0.7 else "")


def _twin(wish: Wish, other: Wish) -> Wish:
    return replace(
        wish,
        way=other.way,
        kind="place",
        symbol=other.symbol,
        side=other.side,
        quantity=other.quantity,
        percent=other.percent,
        verdict=other.verdict,
        has_key=True,
    )


def _drawn(chance: Random, weights: Mapping[T, int]) -> T:
    return chance.choices(list(weights), list(weights.values()))[0]
