"""Interest rates of a day, at home and abroad, and what bonds on the exchange yield."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from kis_mcp.simulator.answers.contracts.bond_facts import bond_yield
from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject, direction
from kis_mcp.simulator.market.bonds import bond_terms
from kis_mcp.simulator.market.holidays import trading_day
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.market.rates import KNOWN_AT, Curve, curve, known_day
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

Rate = Callable[[Curve, date], float]
_FOUR = Decimal("0.0001")


def _bond(years: float, spread: float = 0) -> Rate:
    return lambda rates, day: rates.at(day, years) + spread


_AT_HOME: Sequence[tuple[str, str, Rate]] = (
    ("Y0101", "국고채 3년", _bond(3)),
    ("Y0102", "회사채 무보증 3년AA-", _bond(3, 0.55)),
    ("", "회사채 무보증 3년BBB-", _bond(3, 6.3)),
    ("", "국고채 1년", _bond(1)),
    ("", "국고채 5년", _bond(5)),
    ("", "국고채 10년", _bond(10)),
    ("", "국고채 20년", _bond(20)),
    ("", "국고채 30년", _bond(30)),
    ("", "국민주택 1종 5년", _bond(5, 0.06)),
    ("", "통안증권 91일", _bond(91 / 365, 0.02)),
    ("", "통안증권 2년", _bond(2, 0.02)),
    ("", "한전채 3년", _bond(3, 0.18)),
    ("", "CD 91일", Curve.deposits),
    ("", "콜금리 1일", Curve.call),
    ("", "한국은행 기준금리", Curve.base),
)
"""KIS' code where an example of its documents shows it, name, and rate."""

_ABROAD: Sequence[tuple[str, str, Rate]] = (
    ("Y0201", "미국 30년T-BOND", _bond(30)),
    ("Y0202", "미국 10년T-NOTE 수익률", _bond(10)),
)


def rates(world: World, call: Call) -> Answer:
    """Final rates over the counter, those abroad, or the state's bonds on the exchange; and always those at home."""
    seed, day = world.market.seed, known_day(call.now)
    at_home = [_row(curve(seed, "KR"), *rate, day) for rate in _AT_HOME]
    match call.arguments.get("kind", "foreign"):
        case "otc":
            asked = at_home
        case "exchange":
            asked = _on_exchange(world, call)
        case _:
            asked = [_row(curve(seed, "US"), *rate, day) for rate in _ABROAD]
    return {"output1": asked, "output2": at_home}


def _row(rates: Curve, code: str, name: str, rate: Rate, day: date) -> Facts:
    now, before = (Decimal(str(rate(rates, each))).quantize(_FOUR) for each in (day, trading_day("KR", day, -1)))
    return {"data_code": code, **_facts(name, now, now - before, before, datetime.combine(day, KNOWN_AT))}


def _facts(name: str, now: Decimal, change: Decimal, before: Decimal, at: datetime) -> Facts:
    return {
        "name": name,
        "indicator_name": name,
        "bond_yield": now,
        "yield_rate": now,
        "bond_yield_change": change,
        "change": change,
        "change_rate": percent(change, before),
        "price_direction": direction(change),
        "trade_date": at.date(),
        "quoted_at": f"{at:%Y%m%d%H%M%S}",
    }


def _on_exchange(world: World, call: Call) -> list[Facts]:
    """The state's bonds at their last trade, against what they yielded at the close before."""
    rows: list[Facts] = []
    for terms in bond_terms().values():
        bond = world.market.instruments[terms.symbol]
        if terms.bond_class != "treasury" or not world.market.is_listed(bond, call.now):
            continue
        subject = Subject(world.market, bond, call.now)
        quote = subject.quote
        before = terms.yield_at(float(quote.previous_close), trading_day("KR", quote.day, -1))
        now, then = bond_yield(subject, quote.price), Decimal(str(round(before, 3)))
        rows.append({"standard_code": terms.symbol, **_facts(terms.name_ko, now, now - then, then, quote.at)})
    return rows


RATES: Mapping[str, Callable[[World, Call], Answer]] = {"domestic_stock_comp_interest": rates}
