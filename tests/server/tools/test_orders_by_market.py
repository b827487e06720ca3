"""Every market and session through the core order tools: placed, shown, changed and cancelled, as KIS received it."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from mcp import Client

from kis_mcp.simulator import Simulator
from tests.client import blocks, connected, error, settings_for

STOCK = "/uapi/domestic-stock/v1/trading"
ABROAD = "/uapi/overseas-stock/v1/trading"
CONTRACT = "/uapi/domestic-futureoption/v1/trading"
CONTRACT_ABROAD = "/uapi/overseas-futureoption/v1/trading"
BOND = "/uapi/domestic-bond/v1/trading"

KOREAN = {"symbol": "005930", "side": "buy", "quantity": 3, "price": 60_000}
AMERICAN = {"symbol": "AAPL", "side": "buy", "quantity": 3, "price": 100}
FUTURE = {"symbol": "101W12", "side": "buy", "quantity": 2, "price": 330.05}
FUTURE_ABROAD = {"symbol": "ESZ26", "side": "buy", "quantity": 2, "price": 5000}
HONGKONG = {"market": "hk", "symbol": "00700", "side": "buy", "quantity": 100, "price": 400}
TOKYO = {"market": "jp", "symbol": "7203", "side": "buy", "quantity": 100, "price": 3000}
SHANGHAI = {"exchange": "shanghai", "symbol": "600519", "side": "buy", "quantity": 100, "price": 1400}
HO_CHI_MINH = {"exchange": "ho_chi_minh", "symbol": "VNM", "side": "buy", "quantity": 100, "price": 61_000}
BONDS = {"symbol": "KR6095572D81", "side": "buy", "quantity": 10, "price": 10_000}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One market and session.

    Attributes:
        order: What place_order is asked.
        path, sent: Where the order goes, and what KIS gets there among the rest.
        where: How the order is named to modify_order and cancel_order, beside its number.
        listed: What get_orders says of it.
        change: What modify_order is asked; None where KIS only cancels.
        change_path, changed, cancelled: Where changes go, and what KIS gets.
        cancel_path: Where cancels go, if elsewhere.
        tr_id, change_tr_id: What KIS gets them under, where that tells the exchange.
    """

    order: dict[str, Any]
    path: str
    sent: dict[str, str]
    where: dict[str, Any]
    listed: dict[str, Any]
    change: dict[str, Any] | None = None
    change_path: str
    changed: dict[str, str] = field(default_factory=dict)
    cancelled: dict[str, str]
    cancel_path: str | None = None
    tr_id: str | None = None
    change_tr_id: str | None = None


