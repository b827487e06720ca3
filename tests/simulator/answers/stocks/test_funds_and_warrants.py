from decimal import Decimal

import pytest

from tests.simulator.wire import ManualClock, simulator, with_token

REFUSED = "7"


@pytest.mark.parametrize("symbol", ["069500", "Q530107"])
async def test_a_fund_is_bought_and_sold_at_its_book_in_steps_of_five_won_without_tax(symbol: str):
    async with simulator() as (sim, wire, _demo):
        quote = await wire.price(symbol)
        off = await wire.order("buy", 1, str(int(quote["stck_prpr"]) + 1), PDNO=symbol)
        bought = await wire.order("buy", 3, code="01", PDNO=symbol)
        sold = await wire.order("sell", 3, code="01", PDNO=symbol)
        buy, sale = sim.ledger.fills
    assert off["rt_cd"] == REFUSED
    assert (bought["rt_cd"], sold["rt_cd"]) == ("0", "0")
    assert abs(buy.amount / 3 - Decimal(quote["stck_prpr"])) <= 10
    assert (sale.tax, buy.tax) == (0, 0)
    assert buy.commission >= 0


async def test_a_warrant_is_traded_in_tens_at_steps_of_five_won():
    async with simulator() as (sim, wire, _demo):
        few = await wire.order("buy", 15, code="01", PDNO="58J297")
        off = await wire.order("buy", 10, "61", PDNO="58J297")
        bought = await wire.order("buy", 20, code="01", PDNO="58J297")
        (position,) = (await wire.balance()).json()["output1"]
        (fill,) = sim.ledger.fills
    assert (few["rt_cd"], off["rt_cd"]) == (REFUSED, REFUSED)
    assert bought["rt_cd"] == "0"
    assert (position["pdno"], position["hldg_qty"]) == ("58J297", "20")
    assert fill.amount % 100 == 0
    assert fill.tax == 0


async def test_a_warrant_cannot_be_ordered_before_it_is_listed_or_after_its_last_day():
    clock = ManualClock()
    async with simulator(clock=clock) as (_sim, wire, _demo):
        early = await wire.order("buy", 10, "100", PDNO="57T034")
        gone = await wire.order("buy", 10, "1405", PDNO="57J001")
        bought = await wire.order("buy", 10, code="01", PDNO="58L041")
        clock.pass_time(days=30)
        wire = await with_token(wire)
        late = await wire.order("sell", 10, code="01", PDNO="58L041")
        (position,) = (await wire.balance()).json()["output1"]
    assert [reply["rt_cd"] for reply in (early, gone, bought, late)] == [REFUSED, REFUSED, "0", REFUSED]
    assert position["pdno"] == "58L041"
