"""What is true of a future or an option abroad only: its exchange's terms and hours."""

from collections.abc import Callable, Mapping, Sequence, Set
from datetime import datetime
from functools import cached_property

from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.market.products import Hours, Product, products
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_DECIMAL = 10
_CLASSES: Mapping[str, str] = {
    "001": "통화",
    "002": "금리",
    "003": "지수",
    "004": "농산물",
    "005": "축산물",
    "006": "금속",
    "007": "에너지",
}


class _Contract:
    """A contract abroad with its product."""

    def __init__(self, subject: Subject, product: Product) -> None:
        self.subject, self.product = subject, product
        self.instrument, self.day = subject.instrument, subject.quote.day

    @cached_property
    def hours(self) -> tuple[datetime, datetime]:
        """Of its day, in Korean time."""
        return self.product.in_korea(self.product.whole, self.day)

    @property
    def last_volume(self) -> int:
        moment = self.subject.market.moment(self.instrument, self.subject.now)
        return self.subject.market.session(self.instrument, moment.day).volume_at(moment.ticks - 1)


_TERMS: Mapping[str, Callable[[_Contract], object]] = {
    "exchange_code": lambda c: c.instrument.listed_on.quote_code,
    "sub_exchange_name": lambda c: c.product.sub_exchange,
    "product_class_code": lambda c: c.product.product_class if c.instrument.kind == "future" else None,
    "price_display_base": lambda _: _DECIMAL,
    "settlement_date": lambda c: c.subject.market.calendar(c.instrument).before(c.day),
    "market_open_date": lambda c: c.hours[0].date(),
    "market_open_time": lambda c: c.hours[0].timetz(),
    "market_close_date": lambda c: c.hours[1].date(),
    "market_close_time": lambda c: c.hours[1].timetz(),
    "trading_status_code": lambda c: "1" if c.instrument.expiry is None or c.day <= c.instrument.expiry else "2",
    "final_settlement_type": lambda c: "현금결제" if c.product.pays_cash else "실물인수도",
    "first_notice_date": lambda c: c.instrument.expiry if c.product.pays_cash else None,
    "processing_date": lambda c: c.day,
    "processing_time": lambda c: c.subject.quote.at.timetz(),
    "trade_date": lambda c: c.day,
    "trade_volume": lambda c: c.last_volume,
}
"""A settlement price is of the day before, as KIS tells it. The day on which a delivery may first be announced is known
of none; what pays cash has its last day there. KIS numbers the classes of options otherwise than it says anywhere."""


def terms_abroad(subject: Subject, names: Set[str]) -> Facts:
    """Those of the named terms that a contract abroad has; nothing of others."""
    product = products().get(subject.instrument.sector)
    if product is None or subject.instrument.category != "overseas_futureoption":
        return {}
    contract = _Contract(subject, product)
    return {name: _TERMS[name](contract) for name in names & _TERMS.keys()}


def hours_abroad(world: World, call: Call) -> Answer:
    """When the products of an exchange trade, in Korean time of today: futures, and options where there are any."""
    kind, wanted = call.arguments.get("kind", "all"), call.arguments.get("product_class", "all")
    listed = world.market.instruments.values()
    with_options = {item.sector for item in listed if item.kind in ("call", "put")}
    rows: list[Facts] = []
    for product in products().values():
        if product.exchange == call.arguments["exchange"] and wanted in ("all", product.product_class):
            if kind in ("all", "futures"):
                rows.append(_hours_of(world, call, product, is_option=False))
            if kind in ("all", "options") and product.code in with_options:
                rows.append(_hours_of(world, call, product, is_option=True))
    return {"output": rows}


def _hours_of(world: World, call: Call, product: Product, *, is_option: bool) -> Facts:
    contract = next(item for item in world.market.instruments.values() if item.sector == product.code)
    day = world.market.moment(contract, call.now).day
    facts: dict[str, object] = {
        "product_group_code": f"O{product.code}" if is_option else product.code,
        "product_group_name": product.name_ko,
        "exchange_code": contract.listed_on.quote_code,
        "exchange_name": contract.listed_on.quote_code,
        "derivative_type_name": "옵션" if is_option else "선물",
        "product_class_code": product.product_class,
        "product_class_name": _CLASSES[product.product_class],
    }
    sessions: Sequence[tuple[str, Hours | None]] = (
        ("base", product.whole),
        ("morning", product.morning),
        ("afternoon", product.afternoon),
        ("next_day", product.night),
    )
    for name, hours in sessions:
        if hours is not None:
            opens, closes = product.in_korea(hours, day)
            facts |= {f"{name}_session_start_time": opens.timetz(), f"{name}_session_end_time": closes.timetz()}
    return facts