CASES = {
    "korean stock": Case(
        order=KOREAN,
        path=f"{STOCK}/order-cash",
        sent={"PDNO": "005930", "ORD_QTY": "3", "ORD_UNPR": "60000", "EXCG_ID_DVSN_CD": "KRX"},
        where={},
        listed={"market": "KR", "exchange": "krx", "order_type": "limit"},
        change={"price": 60_100},
        change_path=f"{STOCK}/order-rvsecncl",
        changed={"RVSE_CNCL_DVSN_CD": "01", "ORD_UNPR": "60100", "QTY_ALL_ORD_YN": "Y", "EXCG_ID_DVSN_CD": "KRX"},
        cancelled={"RVSE_CNCL_DVSN_CD": "02", "QTY_ALL_ORD_YN": "Y"},
    ),
    "korean stock on credit": Case(
        order={**KOREAN, "credit_type": "broker_margin_open"},
        path=f"{STOCK}/order-credit",
        sent={"PDNO": "005930", "CRDT_TYPE": "21", "LOAN_DT": "20260304"},
        where={},
        listed={"market": "KR"},
        change={"price": 60_100},
        change_path=f"{STOCK}/order-rvsecncl",
        changed={"ORD_UNPR": "60100"},
        cancelled={"RVSE_CNCL_DVSN_CD": "02"},
    ),
    "reserved korean stock": Case(
        order={**KOREAN, "session": "reserved"},
        path=f"{STOCK}/order-resv",
        sent={"PDNO": "005930", "SLL_BUY_DVSN_CD": "02", "ORD_OBJT_CBLC_DVSN_CD": "10", "ORD_DVSN_CD": "00"},
        where={"session": "reserved"},
        listed={"market": "KR", "session": "reserved"},
        change={"price": 60_100, "credit_type": "cash"},
        change_path=f"{STOCK}/order-resv-rvsecncl",
        changed={"PDNO": "005930", "ORD_QTY": "3", "ORD_UNPR": "60100", "SLL_BUY_DVSN_CD": "02"},
        cancelled={"PDNO": "", "ORD_QTY": "", "SLL_BUY_DVSN_CD": ""},
    ),
    "us stock": Case(
        order=AMERICAN,
        path=f"{ABROAD}/order",
        sent={"PDNO": "AAPL", "OVRS_EXCG_CD": "NASD", "ORD_DVSN": "00"},
        where={"market": "us"},
        listed={"market": "US", "exchange": "nasdaq"},
        change={"price": 101},
        change_path=f"{ABROAD}/order-rvsecncl",
        changed={"PDNO": "AAPL", "OVRS_EXCG_CD": "NASD", "OVRS_ORD_UNPR": "101", "ORD_QTY": "3"},
        cancelled={"RVSE_CNCL_DVSN_CD": "02", "ORD_QTY": "3"},
    ),
    "us stock spread over time": Case(
        order={
            **AMERICAN,
            "order_type": "twap",
            "algo_period": "between_times",
            "start_time": "23:40",
            "end_time": "23:59",
        },
        path=f"{ABROAD}/order",
        sent={"ORD_DVSN": "35", "ALGO_ORD_TMD_DVSN_CD": "00", "START_TIME": "234000", "END_TIME": "235900"},
        where={"market": "us"},
        listed={"market": "US"},
        change_path=f"{ABROAD}/order-rvsecncl",
        cancelled={"PDNO": "AAPL"},
    ),
    "us stock in the daytime": Case(
        order={**AMERICAN, "session": "daytime"},
        path=f"{ABROAD}/daytime-order",
        sent={"PDNO": "AAPL", "ORD_DVSN": "00"},
        where={"market": "us", "session": "daytime"},
        listed={"market": "US"},
        change={"price": 101},
        change_path=f"{ABROAD}/daytime-order-rvsecncl",
        changed={"OVRS_ORD_UNPR": "101"},
        cancelled={"RVSE_CNCL_DVSN_CD": "02"},
    ),
    "reserved us stock": Case(
        order={**AMERICAN, "session": "reserved"},
        path=f"{ABROAD}/order-resv",
        sent={"PDNO": "AAPL", "OVRS_EXCG_CD": "NASD", "FT_ORD_QTY": "3", "FT_ORD_UNPR3": "100"},
        where={"market": "us", "session": "reserved"},
        listed={"market": "US", "session": "reserved"},
        change_path=f"{ABROAD}/order-resv-ccnl",
        cancelled={"RSVN_ORD_RCIT_DT": "20260304"},
    ),
    "hong kong stock": Case(
        order=HONGKONG,
        path=f"{ABROAD}/order",
        tr_id="TTTS1002U",
        sent={"PDNO": "00700", "OVRS_EXCG_CD": "SEHK", "ORD_QTY": "100", "OVRS_ORD_UNPR": "400"},
        where={"market": "hk"},
        listed={"market": "HK", "exchange": "hong_kong", "currency": "HKD"},
        change={"price": 400.2},
        change_path=f"{ABROAD}/order-rvsecncl",
        change_tr_id="TTTS1003U",
        changed={"RVSE_CNCL_DVSN_CD": "01", "OVRS_EXCG_CD": "SEHK", "OVRS_ORD_UNPR": "400.2", "ORD_QTY": "100"},
        cancelled={"RVSE_CNCL_DVSN_CD": "02", "OVRS_EXCG_CD": "SEHK", "ORD_QTY": "100"},
    ),
    "tokyo stock": Case(
        order=TOKYO,
        path=f"{ABROAD}/order",
        tr_id="TTTS0308U",
        sent={"PDNO": "7203", "OVRS_EXCG_CD": "TKSE", "OVRS_ORD_UNPR": "3000"},
        where={"market": "jp"},
        listed={"market": "JP", "exchange": "tokyo", "currency": "JPY"},
        change={"price": 2999.5},
        change_path=f"{ABROAD}/order-rvsecncl",
        change_tr_id="TTTS0309U",
        changed={"PDNO": "7203", "OVRS_EXCG_CD": "TKSE", "OVRS_ORD_UNPR": "2999.5"},
        cancelled={"RVSE_CNCL_DVSN_CD": "02", "OVRS_EXCG_CD": "TKSE"},
    ),
    "shanghai stock": Case(
        order=SHANGHAI,
        path=f"{ABROAD}/order",
        tr_id="TTTS0202U",
        sent={"PDNO": "600519", "OVRS_EXCG_CD": "SHAA"},
        where={"market": "cn"},
        listed={"market": "CN", "exchange": "shanghai", "currency": "CNY"},
        change_path=f"{ABROAD}/order-rvsecncl",
        change_tr_id="TTTS0302U",
        cancelled={"RVSE_CNCL_DVSN_CD": "02", "PDNO": "600519", "OVRS_EXCG_CD": "SHAA"},
    ),
    "ho chi minh stock": Case(
        order=HO_CHI_MINH,
        path=f"{ABROAD}/order",
        tr_id="TTTS0311U",
        sent={"PDNO": "VNM", "OVRS_EXCG_CD": "VNSE"},
        where={"market": "vn"},
        listed={"market": "VN", "exchange": "ho_chi_minh", "currency": "VND"},
        change_path=f"{ABROAD}/order-rvsecncl",
        change_tr_id="TTTS0312U",
        cancelled={"RVSE_CNCL_DVSN_CD": "02", "PDNO": "VNM", "OVRS_EXCG_CD": "VNSE"},
    ),
    "reserved hong kong stock": Case(
        order={**HONGKONG, "session": "reserved"},
        path=f"{ABROAD}/order-resv",
        tr_id="TTTS3013U",
        sent={"PDNO": "00700", "OVRS_EXCG_CD": "SEHK", "PRDT_TYPE_CD": "501", "RVSE_CNCL_DVSN_CD": "00"},
        where={"market": "hk", "session": "reserved"},
        listed={"market": "HK", "exchange": "hong_kong", "session": "reserved"},
        change_path=f"{ABROAD}/order-resv",
        change_tr_id="TTTS3013U",
        cancelled={"RVSE_CNCL_DVSN_CD": "02", "RSVN_ORD_RCIT_DT": "20260304", "PDNO": "00700"},
    ),
    "krx future": Case(
        order={**FUTURE, "market": "domestic_futureoption"},
        path=f"{CONTRACT}/order",
        sent={"SHTN_PDNO": "101W12", "SLL_BUY_DVSN_CD": "02", "ORD_QTY": "2", "UNIT_PRICE": "330.05"},
        where={"market": "domestic_futureoption"},
        listed={"market": "domestic_futureoption", "order_type": "limit"},
        change={"price": 330.1},
        change_path=f"{CONTRACT}/order-rvsecncl",
        changed={"UNIT_PRICE": "330.1", "ORD_QTY": "0", "RMN_QTY_YN": "Y", "FUOP_ITEM_DVSN_CD": ""},
        cancelled={"RVSE_CNCL_DVSN_CD": "02", "RMN_QTY_YN": "Y", "ORD_DVSN_CD": "01"},
    ),
    "krx option at night": Case(
        order={"symbol": "301W12350", "side": "buy", "quantity": 2, "price": 4.5, "session": "night"},
        path=f"{CONTRACT}/order",
        sent={"SHTN_PDNO": "301W12350", "UNIT_PRICE": "4.5"},
        where={"market": "domestic_futureoption", "session": "night"},
        listed={"market": "domestic_futureoption", "session": "night"},
        change={"price": 4.55},
        change_path=f"{CONTRACT}/order-rvsecncl",
        changed={"UNIT_PRICE": "4.55", "ORD_QTY": "2", "RMN_QTY_YN": "Y", "FUOP_ITEM_DVSN_CD": "03"},
        cancelled={"RVSE_CNCL_DVSN_CD": "02", "ORD_QTY": "2", "FUOP_ITEM_DVSN_CD": "03"},
    ),
    "overseas future": Case(
        order=FUTURE_ABROAD,
        path=f"{CONTRACT_ABROAD}/order",
        sent={"OVRS_FUTR_FX_PDNO": "ESZ26", "FM_LIMIT_ORD_PRIC": "5000", "PRIC_DVSN_CD": "1"},
        where={"market": "overseas_futureoption"},
        listed={"market": "overseas_futureoption"},
        change={"price": 5000.25},
        change_path=f"{CONTRACT_ABROAD}/order-rvsecncl",
        changed={"FM_LIMIT_ORD_PRIC": "5000.25", "FM_STOP_ORD_PRIC": ""},
        cancelled={"FM_LIMIT_ORD_PRIC": "", "FM_MKPR_CVSN_YN": ""},
    ),
    "overseas future that waits for a price": Case(
        order={**FUTURE_ABROAD, "order_type": "stop_limit", "price": 6000, "stop_price": 5990},
        path=f"{CONTRACT_ABROAD}/order",
        sent={"FM_LIMIT_ORD_PRIC": "6000", "FM_STOP_ORD_PRIC": "5990", "PRIC_DVSN_CD": "4"},
        where={"market": "overseas_futureoption"},
        listed={"market": "overseas_futureoption", "stop_price": 5990},
        change={"stop_price": 5995},
        change_path=f"{CONTRACT_ABROAD}/order-rvsecncl",
        changed={"FM_LIMIT_ORD_PRIC": "6000", "FM_STOP_ORD_PRIC": "5995"},
        cancelled={},
    ),
    "bond": Case(
        order=BONDS,
        path=f"{BOND}/buy",
        sent={"PDNO": "KR6095572D81", "ORD_QTY2": "10", "BOND_ORD_UNPR": "10000"},
        where={"market": "domestic_bond"},
        listed={"market": "domestic_bond"},
        change={"price": 10_010},
        change_path=f"{BOND}/order-rvsecncl",
        changed={"PDNO": "KR6095572D81", "BOND_ORD_UNPR": "10010", "QTY_ALL_ORD_YN": "Y"},
        cancelled={"PDNO": "KR6095572D81", "RVSE_CNCL_DVSN_CD": "02", "QTY_ALL_ORD_YN": "Y"},
    ),
}


