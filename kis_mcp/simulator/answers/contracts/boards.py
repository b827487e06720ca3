"""Boards of Korean futures and options: what is listed on a day, side by side."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from kis_mcp.catalog import Block
from kis_mcp.simulator.answers.contracts.charts import minute_chart
from kis_mcp.simulator.answers.contracts.facts import contract_facts
from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.facts import FactSheet
from kis_mcp.simulator.answers.quotes.quotations import record
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject, direction
from kis_mcp.simulator.answers.quotes.subjects import subject_of
from kis_mcp.simulator.engine.costs import margin
from kis_mcp.simulator.market.calendar import TICK_SECONDS
from kis_mcp.simulator.market.chains import Product, chain, product_of, products
from kis_mcp.simulator.market.futures import FutureHistory
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_KINDS = {"calls": "call", "puts": "put"}
_MOST_OPTIONS = 100
_MOST_STEPS = 46
AUCTION = timedelta(minutes=15)
"""How long orders are collected before the open."""

_MIDNIGHT = time(0)
_EXCHANGES_RATE = Decimal("1.5")
"""A customer's margin rate is one and a half times what the exchange asks of its members."""

_NO_AUCTION: Facts = {
    "expected_price": Decimal("0.00"),
    "expected_change": Decimal("0.00"),
    "expected_change_rate": Decimal("0.00"),
}
"""KIS says 0 while no auction is on."""


def futures(world: World, call: Call) -> Answer:
    """Every listed month of a product."""
    product = _product(call)
    (block,) = call.api.blocks
    contracts = chain(product, "future", _today(world, call)) if product else ()
    return {block.key: [_row(world, call, block, contract) for contract in contracts]}


def options(world: World, call: Call) -> Answer:
    """The calls and puts of one month, from the highest strike down."""
    product, month = _product(call), call.arguments.get("expiry", "")
    answer: dict[str, object] = {}
    for block in call.api.blocks:
        listed = chain(product, _KINDS[block.name], _today(world, call)) if product else ()
        asked = [option for option in listed if option.expiry and f"{option.expiry:%Y%m}" == month]
        answer[block.key] = [_row(world, call, block, option) for option in reversed(asked[-_MOST_OPTIONS:])]
    return answer


def option_months(world: World, call: Call) -> Answer:
    """The months that options on KOSPI 200 are listed for, the nearest first."""
    months = products()["01"].listed_months("call", _today(world, call))
    rows = [
        {"maturity_month_code": f"{year}{month:02}", "maturity_month": date(year, month, 1)} for year, month in months
    ]
    return {"output1": rows}


def top(world: World, call: Call) -> Answer:
    """A future with its underlying, and the days left of each listed month of its product."""
    subject = _future(world, call)
    if subject is None:
        return {}
    product, day = product_of(subject.instrument), subject.quote.day
    assert product is not None
    head, *_ = call.api.blocks
    left = [(contract.expiry - day).days for contract in chain(product, "future", day) if contract.expiry]
    return {head.key: record(head, subject), "output2": [{"remaining_days": days} for days in left]}


def expected_prices(world: World, call: Call) -> Answer:
    """The opening auction's price as it was expected until the market opened, newest first.

    A market that never closes opens at midnight without an auction: there is one row, of its opening price.
    """
    subject = subject_of(world, call)
    if subject is None:
        return {}
    head: Facts = {"name": subject.instrument.name_ko, "base_price": subject.quote.previous_close, **_NO_AUCTION}
    steps = expected_openings(subject)[::-1]
    return {"output1": head, "output2": [step_facts(subject, at, price) for at, price in steps[:_MOST_STEPS]]}


def margin_rates(world: World, call: Call) -> Answer:
    """The margin of the nearest future on each underlying, by its price before a day."""
    today = _today(world, call)
    day = min(call.day("date") or today, today)
    return {"output": [_margin(world, product, day) for product in products().values()]}


def _margin(world: World, product: Product, day: date) -> Facts:
    future = chain(product, "future", day)[0]
    history = world.market.history(future)
    assert isinstance(history, FutureHistory)
    base = history.spot.bar(world.market.calendar(future).before(day))
    rate, close = future.margin_rate * 100, future.price(history.previous_close(day))
    return {
        "underlying_name": product.underlying,
        "customer_margin_rate": rate,
        "trading_margin_rate": (rate / _EXCHANGES_RATE).quantize(Decimal("0.00000001")),
        "underlying_price": base and Decimal(str(round(base.close, 2))),
        "trading_multiplier": product.multiplier,
        "futures_margin_per_contract": margin(future, close * product.multiplier),
    }


def expected_openings(subject: Subject) -> Sequence[tuple[datetime, Decimal]]:
    """What the day's opening price was expected to be, and when: from yesterday's close nearer and nearer to it."""
    calendar, quote = subject.market.calendar(subject.instrument), subject.quote
    opening = calendar.time_of(quote.day, 0)
    count = int(AUCTION.total_seconds()) // TICK_SECONDS if opening.time() != _MIDNIGHT else 0
    tick = quote.tick
    steps: list[tuple[datetime, Decimal]] = []
    for left in range(count, -1, -1):
        done = Decimal(count - left) / count if count else Decimal(1)
        price = quote.previous_close + (quote.open - quote.previous_close) * done
        price = quote.open if left == 0 else (price / tick).quantize(Decimal(1)) * tick
        steps.append((opening - timedelta(seconds=left * TICK_SECONDS), price))
    return steps


def step_facts(subject: Subject, at: datetime, price: Decimal) -> Facts:
    """One price that was expected."""
    change = price - subject.quote.previous_close
    return {
        "time": at.timetz(),
        "trade_time": at.timetz(),
        "expected_price": price,
        "expected_change": change,
        "expected_change_rate": percent(change, subject.quote.previous_close),
        "expected_price_direction": direction(change),
    }


def _row(world: World, call: Call, block: Block, contract: Instrument) -> Facts:
    subject = Subject(world.market, contract, call.now)
    return FactSheet(subject, {**contract_facts(subject, {field.name for field in block.fields}), **_NO_AUCTION})


def _future(world: World, call: Call) -> Subject | None:
    subject = subject_of(world, call)
    return subject if subject and subject.instrument.kind == "future" else None


def _product(call: Call) -> Product | None:
    """The product that a board is of; None of weekly options, which the world does not have."""
    sector = call.arguments.get("product", "kospi200")
    return next((product for product in products().values() if product.sector == sector), None)


def _today(world: World, call: Call) -> date:
    """The trading day of the Korean market."""
    future = chain(products()["01"], "future", call.now.date())[0]
    return world.market.moment(future, call.now).day


BOARDS: Mapping[str, Callable[[World, Call], Answer]] = {
    "domestic_fo_display_board_futures": futures,
    "domestic_fo_display_board_callput": options,
    "domestic_fo_display_board_option_list": option_months,
    "domestic_fo_display_board_top": top,
    "domestic_fo_exp_price_trend": expected_prices,
    "domestic_fo_margin_rate": margin_rates,
    "domestic_fo_inquire_time_fuopchartprice": minute_chart,
}
