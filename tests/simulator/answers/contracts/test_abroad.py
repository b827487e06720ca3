"""Contracts abroad: terms, hours and prices agree across the APIs, and with the rates and currencies of the world."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import cast

import pytest

from kis_mcp.simulator.market.instruments import Instrument, contracts
from kis_mcp.simulator.market.options import RATE
from kis_mcp.simulator.market.products import products
from tests.simulator.answers.test_every_api import Direct, record_of, rows_of
from tests.simulator.wire import ACCOUNT, MONDAY, simulator

CONTRACTS = [item for item in contracts().values() if item.category == "overseas_futureoption"]
FUTURES = [item for item in CONTRACTS if item.kind == "future"]
ABROAD = "/uapi/overseas-futureoption/v1/trading"
OVERSEAS = ACCOUNT | {"ACNT_PRDT_CD": "08"}


@pytest.fixture(scope="module")
def direct() -> Direct:
    return Direct()


def number(direct: Direct, tool: str, symbol: str, name: str) -> Decimal:
    return cast("Decimal", record_of(direct, tool, symbol=symbol)[name])


def test_there_are_futures_of_every_class_on_four_exchanges():
    assert {products()[item.sector].product_class for item in FUTURES} == {f"00{number}" for number in range(1, 8)}
    assert {item.listed_on.quote_code for item in FUTURES} == {"CME", "EUREX", "HKEx", "SGX"}
    assert {products()[item.sector].exchange == item.exchange for item in CONTRACTS} == {True}


@pytest.mark.parametrize("future", FUTURES, ids=lambda future: future.symbol)
def test_a_futures_terms_and_quote_agree(direct: Direct, future: Instrument):
    terms = record_of(direct, "overseas_fo_stock_detail", symbol=future.symbol)
    quote = record_of(direct, "overseas_fo_inquire_price", symbol=future.symbol)
    names = ("exchange_code", "currency", "tick_size", "margin", "previous_close", "expiry_date", "market_open_time")
    assert {name: terms[name] for name in names} == {name: quote[name] for name in names}
    tick, size = (cast("Decimal", terms[name]) for name in ("tick_size", "contract_size"))
    assert terms["tick_value"] == tick * size
    for name in ("price", "open", "high", "low", "bid_price", "ask_price"):
        assert cast("Decimal", quote[name]) % tick == 0
    days = rows_of(direct, "overseas_fo_daily_ccnl", "candles", symbol=future.symbol)
    assert (quote["price"], quote["volume"], quote["previous_close"]) == (
        days[-1]["close"],
        days[-1]["volume"],
        days[-2]["close"],
    )
    assert [day["date"] for day in days] == sorted(str(day["date"]) for day in days)


def test_the_hours_of_a_contract_are_those_of_its_product(direct: Direct):
    for exchange in ("cme", "eurex", "hkex", "sgx"):
        hours = rows_of(direct, "overseas_fo_market_time", "hours", exchange=exchange, kind="futures")
        products_there = {str(row["product_group_code"]): row for row in hours}
        listed = [item for item in FUTURES if item.exchange == exchange]
        assert set(products_there) == {item.sector for item in listed}
        for item in listed:
            terms = record_of(direct, "overseas_fo_stock_detail", symbol=item.symbol)
            row = products_there[item.sector]
            assert (terms["market_open_time"], terms["market_close_time"], terms["product_class_code"]) == (
                row["base_session_start_time"],
                row["base_session_end_time"],
                row["product_class_code"],
            )


def test_chicago_opens_at_seven_in_korea_in_summer_and_at_eight_in_winter():
    product = products()["ES"]
    summer, winter = (product.in_korea(product.whole, day) for day in (date(2026, 6, 15), date(2026, 12, 15)))
    assert [at.isoformat()[:16] for at in (*summer, *winter)] == [
        "2026-06-15T07:00",
        "2026-06-16T06:00",
        "2026-12-15T08:00",
        "2026-12-16T07:00",
    ]


def chains() -> list[list[Instrument]]:
    options = sorted(
        (i for i in CONTRACTS if i.kind != "future"), key=lambda i: (i.symbol.split()[0], i.strike, i.kind)
    )
    return [list(chain) for _, chain in groupby(options, key=lambda i: (i.symbol.split()[0], i.strike))]


@pytest.mark.parametrize("pair", chains(), ids=lambda pair: pair[0].symbol)
def test_a_call_less_its_put_is_the_future_less_the_strike(direct: Direct, pair: Sequence[Instrument]):
    call, put = pair
    named = call.symbol.split()[0][1:]
    future = number(direct, "overseas_fo_inquire_price", named, "price")
    prices = [number(direct, "overseas_fo_opt_price", option.symbol, "price") for option in (call, put)]
    left = cast("int", record_of(direct, "overseas_fo_opt_detail", symbol=call.symbol)["remaining_days"])
    discount = Decimal(2.718281828459045 ** (-RATE * left / 365))
    tick = call.price(call.tick(1))
    assert abs(prices[0] - prices[1] - discount * (future - call.strike)) <= tick


@pytest.mark.parametrize(
    ("future", "code", "sign"),
    [("6EZ26", "FX@EUR", 1), ("6JZ26", "FX@JPY", -1)],
)
def test_a_currency_moves_its_future(direct: Direct, future: str, code: str, sign: int):
    chart = rows_of(
        direct,
        "overseas_stock_inquire_daily_chartprice",
        "candles",
        symbol=code,
        start_date="2026-01-01",
        end_date="2026-06-12",
    )
    days = {day["trade_date"]: cast("Decimal", day["close"]) for day in chart}
    candles = {
        day["date"]: cast("Decimal", day["close"])
        for day in rows_of(direct, "overseas_fo_daily_ccnl", "candles", symbol=future)
    }
    both = sorted(str(day) for day in days.keys() & candles.keys())
    assert len(both) >= 20
    together = sorted(both, key=lambda day: days[day])
    assert sign * candles[together[-1]] > sign * candles[together[0]]


def order(symbol: str, quantity: int, side: str = "02") -> dict[str, str]:
    """An order at the market."""
    named = OVERSEAS | {"OVRS_FUTR_FX_PDNO": symbol, "SLL_BUY_DVSN_CD": side, "PRIC_DVSN_CD": "2"}
    named |= {"FM_LIMIT_ORD_PRIC": "", "FM_STOP_ORD_PRIC": "", "CCLD_CNDT_CD": "2", "CPLX_ORD_DVSN_CD": "0"}
    return named | {"ECIS_RSVN_ORD_YN": "N", "FM_HDGE_ORD_SCRN_YN": "N", "FM_ORD_QTY": str(quantity)}


async def test_the_margins_of_futures_and_options_make_the_whole():
    asked = OVERSEAS | {"CRCY_CD": "USD", "INQR_DT": MONDAY.strftime("%Y%m%d")}
    async with simulator() as (sim, wire, _demo):
        for symbol, side in (("MESZ26", "02"), ("OCLG27 C65", "02")):
            assert (await wire.post(f"{ABROAD}/order", "OTFM3001U", order(symbol, 1, side))).json()["rt_cd"] == "0"
        margins = (await wire.get(f"{ABROAD}/margin-detail", "OTFM3115R", asked)).json()["output"]
        funds = (await wire.get(f"{ABROAD}/inquire-deposit", "OTFM1411R", asked)).json()["output"]
        pages = {"CTX_AREA_FK100": "", "CTX_AREA_NK100": "", "FUOP_DVSN": "00"}
        held = (await wire.get(f"{ABROAD}/inquire-unpd", "OTFM1412R", OVERSEAS | pages)).json()["output"]
        future, option = sim.ledger.fills
    parts = [Decimal(margins[f"fm_{kind}_ustl_mgn_amt"]) for kind in ("futr", "buy_opt", "sll_opt")]
    assert parts == [(future.amount * Decimal("0.06")).quantize(Decimal("0.01")), option.amount, 0]
    assert sum(parts) == Decimal(margins["fm_ustl_mgn_amt"]) == Decimal(funds["fm_mntn_mgn_amt"])
    assert Decimal(margins["fm_gnrl_brkg_mgn_amt"]) == Decimal(funds["fm_brkg_mgn_amt"])
    assert Decimal(funds["fm_opt_evlu_amt"]) == sum(Decimal(row["fm_opt_evlu_amt"]) for row in held) > 0
    assert Decimal(funds["fm_opt_tr_chgs"]) == option.amount
    assert Decimal(funds["fm_add_mgn_amt"]) == Decimal(margins["fm_add_mgn_amt"]) == 0


async def test_a_position_in_hong_kong_is_held_and_paid_in_its_dollars():
    pages = {"CTX_AREA_FK100": "", "CTX_AREA_NK100": ""}
    async with simulator() as (sim, wire, _demo):
        receipt = (await wire.post(f"{ABROAD}/order", "OTFM3001U", order("MHIZ26", 2))).json()
        held = (await wire.get(f"{ABROAD}/inquire-unpd", "OTFM1412R", OVERSEAS | pages | {"FUOP_DVSN": "00"})).json()
        funds: dict[str, Decimal] = {}
        for currency in ("HKD", "USD", "TKR"):
            asked = OVERSEAS | {"CRCY_CD": currency, "INQR_DT": MONDAY.strftime("%Y%m%d")}
            answer = (await wire.get(f"{ABROAD}/inquire-deposit", "OTFM1411R", asked)).json()["output"]
            funds[currency] = Decimal(answer["fm_brkg_mgn_amt"])
        (fill,) = sim.ledger.fills
        hong_kong = sim.world.rates.for_one(contracts()["MHIZ26"].home, MONDAY.date())
    assert receipt["rt_cd"] == "0", receipt
    (position,) = held["output"]
    assert (position["ovrs_futr_fx_pdno"], position["crcy_cd"], position["fm_ustl_qty"]) == ("MHIZ26", "HKD", "2")
    assert funds["HKD"] == (fill.price * 10 * 2 * Decimal("0.08")).quantize(Decimal("0.01"))
    assert funds["USD"] == 0
    assert funds["TKR"] == (funds["HKD"] * hong_kong).quantize(Decimal("0.01"))