def loose(simulator: Simulator, environment: str = "sim") -> Any:
    return settings_for(
        simulator,
        environment,
        confirm="never",
        max_order_notional=10**10,
        acct_future="87654322",
        paper_future="12345679",
    )


def last_post(simulator: Simulator, path: str, tr_id: str | None = None) -> dict[str, object]:
    """What the last order that KIS received said, which has to have come by this path, and under this TR id."""
    posts = [request for request in simulator.received if request.method == "POST" and "/trading/" in request.path]
    assert posts[-1].path == path
    assert tr_id in (None, posts[-1].tr_id)
    return dict(posts[-1].elements)


async def open_orders(client: Client, **where: Any) -> list[dict[str, Any]]:
    arguments = {"status": "open"} | {name: word for name, word in where.items() if name == "market"}
    result = await client.call_tool("get_orders", arguments)
    notes = result.structured_content.get("notes", [])
    assert all(note.endswith("which KIS' demo does not list.") for note in notes), notes
    return blocks(result)["orders"]


@pytest.mark.parametrize("name", CASES)
async def test_an_order_is_placed_shown_changed_and_cancelled(simulator: Simulator, name: str) -> None:
    case = CASES[name]
    async with connected(loose(simulator)) as client:
        placed = blocks(await client.call_tool("place_order", case.order))["order"]
        assert placed["status"] == "accepted"
        assert case.sent.items() <= last_post(simulator, case.path, case.tr_id).items()

        (shown,) = await open_orders(client)
        assert shown["ours"] is True
        assert int(shown["order_id"].rpartition("-")[2]) == int(placed["order_id"].rpartition("-")[2])
        assert case.listed.items() <= shown.items()
        assert [shown[name] for name in ("symbol", "side", "quantity")] == [
            case.order[name] for name in ("symbol", "side", "quantity")
        ]
        (status,) = blocks(await client.call_tool("get_order_status", {"intent_id": placed["intent_id"]}))["orders"]
        assert status["state"] == "accepted"

        if case.change is not None:
            named = {"order_id": shown["order_id"], **case.where}
            changed = blocks(await client.call_tool("modify_order", {**named, **case.change}))["order"]
            assert (changed["symbol"], changed["market"]) == (shown["symbol"], shown["market"])
            assert case.changed.items() <= last_post(simulator, case.change_path, case.change_tr_id).items()
            (shown,) = await open_orders(client, **case.where)
            wanted = {name: case.change[name] for name in ("price", "stop_price") if name in case.change}
            assert wanted.items() <= shown.items()
        else:
            named = {"order_id": shown["order_id"], **case.where}
            if name != "us stock spread over time":
                facts = error(await client.call_tool("modify_order", {**named, "price": 101}))
                assert "only cancel" in facts["what"]

        named = {"order_id": shown["order_id"], **case.where}
        cancelled = blocks(await client.call_tool("cancel_order", named))["order"]
        assert (cancelled["symbol"], cancelled["side"]) == (shown["symbol"], shown["side"])
        sent = last_post(simulator, case.cancel_path or case.change_path, case.change_tr_id)
        assert case.cancelled.items() <= sent.items()
        assert await open_orders(client) == []
        everything = blocks(await client.call_tool("get_orders", {}))["orders"]
        assert not {order["action"] for order in everything} & {"cancel"}
        assert [order["status"] for order in everything if order["order_id"] == shown["order_id"]] == ["cancelled"]
        assert len(everything) == 1 + (case.change is not None and "reserved" not in name)


