"""Orders on credit, over the socket."""

from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.simulator.engine.credit import MONEY_LIMIT, OWN_SHARE, SHARES_LIMIT
from tests.simulator.wire import ACCOUNT, MONDAY, ManualClock, Wire, simulator, with_token

TRADING = "/uapi/domestic-stock/v1/trading"
TODAY = MONDAY.strftime("%Y%m%d")
START = 100_000_000


async def power(wire: Wire, credit_type: str, price: str = "0") -> dict[str, str]:
    asked = {"PDNO": "005930", "ORD_UNPR": price, "ORD_DVSN": "00", "CRDT_TYPE": credit_type}
    elements = ACCOUNT | asked | {"CMA_EVLU_AMT_ICLD_YN": "N", "OVRS_ICLD_YN": "N"}
    return (await wire.get(f"{TRADING}/inquire-credit-psamount", "TTTC8909R", elements)).json()["output"]


async def sellable(wire: Wire) -> str:
    elements = ACCOUNT | {"PDNO": "005930"}
    reply = (await wire.get(f"{TRADING}/inquire-psbl-sell", "TTTC8408R", elements)).json()
    return reply["output1"]["ord_psbl_qty"]


async def test_a_purchase_on_margin_takes_a_part_in_cash_and_is_held_apart():
    async with simulator() as (sim, wire, _demo):
        assert (await wire.credit("buy", "21", 10, code="01"))["rt_cd"] == "0"
        await wire.order("buy", 3, code="01")
        rows = {row["trad_dvsn_name"]: row for row in (await wire.balance(by_loan_date=True)).json()["output1"]}
        merged = (await wire.balance()).json()
        cash_sellable = await sellable(wire)
        fill, other = sim.ledger.fills
        by_cash = [row["odno"] for row in (await wire.day_orders(INQR_DVSN_3="01")).json()["output1"]]
        on_credit = (await wire.day_orders(INQR_DVSN_3="06")).json()["output1"]
        (account,) = sim.world.books.accounts.values()
    own = int(fill.amount * OWN_SHARE)
    loan = rows["자기융자"]
    assert (loan["hldg_qty"], loan["loan_dt"], loan["loan_amt"]) == ("10", TODAY, str(fill.amount - own))
    assert (rows["현금"]["hldg_qty"], rows["현금"]["loan_amt"], cash_sellable) == ("3", "0", "3")
    assert account.cash["KRW"] == START - own - fill.commission - other.amount - other.commission
    sums = merged["output2"][0]
    assert [row["loan_dt"] for row in merged["output1"]] == ["", ""]
    assert sums["tot_loan_amt"] == loan["loan_amt"]
    assert int(sums["nass_amt"]) == int(sums["tot_evlu_amt"]) - int(loan["loan_amt"])
    assert (by_cash, on_credit[0]["odno"]) == ([other.order], fill.order)
    assert (on_credit[0]["sll_buy_dvsn_cd_name"], on_credit[0]["loan_dt"]) == ("자기융자신규매수", TODAY)


async def test_repaying_gives_the_loan_back_with_interest_and_keeps_the_rest():
    clock = ManualClock()
    async with simulator(clock=clock) as (sim, wire, _demo):
        await wire.credit("buy", "23", 10, code="01")
        clock.pass_time(days=10)
        wire = await with_token(wire)
        assert (await wire.credit("sell", "27", 4, code="01"))["rt_cd"] == "0"
        (row,) = (await wire.balance(by_loan_date=True)).json()["output1"]
        assert (await wire.credit("sell", "27", 6, code="01"))["rt_cd"] == "0"
        bought, first, second = sim.ledger.fills
        (account,) = sim.world.books.accounts.values()
    assert first.lent == -int(bought.lent * 4 / 10)
    assert (row["hldg_qty"], row["loan_amt"]) == ("6", str(bought.lent + first.lent))
    assert first.interest == int(-first.lent * Decimal("0.09") * 10 / 365) > 0
    assert bought.lent + first.lent + second.lent == 0
    costs = sum(fill.commission + fill.tax + fill.interest for fill in (bought, first, second))
    assert account.cash["KRW"] == START - bought.amount + first.amount + second.amount - costs
    assert first.profit + second.profit == account.cash["KRW"] - START + bought.commission


async def test_a_short_sale_borrows_shares_whose_proceeds_the_lender_keeps():
    async with simulator() as (sim, wire, _demo):
        free = int((await power(wire, "24"))["ord_psbl_cash"])
        assert (await wire.credit("sell", "24", 10, code="01"))["rt_cd"] == "0"
        (row,) = (await wire.balance(by_loan_date=True)).json()["output1"]
        bound = free - int((await power(wire, "24"))["ord_psbl_cash"])
        repayable = await power(wire, "28")
        assert (await wire.credit("buy", "28", 11, code="01"))["msg_cd"] == "APBK0400"
        assert (await wire.credit("buy", "28", 10, code="01"))["rt_cd"] == "0"
        sold, back = sim.ledger.fills
        (account,) = sim.world.books.accounts.values()
        again = int((await power(wire, "24"))["ord_psbl_cash"])
    assert (row["trad_dvsn_name"], row["hldg_qty"], row["stln_slng_chgs"]) == ("자기대주", "10", str(sold.amount))
    assert abs(bound - sold.amount * OWN_SHARE - sold.commission - sold.tax) <= 1
    assert (sold.cash, sold.tax > 0) == (-sold.commission - sold.tax, True)
    assert repayable["max_buy_qty"] == "10"
    assert account.cash["KRW"] == again == START + sold.cash + sold.amount - back.amount - back.commission
    assert back.profit == sold.amount - back.amount - back.commission


