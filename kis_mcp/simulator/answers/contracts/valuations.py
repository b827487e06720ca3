"""What the rating agencies value bonds at, day by day."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from random import Random

from kis_mcp.simulator.answers.contracts.bond_facts import AGENCIES
from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.subject import Facts
from kis_mcp.simulator.answers.quotes.subjects import subject_of
from kis_mcp.simulator.market.bonds import Terms, bond_terms, fair_yield
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_APART = 0.012
"""How far an agency's yield is from the curve's at most, in percent."""

_CENT, _THOUSANDTH = Decimal("0.01"), Decimal("0.001")
_LONGEST = 400


def valuations(world: World, call: Call) -> Answer:
    """Unit prices of days that are over, by agency and on average, the newest day first."""
    subject = subject_of(world, call)
    if subject is None and call.text("PDNO"):
        return {}
    chosen = [bond_terms()[subject.instrument.symbol]] if subject else list(bond_terms().values())
    rows: list[Facts] = []
    for terms in chosen:
        bond = world.market.instruments[terms.symbol]
        before = world.market.calendar(bond).before(world.market.moment(bond, call.now).day)
        until = min(call.day("end_date") or before, before)
        bars = world.market.history(bond).until(until, _LONGEST)
        days = (bar.day for bar in bars if bar.day < terms.matures)
        rows += [_valuation(world.market.seed, terms, day) for day in days if call.covers(day)]
    rows.sort(key=lambda row: str(row["valuation_date"]), reverse=True)
    return {"output1": rows}


def _valuation(seed: int, terms: Terms, day: date) -> Facts:
    random = Random(f"{seed}:{terms.symbol}:{day}:valuation")  # noqa: S311
    fair = fair_yield(seed, terms, day)
    facts: dict[str, object] = {
        "valuation_date": day,
        "symbol": terms.symbol,
        "name": terms.name_ko,
        "modified": False,
        **{f"{agency}_credit_grade": terms.rating for agency in AGENCIES},
    }
    yields, prices = list[Decimal](), list[Decimal]()
    for agency in AGENCIES:
        percent = Decimal(str(round(fair + _APART * random.uniform(-1, 1), 3)))
        yields.append(percent)
        prices.append(Decimal(str(terms.price(float(percent), day))).quantize(_CENT))
        facts |= {f"{agency}_yield_rate": percent.quantize(_THOUSANDTH), f"{agency}_price": prices[-1]}
    return facts | {
        "average_yield_rate": (sum(yields, Decimal(0)) / len(yields)).quantize(Decimal("0.00001")),
        "average_price": (sum(prices, Decimal(0)) / len(prices)).quantize(_CENT),
    }


VALUATIONS: Mapping[str, Callable[[World, Call], Answer]] = {"domestic_bond_avg_unit": valuations}