NOT_IN_DEMO: list[dict[str, Any]] = [
    BONDS,
    FUTURE_ABROAD,
    {**FUTURE, "session": "night"},
    {**KOREAN, "credit_type": "ksfc_margin_open"},
    {**KOREAN, "session": "reserved"},
    {**AMERICAN, "session": "daytime"},
    {**AMERICAN, "order_type": "loo"},
    {**KOREAN, "exchange": "nxt"},
]


@pytest.mark.parametrize("order", NOT_IN_DEMO, ids=str)
async def test_what_demo_lacks_is_refused_before_the_network(simulator: Simulator, order: dict[str, Any]) -> None:
    async with connected(loose(simulator, "demo")) as client:
        assert error(await client.call_tool("place_order", order))["class"] == "not_in_environment"
    assert list(simulator.received) == []


@pytest.mark.parametrize(
    "where",
    [
        {"market": "domestic_bond"},
        {"market": "overseas_futureoption"},
        {"market": "domestic_futureoption", "session": "night"},
        {"market": "kr", "session": "reserved"},
        {"market": "jp", "session": "reserved"},
    ],
    ids=str,
)
async def test_what_demo_does_not_list_is_not_changed_there(simulator: Simulator, where: dict[str, Any]) -> None:
    async with connected(loose(simulator, "demo")) as client:
        facts = error(await client.call_tool("cancel_order", {"order_id": "1", **where}))
    assert facts["class"] == "not_in_environment"
    assert list(simulator.received) == []


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({**KOREAN, "market": "us"}, "market"),
    ({**AMERICAN, "market": "kr"}, "market"),
    ({**AMERICAN, "exchange": "tokyo"}, "exchange"),
    ({**KOREAN, "market": "jp", "symbol": "7203", "exchange": "krx"}, "exchange"),
    ({**KOREAN, "market": "overseas_futureoption", "symbol": "ESZ26", "exchange": "krx"}, "exchange"),
    ({**KOREAN, "symbol": "600519", "market": "cn"}, "exchange"),
    ({**KOREAN, "symbol": "VNM", "market": "vn"}, "exchange"),
    ({**KOREAN, "symbol": "7203"}, "symbol"),
    ({**KOREAN, "symbol": "00700"}, "symbol"),
    (FUTURE, "market"),
    ({**FUTURE, "symbol": "CLX01", "market": "domestic_bond"}, "market"),
    ({**KOREAN, "session": "night"}, "session"),
    ({**KOREAN, "session": "daytime"}, "session"),
    ({**BONDS, "session": "reserved"}, "session"),
    ({**BONDS, "order_type": "market"}, "order_type"),
    ({**FUTURE_ABROAD, "order_type": "best"}, "order_type"),
    ({**AMERICAN, "credit_type": "broker_margin_open"}, "credit_type"),
    ({**AMERICAN, "stop_price": 90}, "stop_price"),
    ({**KOREAN, "end_date": "2026-03-10"}, "end_date"),
    ({**KOREAN, "algo_period": "until_close"}, "algo_period"),
    ({**KOREAN, "loan_date": "2026-03-02"}, "loan_date"),
    ({**KOREAN, "session": "reserved", "exchange": "nxt"}, "exchange"),
    ({**KOREAN, "credit_type": "broker_margin_repay"}, "credit_type"),
]


