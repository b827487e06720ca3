"""What is true of a future or an option abroad only: its exchange's terms and hours."""

from collections.abc import Mapping, Sequence

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


def terms_abroad(subject: Subject) -> Facts:
    """Terms and hours of a contract abroad, by readable name; nothing of others.

    A settlement price is of the day before, as KIS tells it. The day on which a delivery may first be announced is
    known of none: what pays cash has its last day there.
    """
    instrument, quote = subject.instrument, subject.quote
    product = products().get(instrument.sector)
    if product is None or instrument.category != "overseas_futureoption":
        return {}
    opens, closes = product.in_korea(product.whole, quote.day)
    is_alive = instrument.expiry is None or quote.day <= instrument.expiry
    session = subject.market.session(instrument, quote.day)
    last = subject.market.moment(instrument, subject.now).ticks - 1
    return {
        "exchange_code": instrument.listed_on.quote_code,
        "sub_exchange_name": product.sub_exchange,
        **({"product_class_code": product.product_class} if instrument.kind == "future" else {}),
        "price_display_base": _DECIMAL,
        "settlement_date": subject.market.calendar(instrument).before(quote.day),
        "market_open_date": opens.date(),
        "market_open_time": opens.timetz(),
        "market_close_date": closes.date(),
        "market_close_time": closes.timetz(),
        "trading_status_code": "1" if is_alive else "2",
        "final_settlement_type": "현금결제" if product.pays_cash else "실물인수도",
        "first_notice_date": instrument.expiry if product.pays_cash else None,
        "processing_date": quote.day,
        "processing_time": quote.at.timetz(),
        "trade_date": quote.day,
        "trade_volume": session.volume_at(last),
    }


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