@pytest.mark.parametrize(
    ("side", "order", "code"),
    [
        ("sell", {"credit_type": "21"}, "OPSQ2001"),
        ("buy", {"credit_type": "25"}, "OPSQ2001"),
        ("buy", {"credit_type": "24"}, "OPSQ2001"),
        ("sell", {"credit_type": "28"}, "OPSQ2001"),
        ("buy", {"credit_type": "99"}, "OPSQ2001"),
        ("buy", {"credit_type": "21", "LOAN_DT": ""}, "OPSQ2001"),
        ("buy", {"credit_type": "21", "LOAN_DT": "20260612"}, "OPSQ2001"),
        ("sell", {"credit_type": "25", "LOAN_DT": ""}, "OPSQ2001"),
        ("sell", {"credit_type": "25", "LOAN_DT": "20260612"}, "APBK0400"),
        ("sell", {"credit_type": "27"}, "APBK0400"),
        ("sell", {"credit_type": "25", "PDNO": "000660"}, "APBK0400"),
        ("sell", {"credit_type": "25", "quantity": 6}, "APBK0400"),
        ("buy", {"credit_type": "28"}, "APBK0400"),
        ("buy", {"credit_type": "21", "quantity": 5_000}, "APBK0952"),
        ("sell", {"credit_type": "22", "quantity": 2_000}, "APBK0952"),
    ],
)
async def test_credit_orders_that_make_no_sense_are_refused(side: str, order: dict[str, Any], code: str):
    async with simulator() as (sim, wire, _demo):
        await wire.credit("buy", "21", 5, code="01")
        chosen: dict[str, Any] = {"quantity": 1, "code": "01"} | order
        reply = await wire.credit(side, **chosen)
        assert (reply["rt_cd"] != "0", reply["msg_cd"]) == (True, code)
        assert len(sim.ledger.orders) == 1


async def test_cash_orders_do_not_sell_what_was_bought_on_a_loan_nor_the_other_way_round():
    async with simulator() as (_, wire, _demo):
        await wire.credit("buy", "21", 5, code="01")
        assert (await wire.order("sell", 1, code="01"))["msg_cd"] == "APBK0400"
        await wire.order("buy", 2, code="01")
        assert (await wire.order("sell", 3, code="01"))["msg_cd"] == "APBK0400"
        assert (await wire.credit("sell", "25", 6, code="01"))["msg_cd"] == "APBK0400"
        top = (await wire.price())["stck_mxpr"]
        assert (await wire.credit("sell", "25", 3, top))["rt_cd"] == "0"
        assert (await wire.credit("sell", "25", 3, top))["msg_cd"] == "APBK0400"
        assert (await wire.order("sell", 2, code="01"))["rt_cd"] == "0"


@pytest.mark.parametrize(("credit_type", "side"), [("21", "buy"), ("24", "sell")])
@pytest.mark.parametrize("cash", [Decimal(3_000_000), Decimal(10**12)])
async def test_as_much_as_kis_says_can_be_had_on_credit_and_no_more(credit_type: str, side: str, cash: Decimal):
    async with simulator(starting_krw=cash) as (_, wire, _demo):
        price = (await wire.price())["stck_llam"] if side == "buy" else (await wire.price())["stck_mxpr"]
        most = await power(wire, credit_type, price)
        quantity = int(most["max_buy_qty"])
        assert (await wire.credit(side, credit_type, quantity + 1, price))["msg_cd"] == "APBK0952"
        assert (await wire.credit(side, credit_type, quantity, price))["rt_cd"] == "0"
        left = await power(wire, credit_type, price)
    amount = int(most["max_buy_amt"])
    limit = SHARES_LIMIT if side == "sell" else MONEY_LIMIT / (1 - OWN_SHARE)
    assert 0 < amount <= min(limit, cash / OWN_SHARE)
    assert left["max_buy_qty"] == "0"


async def test_an_open_credit_order_can_be_amended_and_cancelled():
    async with simulator() as (sim, wire, _demo):
        price = int((await wire.price())["stck_llam"])
        first = (await wire.credit("buy", "21", 10, str(price)))["output"]["odno"]
        second = (await wire.change("amend", first, ORD_UNPR=str(price + 100)))["output"]["odno"]
        amended = sim.ledger.order(second)
        assert (await wire.change("cancel", second))["rt_cd"] == "0"
        free = (await power(wire, "21"))["ord_psbl_cash"]
    assert (amended.credit_type, amended.loan_date, free) == ("21", TODAY, str(START))
