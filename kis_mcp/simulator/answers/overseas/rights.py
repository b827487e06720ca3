"""Dividends of stocks abroad, and what KIS lends on."""

from datetime import date, timedelta
from decimal import Decimal

from kis_mcp.simulator.answers.overseas.places import listing
from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.subject import Facts
from kis_mcp.simulator.market.dividends_abroad import Payment, payments
from kis_mcp.simulator.market.holidays import trading_day
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_PERCENT = 100
_THREE_MONTHS = timedelta(days=91)
_CASH_DIVIDEND = "현금배당"
_LOAN_RATE, _KEPT_RATE = Decimal(50), Decimal(170)
"""Of collateral: what is lent on its value, and how much of a loan it has to be worth, in percent."""

_MOST_ROWS = 20


def period_rights(world: World, call: Call) -> Answer:
    """The dividends of all companies abroad with record dates in a range of days, as far as they are announced."""
    asked = call.arguments.get("event", "all") in ("all", "dividend")
    if not asked or call.arguments.get("date_type", "record_date") != "record_date":
        return {"output": []}
    start, end = call.day("start_date") or call.now.date(), call.day("end_date") or call.now.date()
    found = [(stock, payment) for stock in _stocks(world) for payment in _announced(world, call, stock, start, end)]
    found.sort(key=lambda pair: (pair[1].record_date, pair[0].symbol))
    return {"output": [_right(stock, payment) for stock, payment in found]}


def rights_of_stock(world: World, call: Call) -> Answer:
    """The dividends of a stock that were announced in a range of days; three months back and ahead by default."""
    stock = world.listed(call, call.text("SYMB"))
    today = call.now.date()
    start, end = call.day("start_date") or today - _THREE_MONTHS, call.day("end_date") or today + _THREE_MONTHS
    if stock.country != call.text("NCOD"):
        return {"output1": []}
    around = _announced(world, call, stock, start, end + _THREE_MONTHS)
    rows: list[Facts] = [
        {
            "announcement_date": payment.announced,
            "right_type_name": _CASH_DIVIDEND,
            "ex_dividend_date": payment.ex_date,
            "payment_date": payment.pay_date,
            "record_date": payment.record_date,
        }
        for payment in around
        if start <= payment.announced <= end
    ]
    return {"output1": rows}


def collateral(world: World, call: Call) -> Answer:
    """What KIS lends on: every stock and fund of a country, or one of them; twenty rows and how many there are."""
    listed = [item for item in world.market.instruments.values() if item.category == "overseas_stock"]
    there = [item for item in listed if item.home.code == call.text("NATN_CD")]
    chosen = [item for item in there if call.text("PDNO") in ("", item.symbol)]
    chosen.sort(key=lambda item: item.name_ko if call.text("INQR_SQN_DVSN") == "01" else item.symbol)
    rows = [
        {
            "symbol": item.symbol,
            "name": item.name_ko,
            "loan_rate": _LOAN_RATE,
            "collateral_maintenance_rate": _KEPT_RATE,
            "collateral_securing_rate": _KEPT_RATE,
            "loan_available": True,
            "market_name": item.listed_on.name_ko,
            "currency": item.currency,
            "country_name": item.home.name_ko,
            "exchange": listing(item)["ovrs_excg_cd"],
        }
        for item in chosen
    ]
    return {"output1": rows[:_MOST_ROWS], "output2": {"loanable_item_count": len(there)}}


def _stocks(world: World) -> list[Instrument]:
    return [item for item in world.market.instruments.values() if item.category == "overseas_stock"]


def _announced(world: World, call: Call, stock: Instrument, start: date, end: date) -> list[Payment]:
    today = call.now.astimezone(stock.timezone).date()
    return [p for p in payments(world.market.seed, stock, start, end) if p.announced <= today]


def _right(stock: Instrument, payment: Payment) -> Facts:
    """KIS counts the rate in percent of one unit of the currency. Korea's day is the one after the country's own."""
    return {
        "base_date": trading_day("KR", payment.record_date, 1),
        "event": "dividend",
        "symbol": stock.symbol,
        "name": f"[{stock.symbol}]{stock.name_en}",
        "product_type_code": stock.listed_on.product_code,
        "local_base_date": payment.record_date,
        "cash_allotment_rate": payment.cash * _PERCENT,
        "stock_allotment_rate": Decimal(0),
        "currency": stock.currency,
        "allotment_fx_price": payment.cash,
        "foreign_dividend_per_share_2": Decimal(0),
        "foreign_dividend_per_share_3": Decimal(0),
        "foreign_dividend_per_share_4": Decimal(0),
        "confirmed": True,
    }
