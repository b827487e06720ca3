"""A whole day of the market for a client of KIS' documents: from before the opening to the settlement of its trades."""

from datetime import datetime
from decimal import Decimal

from kis_mcp.clock import KST
from tests.clients.plain import PlainClient
from tests.clients.test_plain_client import BOOK, CHANGE, SAMSUNG, Customer, customer_of, kis, rows
from tests.simulator.wire import ManualClock

START = 10**13
OPEN_ORDERS = "/uapi/domestic-stock/v1/trading/inquire-psbl-rvsecncl"


def at(day: int, clock: str) -> datetime:
    """A time of June 2026 in Korea; the 15th is a Monday."""
    return datetime.strptime(f"2026-06-{day} {clock}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=KST)


def listed(customer: Customer) -> dict[str, dict[str, str]]:
    return {row["odno"]: row for row in rows(customer.day_list())}


def open_orders(client: PlainClient) -> list[str]:
    elements = client.account | {"INQR_DVSN_1": "0", "INQR_DVSN_2": "0"}
    return [row["odno"] for page in client.pages(OPEN_ORDERS, "TTTC0084R", elements) for row in page.body["output"]]


def cancel_a_part(customer: Customer, number: str, quantity: int) -> str:
    elements = {
        "KRX_FWDG_ORD_ORGNO": "06010",
        "ORGN_ODNO": number,
        "ORD_DVSN": "00",
        "RVSE_CNCL_DVSN_CD": "02",
        "ORD_QTY": str(quantity),
        "ORD_UNPR": "0",
        "QTY_ALL_ORD_YN": "N",
        "EXCG_ID_DVSN_CD": "KRX",
    }
    return customer.client.post(CHANGE, "TTTC0013U", customer.client.account | elements).body["output"]["ODNO"]


async def test_a_day_from_the_opening_auction_to_the_settlement_of_its_trades():
    clock = ManualClock(at(15, "08:35:00"))
    async with kis(clock=clock, market_hours=True, starting_krw=Decimal(START), token_interval_seconds=0) as sim:
        customer = customer_of(sim, "real")
        client = customer.client
        client.log_in()

        limits = customer.quote()
        at_open = [
            customer.order("buy", quantity, price, kind).body["output"]["ODNO"]
            for quantity, price, kind in ((10, limits["stck_mxpr"], "00"), (5, "0", "01"))
        ]
        hopeless = customer.order("buy", 7, limits["stck_llam"]).body["output"]["ODNO"]
        assert open_orders(client) == [*at_open, hopeless]

        clock.now = at(15, "09:00:10")
        limits = customer.quote()
        opening = Decimal(limits["stck_oprc"])
        filled = listed(customer)
        assert [(filled[n]["tot_ccld_qty"], Decimal(filled[n]["avg_prvs"])) for n in at_open] == [
            ("10", opening),
            ("5", opening),
        ]
        assert open_orders(client) == [hopeless]

        book = client.get(BOOK, "FHKST01010200", SAMSUNG).body["output1"]
        large = customer.order("buy", 500_000, book["bidp1"]).body["output"]
        row = listed(customer)[large["ODNO"]]
        while row["tot_ccld_qty"] == "0":
            clock.pass_time(seconds=20)
            assert clock.now < at(15, "15:20:00")
            row = listed(customer)[large["ODNO"]]
        assert 0 < int(row["tot_ccld_qty"]) < 500_000
        assert row["avg_prvs"] == f"{int(book['bidp1'])}.0000"

        part = cancel_a_part(customer, large["ODNO"], 100_000)
        amended = customer.change("01", large, str(int(limits["stck_llam"]) + 100)).body["output"]
        cancelled = customer.change("02", amended, "0").body["output"]["ODNO"]
        assert open_orders(client) == [hopeless]

        sold = customer.order("sell", 4, limits["stck_mxpr"], "02").body["output"]["ODNO"]
        clock.now = at(15, "15:31:00")
        refused = customer.order("buy", 1, limits["stck_prpr"])
        assert not refused.is_good

        rows_now = listed(customer)
        done = int(rows_now[large["ODNO"]]["tot_ccld_qty"])
        assert {n: (r["orgn_odno"], r["ord_qty"], r["tot_ccld_qty"], r["rmn_qty"]) for n, r in rows_now.items()} == {
            at_open[0]: ("", "10", "10", "0"),
            at_open[1]: ("", "5", "5", "0"),
            hopeless: ("", "7", "0", "0"),
            large["ODNO"]: ("", "500000", str(done), "0"),
            part: (large["ODNO"], "100000", "0", "0"),
            amended["ODNO"]: (large["ODNO"], str(400_000 - done), "0", "0"),
            cancelled: (amended["ODNO"], str(400_000 - done), "0", "0"),
            sold: ("", "4", "4", "0"),
        }
        assert Decimal(rows_now[sold]["avg_prvs"]) == Decimal(customer.quote()["stck_prpr"])
        assert open_orders(client) == []

        balance = customer.balance().body
        (held,), (sums,) = balance["output1"], balance["output2"]
        assert int(held["hldg_qty"]) == 15 + done - 4
        left = START - int(sums["thdt_buy_amt"]) + int(sums["thdt_sll_amt"]) - int(sums["thdt_tlex_amt"])
        spent = sum(int(row["tot_ccld_amt"]) for number, row in rows_now.items() if number != sold)
        assert (int(sums["thdt_buy_amt"]), int(sums["thdt_sll_amt"])) == (spent, int(rows_now[sold]["tot_ccld_amt"]))
        days = ("dnca_tot_amt", "nxdy_excc_amt", "prvs_rcdl_excc_amt")
        assert [int(sums[day]) for day in days] == [START, START, left]

        clock.now = at(16, "10:00:00")
        assert customer.balance().body["msg_cd"] == "EGW00123"
        client.log_in()
        balance = customer.balance().body
        (held,), (sums,) = balance["output1"], balance["output2"]
        assert (held["bfdy_buy_qty"], held["bfdy_sll_qty"]) == (str(15 + done), "4")
        assert (held["thdt_buyqty"], held["thdt_sll_qty"]) == ("0", "0")
        assert [int(sums[day]) for day in days] == [START, left, left]

        clock.now = at(17, "09:30:00")
        client.log_in()
        (sums,) = customer.balance().body["output2"]
        assert [int(sums[day]) for day in days] == [left, left, left]