@pytest.mark.parametrize(("order", "field"), REFUSED, ids=str)
async def test_what_is_ambiguous_or_contradicts_itself_is_refused_by_name(
    simulator: Simulator, order: dict[str, Any], field: str
) -> None:
    async with connected(loose(simulator)) as client:
        facts = error(await client.call_tool("place_order", order))
    assert (facts["class"], facts["field"]) == ("bad_argument", field)
    assert facts["next_step"]
    assert list(simulator.received) == []


async def test_a_cancel_can_leave_a_market_order_in_its_place(simulator: Simulator) -> None:
    async with connected(loose(simulator)) as client:
        placed = blocks(await client.call_tool("place_order", FUTURE_ABROAD))["order"]
        named = {"order_id": placed["order_id"], "market": "overseas_futureoption"}
        changed = blocks(await client.call_tool("modify_order", {**named, "order_type": "market"}))["order"]
    assert changed["order_type"] == "market"
    sent = last_post(simulator, f"{CONTRACT_ABROAD}/order-rvsecncl")
    assert sent["FM_MKPR_CVSN_YN"] == "Y"


@pytest.mark.parametrize(
    ("order", "change"),
    [
        (FUTURE_ABROAD, {"market": "overseas_futureoption", "price": 5001, "quantity": 1}),
        ({**KOREAN, "session": "reserved"}, {"session": "reserved", "price": 60_100}),
        (KOREAN, {"session": "reserved", "price": 60_100, "credit_type": "cash"}),
        (KOREAN, {"market": "us", "price": 100}),
        (KOREAN, {"market": "mars", "price": 100}),
        (KOREAN, {"quantity": 1}),
        (KOREAN, {"price": 60_100, "order_type": "stop"}),
    ],
    ids=str,
)
async def test_a_change_that_kis_cannot_make_is_refused(
    simulator: Simulator, order: dict[str, Any], change: dict[str, Any]
) -> None:
    async with connected(loose(simulator)) as client:
        placed = blocks(await client.call_tool("place_order", order))["order"]
        facts = error(await client.call_tool("modify_order", {"order_id": placed["order_id"], **change}))
    assert facts["class"] == "bad_argument"
    assert facts["field"] in {"quantity", "credit_type", "order_id", "market", "price", "order_type"}
    assert len(simulator.ledger.accepted) == 1


