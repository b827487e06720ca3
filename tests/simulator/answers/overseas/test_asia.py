"""Stocks of Hong Kong, China, Japan and Vietnam: their quotes, orders, currencies and costs."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kis_mcp.simulator.engine.model import Account
from kis_mcp.simulator.state import StateStore
from tests.simulator.wire import ACCOUNT, MONDAY, Wire, simulator

PRICES, TRADING = "/uapi/overseas-price/v1/quotations", "/uapi/overseas-stock/v1/trading"
PAGE = {"CTX_AREA_FK200": "", "CTX_AREA_NK200": ""}
DEPOSIT, BOUGHT, SOLD = "frcr_dncl_amt_2", "frcr_buy_amt_smtl", "frcr_sll_amt_smtl"
TODAY = MONDAY.strftime("%Y%m%d")

PLACES = [
    ("00700", "HKS", "SEHK", "TTTS1002U", "HKD", 100, 1),
    ("600519", "SHS", "SHAA", "TTTS0202U", "CNY", 100, 1),
    ("002594", "SZS", "SZAA", "TTTS0305U", "CNY", 100, 1),
    ("7203", "TSE", "TKSE", "TTTS0308U", "JPY", 100, 100),
    ("PVS", "HNX", "HASE", "TTTS0311U", "VND", 100, 100),
    ("VNM", "HSX", "VNSE", "TTTS0311U", "VND", 100, 100),
]


async def detail(wire: Wire, symbol: str, exchange: str) -> Mapping[str, str]:
    elements = {"AUTH": "", "EXCD": exchange, "SYMB": symbol}
    return (await wire.get(f"{PRICES}/price-detail", "HHDFS76200200", elements)).json()["output"]


async def buy(wire: Wire, symbol: str, exchange: str, tr_id: str, quantity: int, price: str) -> Any:
    order = {"PDNO": symbol, "OVRS_EXCG_CD": exchange, "ORD_QTY": str(quantity), "OVRS_ORD_UNPR": price}
    others = {"SLL_TYPE": "", "ORD_DVSN": "00", "ORD_SVR_DVSN_CD": "0"}
    return (await wire.post(f"{TRADING}/order", tr_id, ACCOUNT | order | others)).json()


async def power(wire: Wire, symbol: str, exchange: str, price: str) -> Mapping[str, str]:
    elements = ACCOUNT | {"OVRS_EXCG_CD": exchange, "ITEM_CD": symbol, "OVRS_ORD_UNPR": price}
    return (await wire.get(f"{TRADING}/inquire-psamount", "TTTS3007R", elements)).json()["output"]


async def balance(wire: Wire, exchange: str, currency: str) -> list[dict[str, str]]:
    elements = ACCOUNT | PAGE | {"OVRS_EXCG_CD": exchange, "TR_CRCY_CD": currency}
    return (await wire.get(f"{TRADING}/inquire-balance", "TTTS3012R", elements)).json()["output1"]


async def present(wire: Wire, country: str = "000", market: str = "00") -> Any:
    elements = ACCOUNT | {"WCRC_FRCR_DVSN_CD": "02", "NATN_CD": country, "TR_MKET_CD": market, "INQR_DVSN_CD": "00"}
    return (await wire.get(f"{TRADING}/inquire-present-balance", "CTRP6504R", elements)).json()


async def won(wire: Wire, currency: str, units: int) -> Decimal:
    """What so many units of a currency were worth when the day began, by the charts of exchange rates; two decimals."""
    first: list[Decimal] = []
    for code in ("FX@KRW", f"FX@{currency}"):
        elements = {"FID_COND_MRKT_DIV_CODE": "X", "FID_INPUT_ISCD": code, "FID_PERIOD_DIV_CODE": "D"}
        elements |= {"FID_INPUT_DATE_1": TODAY, "FID_INPUT_DATE_2": TODAY}
        reply = await wire.get(f"{PRICES}/inquire-daily-chartprice", "FHKST03030100", elements)
        (day,) = reply.json()["output2"]
        first.append(Decimal(day["ovrs_nmix_oprc"]))
    return (first[0] / first[1] * units).quantize(Decimal("0.01"))


@pytest.mark.parametrize(("symbol", "quoted", "exchange", "tr_id", "currency", "lot", "units"), PLACES)
async def test_a_stock_is_quoted_bought_held_and_paid_in_its_currency(
    symbol: str, quoted: str, exchange: str, tr_id: str, currency: str, lot: int, units: int
):
    async with simulator() as (sim, wire, _demo):
        rate = await won(wire, currency, units) / units
        quote = await detail(wire, symbol, quoted)
        price = Decimal(quote["last"]) + 3 * Decimal(quote["e_hogau"])
        before = await power(wire, symbol, exchange, str(price))
        receipt = await buy(wire, symbol, exchange, tr_id, lot, str(price))
        after = await power(wire, symbol, exchange, str(price))
        (position,) = await balance(wire, exchange, currency)
        elsewhere = await balance(wire, exchange, "USD")
        fill = sim.ledger.fills[-1]
        everywhere = await present(wire)
    assert (quote["curr"], quote["vnit"]) == (currency, str(lot))
    assert abs(Decimal(quote["t_xprc"]) - Decimal(quote["last"]) * rate) <= Decimal("0.5")
    assert (before["tr_crcy_cd"], Decimal(before["exrt"])) == (currency, rate)
    assert int(before["max_ord_psbl_qty"]) % lot == 0
    assert int(before["max_ord_psbl_qty"]) >= lot
    assert receipt["rt_cd"] == "0", receipt
    spent = Decimal(before["ord_psbl_frcr_amt"]) - Decimal(after["ord_psbl_frcr_amt"])
    assert spent == fill.amount + fill.commission + fill.tax
    assert (position["ovrs_pdno"], position["ovrs_cblc_qty"]) == (symbol, str(lot))
    assert (position["ovrs_excg_cd"], position["tr_crcy_cd"]) == (exchange, currency)
    assert elsewhere == []
    (held,) = everywhere["output1"]
    assert Decimal(held["bass_exrt"]) / int(held["unit_amt"]) == rate
    purses = {row["crcy_cd"]: row for row in everywhere["output2"]}
    assert list(purses) == ["USD", "HKD", "CNY", "JPY", "VND"]
    purse = {name: Decimal(purses[currency][name]) for name in (DEPOSIT, BOUGHT, SOLD)}
    assert purse == {DEPOSIT: Decimal(before["ord_psbl_frcr_amt"]), BOUGHT: spent, SOLD: 0}
    assert Decimal(everywhere["output3"]["evlu_amt_smtl"]) == (Decimal(held["frcr_evlu_amt2"]) * rate).quantize(
        Decimal(1)
    )


async def test_what_is_not_settled_yet_is_in_the_sums_in_won_and_by_currency_alike():
    async with simulator() as (_, wire, _demo):
        for symbol, quoted, exchange, tr_id, _currency, lot, _units in PLACES[:2]:
            quote = await detail(wire, symbol, quoted)
            await buy(wire, symbol, exchange, tr_id, lot, str(Decimal(quote["last"]) + 3 * Decimal(quote["e_hogau"])))
        everywhere = await present(wire)
        margins = (await wire.get(f"{TRADING}/foreign-margin", "TTTC2101R", ACCOUNT)).json()["output"]
    sums = everywhere["output3"]
    bought = sum((Decimal(row["ustl_buy_amt"]) * Decimal(row["bass_exrt"]) for row in margins[:3]), Decimal(0))
    assert bought > 0
    assert abs(Decimal(sums["ustl_buy_amt_smtl"]) - bought) <= 1
    assert Decimal(sums["ustl_sll_amt_smtl"]) == sum(Decimal(row["ustl_sll_amt"]) for row in margins) == 0
    assert sums["mgna_tota"] == sums["buy_mgn_amt"]
    assert {row["loan_rmnd"] for row in everywhere["output1"]} == {"0"}


async def test_the_total_is_of_the_deposits_with_the_days_trades_and_of_the_holdings():
    async with simulator() as (_, wire, _demo):
        for symbol, quoted, exchange, tr_id, _currency, lot, _units in PLACES[:4]:
            quote = await detail(wire, symbol, quoted)
            await buy(wire, symbol, exchange, tr_id, lot, str(Decimal(quote["last"]) + 3 * Decimal(quote["e_hogau"])))
        everywhere = await present(wire)
    sums = {name: Decimal(sums) for name, sums in everywhere["output3"].items() if sums}
    money = sum(
        (Decimal(row[DEPOSIT]) - Decimal(row[BOUGHT]) + Decimal(row[SOLD]))
        * Decimal(row["frst_bltn_exrt"])
        / {"JPY": 100, "VND": 100}.get(row["crcy_cd"], 1)
        for row in everywhere["output2"]
    )
    assert abs(sums["tot_asst_amt"] - sums["tot_dncl_amt"] - sums["evlu_amt_smtl"] - money) <= 5


async def test_hong_kong_taxes_buys_and_the_others_do_not():
    async with simulator() as (sim, wire, _demo):
        for symbol, quoted, exchange, tr_id, _currency, lot, _units in PLACES:
            quote = await detail(wire, symbol, quoted)
            await buy(wire, symbol, exchange, tr_id, lot, str(Decimal(quote["last"]) + 3 * Decimal(quote["e_hogau"])))
        taxed = {fill.symbol for fill in sim.ledger.fills if fill.tax}
        days = {fill.symbol: (fill.settles_on - fill.day).days for fill in sim.ledger.fills}
    assert taxed == {"00700"}
    assert days == {"00700": 2, "600519": 1, "002594": 1, "7203": 2, "PVS": 2, "VNM": 2}


@pytest.mark.parametrize(
    ("symbol", "exchange", "tr_id", "quantity", "price", "code"),
    [
        ("00005", "SEHK", "TTTS1002U", 100, "100", "OPSQ2001"),
        ("7203", "TKSE", "TTTS0308U", 10, "3000", "OPSQ2001"),
        ("7203", "TKSE", "TTTS0308U", 100, "3333.5", "APBK0506"),
        ("7203", "TKSE", "TTTS0308U", 100, "300", "APBK0507"),
        ("VNM", "VNSE", "TTTS0311U", 100, "60550", "APBK0506"),
        ("VNM", "HASE", "TTTS0311U", 100, "60500", "APBK0656"),
        ("600519", "SHAA", "TTTS0305U", 100, "1460", "APBK0656"),
        ("IBM", "NYSE", "TTTS1002U", 1, "100", "APBK0656"),
        ("00700", "SEHK", "TTTS1002U", 10_000, "600", "APBK0952"),
    ],
)
async def test_an_order_keeps_to_lot_tick_limit_exchange_tr_id_and_cash(
    symbol: str, exchange: str, tr_id: str, quantity: int, price: str, code: str
):
    async with simulator() as (sim, wire, _demo):
        assert (await buy(wire, symbol, exchange, tr_id, quantity, price))["msg_cd"] == code
        assert sim.ledger.orders == []


@pytest.mark.parametrize("symbol", ["IBM", "SPY", "AAPL"])
async def test_all_us_exchanges_share_a_tr_id(symbol: str):
    exchange = {"IBM": "NYSE", "SPY": "AMEX", "AAPL": "NASD"}[symbol]
    async with simulator() as (_, wire, _demo):
        assert (await buy(wire, symbol, exchange, "TTTT1002U", 1, "10"))["rt_cd"] == "0"


async def test_open_orders_and_balances_are_those_of_the_exchange_that_is_asked_for():
    async with simulator() as (_, wire, _demo):
        await buy(wire, "00700", "SEHK", "TTTS1002U", 100, "100")
        await buy(wire, "IBM", "NYSE", "TTTT1002U", 1, "10")
        rows: dict[str, list[str]] = {}
        for exchange in ("SEHK", "NASD", "TKSE"):
            elements = ACCOUNT | PAGE | {"OVRS_EXCG_CD": exchange, "SORT_SQN": "DS"}
            found = (await wire.get(f"{TRADING}/inquire-nccs", "TTTS3018R", elements)).json()["output"]
            rows[exchange] = [row["pdno"] for row in found]
        margins = (await wire.get(f"{TRADING}/foreign-margin", "TTTC2101R", ACCOUNT)).json()["output"]
        japan = await present(wire, "392", "01")
        yen = await won(wire, "JPY", 100)
    assert rows == {"SEHK": ["00700"], "NASD": ["IBM"], "TKSE": []}
    used = {row["crcy_cd"]: Decimal(row["frcr_mgn_amt"]) for row in margins}
    assert used == {"USD": Decimal("10.03"), "HKD": 10_040, "CNY": 0, "JPY": 0, "VND": 0}
    assert {row["crcy_cd"]: Decimal(row["bass_exrt"]) for row in margins}["JPY"] == yen
    assert [row["crcy_cd"] for row in japan["output2"]] == ["JPY"]


async def test_an_asian_reservation_is_listed_among_the_asian_ones_and_taken_back_by_the_api_that_booked_it():
    async with simulator() as (sim, wire, _demo):
        low = (await detail(wire, "7203", "TSE"))["dnlp"]
        order = ACCOUNT | {"PDNO": "7203", "OVRS_EXCG_CD": "TKSE", "PRDT_TYPE_CD": "515", "SLL_BUY_DVSN_CD": "02"}
        order |= {"FT_ORD_QTY": "100", "FT_ORD_UNPR3": low, "ORD_DVSN": "00", "ORD_SVR_DVSN_CD": "0"}
        booked = await wire.post(f"{TRADING}/order-resv", "TTTS3013U", order | {"RVSE_CNCL_DVSN_CD": "00"})
        number = booked.json()["output"]["OVRS_RSVN_ODNO"]
        days = {"INQR_STRT_DT": TODAY, "INQR_END_DT": TODAY, "INQR_DVSN_CD": "00"}
        asked = ACCOUNT | PAGE | days | {"PRDT_TYPE_CD": "", "OVRS_EXCG_CD": ""}
        asia = (await wire.get(f"{TRADING}/order-resv-list", "TTTS3014R", asked)).json()["output"]
        america = (await wire.get(f"{TRADING}/order-resv-list", "TTTT3039R", asked)).json()["output"]
        cancel = order | {"RVSE_CNCL_DVSN_CD": "02", "OVRS_RSVN_ODNO": number, "RSVN_ORD_RCIT_DT": TODAY}
        reply = (await wire.post(f"{TRADING}/order-resv", "TTTS3013U", cancel)).json()
        again = (await wire.post(f"{TRADING}/order-resv", "TTTS3013U", cancel)).json()
        assert sim.ledger.orders == []
    assert [(row["pdno"], row["ovrs_rsvn_odno"], row["ovrs_excg_cd"]) for row in asia] == [("7203", number, "TKSE")]
    assert america == []
    assert (reply["rt_cd"], again["msg_cd"]) == ("0", "APBK0927")


async def test_an_account_from_before_asia_gets_its_currencies(tmp_path: Path):
    path = tmp_path / "state.db"
    async with simulator(state_path=path) as (sim, wire, _demo):
        await power(wire, "AAPL", "NASD", "100")
        (owner,) = {account.owner for account in sim.world.books.accounts.values()}
    store = StateStore(path)
    key = f"real:{ACCOUNT['CANO']}-{ACCOUNT['ACNT_PRDT_CD']}"
    store.save([(key, Account(key, owner, {"KRW": Decimal(5), "USD": Decimal(7)}))])
    store.close()
    async with simulator(state_path=path) as (_, wire, _demo):
        dollars, yen = await power(wire, "AAPL", "NASD", "1"), await power(wire, "7203", "TKSE", "3000")
    assert (dollars["ord_psbl_frcr_amt"], yen["ord_psbl_frcr_amt"]) == ("7.00", "5000000.00")
