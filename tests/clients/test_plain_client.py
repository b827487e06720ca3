"""A trading day of a client that follows KIS' documents and nothing else, over a real socket."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.simulator import Simulator, SimulatorOptions, run_simulator
from tests.clients.plain import Answer, PlainClient
from tests.simulator.wire import MONDAY, ManualClock

SAMSUNG = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": "005930"}
QUOTE = "/uapi/domestic-stock/v1/quotations/inquire-price"
BOOK = "/uapi/domestic-stock/v1/quotations/inquire-asking-price-exp-ccn"
ORDER = "/uapi/domestic-stock/v1/trading/order-cash"
CHANGE = "/uapi/domestic-stock/v1/trading/order-rvsecncl"
DAY_LIST = "/uapi/domestic-stock/v1/trading/inquire-daily-ccld"
BALANCE = "/uapi/domestic-stock/v1/trading/inquire-balance"


@dataclass(frozen=True)
class Customer:
    """A client with the first letter of its host's trading TRs, and KIS' rows a page."""

    client: PlainClient
    prefix: str
    page_rows: int

    def quote(self) -> dict[str, str]:
        return self.client.get(QUOTE, "FHKST01010100", SAMSUNG).body["output"]

    def order(self, side: str, quantity: int, price: str, kind: str = "00") -> Answer:
        elements = {"PDNO": "005930", "ORD_DVSN": kind, "ORD_QTY": str(quantity), "ORD_UNPR": price}
        tr_id = self.prefix + {"buy": "TTC0012U", "sell": "TTC0011U"}[side]
        return self.client.post(ORDER, tr_id, self.client.account | elements | {"EXCG_ID_DVSN_CD": "KRX"})

    def change(self, code: str, placed: dict[str, str], price: str) -> Answer:
        """01 amends all that is open, 02 cancels it."""
        elements = {
            "KRX_FWDG_ORD_ORGNO": placed["KRX_FWDG_ORD_ORGNO"],
            "ORGN_ODNO": placed["ODNO"],
            "ORD_DVSN": "00",
            "RVSE_CNCL_DVSN_CD": code,
            "ORD_QTY": "0",
            "ORD_UNPR": price,
            "QTY_ALL_ORD_YN": "Y",
            "EXCG_ID_DVSN_CD": "KRX",
        }
        return self.client.post(CHANGE, f"{self.prefix}TTC0013U", self.client.account | elements)

    def day_list(self) -> list[Answer]:
        day = MONDAY.strftime("%Y%m%d")
        elements = {
            "INQR_STRT_DT": day,
            "INQR_END_DT": day,
            "SLL_BUY_DVSN_CD": "00",
            "INQR_DVSN": "01",
            "PDNO": "",
            "CCLD_DVSN": "00",
            "ORD_GNO_BRNO": "",
            "ODNO": "",
            "INQR_DVSN_3": "00",
            "INQR_DVSN_1": "",
            "EXCG_ID_DVSN_CD": "KRX",
        }
        return list(self.client.pages(DAY_LIST, f"{self.prefix}TTC0081R", self.client.account | elements))

    def balance(self) -> Answer:
        elements = {
            "AFHR_FLPR_YN": "N",
            "OFL_YN": "",
            "INQR_DVSN": "01",
            "UNPR_DVSN": "01",
            "FUND_STTL_ICLD_YN": "N",
            "FNCG_AMT_AUTO_RDPT_YN": "N",
            "PRCS_DVSN": "00",
        }
        (page,) = self.client.pages(BALANCE, f"{self.prefix}TTC8434R", self.client.account | elements)
        return page


@asynccontextmanager
async def kis(**options: Any) -> AsyncGenerator[Simulator]:
    chosen: dict[str, Any] = {"real_rate": 0, "demo_rate": 0, "clock": ManualClock()} | options
    async with run_simulator(SimulatorOptions(**chosen)) as running:
        yield running


def customer_of(sim: Simulator, host: str) -> Customer:
    if host == "real":
        return Customer(PlainClient(sim.real_url, "key", "secret", ("11112222", "01")), "T", 100)
    return Customer(PlainClient(sim.demo_url, "paper-key", "paper-secret", ("51112222", "01")), "V", 15)


def rows(pages: list[Answer]) -> list[dict[str, str]]:
    return [row for page in pages for row in page.body["output1"]]


@pytest.mark.parametrize("host", ["real", "demo"])
async def test_a_trading_day(host: str):
    async with kis() as sim:
        customer = customer_of(sim, host)
        client = customer.client
        token = client.log_in().body
        assert (token["token_type"], token["expires_in"]) == ("Bearer", 86_400)

        quote = customer.quote()
        book = client.get(BOOK, "FHKST01010200", SAMSUNG).body["output1"]
        assert int(book["bidp1"]) < int(book["askp1"])
        assert int(quote["stck_lwpr"]) <= int(quote["stck_prpr"]) <= int(quote["stck_hgpr"])

        bought = customer.order("buy", 10, "0", kind="01")
        assert (bought.is_good, sorted(bought.body["output"])) == (True, ["KRX_FWDG_ORD_ORGNO", "ODNO", "ORD_TMD"])

        low = quote["stck_llam"]
        resting = customer.order("buy", 3, low).body["output"]
        amended = customer.change("01", resting, str(int(low) + 100)).body["output"]
        assert amended["ODNO"] != resting["ODNO"]
        cancelled = customer.change("02", amended, "0")
        assert cancelled.is_good
        assert not customer.change("02", amended, "0").is_good

        sold = customer.order("sell", 4, "0", kind="01").body["output"]
        listed = {row["odno"]: row for row in rows(customer.day_list())}
        assert set(listed) == {
            bought.body["output"]["ODNO"],
            resting["ODNO"],
            amended["ODNO"],
            cancelled.body["output"]["ODNO"],
            sold["ODNO"],
        }
        assert listed[bought.body["output"]["ODNO"]]["tot_ccld_qty"] == "10"
        assert listed[amended["ODNO"]]["orgn_odno"] == resting["ODNO"]
        assert listed[amended["ODNO"]]["rmn_qty"] == "0"

        balance = customer.balance().body
        (held,) = balance["output1"]
        assert (held["pdno"], held["hldg_qty"], held["thdt_buyqty"], held["thdt_sll_qty"]) == ("005930", "6", "10", "4")
        assert int(held["evlu_amt"]) == 6 * int(held["prpr"])


@pytest.mark.parametrize("host", ["real", "demo"])
async def test_a_long_list_comes_page_by_page_once_each(host: str):
    async with kis() as sim:
        customer = customer_of(sim, host)
        customer.client.log_in()
        low = customer.quote()["stck_llam"]
        count = 2 * customer.page_rows + 1
        placed = [customer.order("buy", 1, low).body["output"]["ODNO"] for _ in range(count)]
        pages = customer.day_list()
    assert [len(page.body["output1"]) for page in pages] == [customer.page_rows, customer.page_rows, 1]
    assert [page.headers["tr_cont"] for page in pages][-1] in ("D", "E")
    assert [row["odno"] for row in rows(pages)] == placed


async def test_an_order_larger_than_the_book_is_filled_in_part_and_rests():
    async with kis(starting_krw=Decimal(10**13)) as sim:
        customer = customer_of(sim, "real")
        customer.client.log_in()
        best = customer.client.get(BOOK, "FHKST01010200", SAMSUNG).body["output1"]
        wanted = int(best["askp_rsqn1"]) + 5
        assert customer.order("buy", wanted, best["askp1"]).is_good
        (row,) = rows(customer.day_list())
    assert 0 < int(row["tot_ccld_qty"]) < wanted
    assert int(row["tot_ccld_qty"]) + int(row["rmn_qty"]) == wanted


async def test_tokens_approval_and_hashkey():
    async with kis() as sim:
        client = customer_of(sim, "real").client
        assert client.log_in().status == 200
        again = client.log_in()
        assert (again.status, again.body["error_code"]) == (403, "EGW00133")
        assert client.approval().body["approval_key"]
        assert client.hashkey({"ORD_QTY": "1"}).body["BODY"] == {"ORD_QTY": "1"}
        assert client.log_out().body["code"] == 200
        dead = client.get(QUOTE, "FHKST01010100", SAMSUNG)
    assert (dead.status, dead.body["msg_cd"]) == (500, "EGW00121")


async def test_what_is_asked_too_often_is_refused_and_may_be_asked_again():
    seconds = [0.0]
    async with kis(real_rate=2, monotonic=lambda: seconds[0]) as sim:
        customer = customer_of(sim, "real")
        customer.client.log_in()
        answers = [customer.client.get(QUOTE, "FHKST01010100", SAMSUNG) for _ in range(3)]
        seconds[0] = 1.0
        later = customer.client.get(QUOTE, "FHKST01010100", SAMSUNG)
    assert [answer.is_good for answer in (*answers, later)] == [True, True, False, True]
    assert (answers[2].status, answers[2].body["msg_cd"]) == (500, "EGW00201")


async def test_a_tr_or_key_of_the_other_host_is_refused():
    async with kis() as sim:
        real, demo = customer_of(sim, "real"), customer_of(sim, "demo")
        for customer in (real, demo):
            customer.client.log_in()
        elements = {"PDNO": "005930", "ORD_DVSN": "01", "ORD_QTY": "1", "ORD_UNPR": "0"}
        answers = [
            real.client.post(ORDER, "VTTC0012U", real.client.account | elements),
            demo.client.post(ORDER, "TTTC0012U", demo.client.account | elements),
            PlainClient(sim.demo_url, "key", "secret", ("11112222", "01")).log_in(),
        ]
        assert sim.ledger.orders == []
    codes = [answer.body.get("msg_cd") or answer.body.get("error_code") for answer in answers]
    assert codes == ["EGW02004", "EGW02006", "EGW02004"]