async def test_get_orders_shows_every_market_or_one(simulator: Simulator) -> None:
    async with connected(loose(simulator)) as client:
        for order in (KOREAN, {**KOREAN, "session": "reserved"}, AMERICAN, FUTURE_ABROAD, BONDS):
            blocks(await client.call_tool("place_order", order))
        everything = await open_orders(client)
        korean = await open_orders(client, market="KR")
        bonds = blocks(await client.call_tool("get_orders", {"symbol": BONDS["symbol"]}))["orders"]
    assert len(everything) == 5
    assert [order.get("session") for order in korean] in (["reserved", None], [None, "reserved"])
    assert [order["market"] for order in bonds] == ["domestic_bond"]


async def test_in_demo_a_contracts_change_says_how_much_is_open(simulator: Simulator) -> None:
    where = {"market": "domestic_futureoption"}
    async with connected(loose(simulator, "demo")) as client:
        placed = blocks(await client.call_tool("place_order", {**FUTURE, **where}))["order"]
        named = {"order_id": placed["order_id"], **where}
        changed = blocks(await client.call_tool("modify_order", {**named, "price": 330.1}))["order"]
        sent = last_post(simulator, f"{CONTRACT}/order-rvsecncl")
        assert {"ORD_QTY": "2", "RMN_QTY_YN": "Y", "UNIT_PRICE": "330.1"}.items() <= sent.items()
        named["order_id"] = changed["order_id"]
        blocks(await client.call_tool("cancel_order", {**named, "quantity": 1}))
        sent = last_post(simulator, f"{CONTRACT}/order-rvsecncl")
        assert {"ORD_QTY": "1", "RMN_QTY_YN": "N", "RVSE_CNCL_DVSN_CD": "02"}.items() <= sent.items()
        (left,) = await open_orders(client, **where)
    assert left["remaining_quantity"] == 1


async def test_a_held_bond_is_sold_through_the_api_for_sales(simulator: Simulator) -> None:
    async with connected(loose(simulator)) as client:
        bought = blocks(await client.call_tool("place_order", {**BONDS, "price": 11_000}))["order"]
        (status,) = blocks(await client.call_tool("get_order_status", {"intent_id": bought["intent_id"]}))["orders"]
        assert status["state"] == "filled"
        blocks(await client.call_tool("place_order", {**BONDS, "side": "sell", "price": 12_000}))
        sent = last_post(simulator, f"{BOND}/sell")
    assert {
        "PDNO": "KR6095572D81",
        "ORD_QTY2": "10",
        "BOND_ORD_UNPR": "12000",
        "ORD_DVSN": "01",
    }.items() <= sent.items()


async def test_a_reservation_can_be_on_credit_and_repeat_for_days(simulator: Simulator) -> None:
    terms = {"session": "reserved", "credit_type": "broker_margin_open", "end_date": "2026-03-20"}
    async with connected(loose(simulator)) as client:
        placed = blocks(await client.call_tool("place_order", {**KOREAN, **terms}))["order"]
        sent = last_post(simulator, f"{STOCK}/order-resv")
        assert {"ORD_OBJT_CBLC_DVSN_CD": "21", "RSVN_ORD_END_DT": "20260320"}.items() <= sent.items()
        named = {"order_id": placed["order_id"], "session": "reserved"}
        change = {**named, "quantity": 2, "credit_type": "broker_margin_open"}
        assert blocks(await client.call_tool("modify_order", change))["order"]["status"] == "accepted"
    sent = last_post(simulator, f"{STOCK}/order-resv-rvsecncl")
    expected = {"ORD_QTY": "2", "ORD_UNPR": "60000", "RSVN_ORD_END_DT": "20260320", "ORD_OBJT_CBLC_DVSN_CD": "21"}
    assert expected.items() <= sent.items()


async def test_an_order_whose_fills_kis_does_not_tell_is_unknown_not_open(simulator: Simulator) -> None:
    async with connected(settings_for(simulator, confirm="never", max_order_notional=10**9)) as client:
        simulator.faults.add("error", f"{BOND}/inquire-daily-ccld", times=100)
        await client.call_tool("place_order", BONDS | {"price": 10_500})
        (order,) = blocks(await client.call_tool("get_orders", {}))["orders"]
        simulator.faults.clear()
        (known,) = blocks(await client.call_tool("get_orders", {}))["orders"]
    assert (known["status"], known["filled_quantity"], known["remaining_quantity"]) == ("filled", 10, 0)
    assert (order["status"], order["in_kis_list"], order["quantity"]) == ("unknown", False, 10)
    assert not {"filled_quantity", "remaining_quantity"} & order.keys()


@pytest.mark.parametrize("order", [AMERICAN, TOKYO], ids=["US", "JP"])
async def test_an_order_of_ours_has_its_type_where_kis_lists_none(simulator: Simulator, order: dict[str, Any]) -> None:
    async with connected(settings_for(simulator, confirm="never", max_order_notional=10**9)) as client:
        await client.call_tool("place_order", order)
        (listed,) = blocks(await client.call_tool("get_orders", {}))["orders"]
    assert (listed["order_type"], listed["ours"]) == ("limit", True)
