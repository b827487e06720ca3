from datetime import timedelta

import pytest

from kis_mcp.simulator.market.calendar import TICK_SECONDS
from tests.simulator.answers.test_every_api import Direct, blocks_of, record_of
from tests.simulator.wire import MONDAY


@pytest.mark.parametrize(
    ("tool", "block", "symbol"),
    [
        ("etfetn_inquire_asking_price", "book", "069500"),
        ("domestic_stock_inquire_asking_price_exp_ccn", "order_book", "005930"),
    ],
)
def test_a_books_changes_are_those_since_the_tick_before(direct: Direct, tool: str, block: str, symbol: str):
    record = blocks_of(direct, tool, symbol=symbol)[block]
    assert isinstance(record, dict)
    market = direct.kis.world.market
    before = market.book(market.instruments[symbol], MONDAY - timedelta(seconds=TICK_SECONDS))
    for side, levels in (("ask", before.asks), ("bid", before.bids)):
        for number, level in enumerate(levels, start=1):
            now = int(str(record[f"{side}_quantity_{number}"]))
            assert now - int(str(record[f"{side}_quantity_change_{number}"])) == level.quantity
        total = int(str(record[f"total_{side}_quantity"])) - int(str(record[f"total_{side}_quantity_change"]))
        assert total == sum(level.quantity for level in levels)
    assert any(record[f"{side}_quantity_change_{place}"] != 0 for side in ("ask", "bid") for place in range(1, 6))


def test_a_funds_mid_price_lies_halfway_between_its_best_ones(direct: Direct):
    record = record_of(direct, "etfetn_inquire_asking_price", symbol="069500")
    assert float(str(record["krx_mid_price"])) * 2 == int(str(record["ask_price_1"])) + int(str(record["bid_price_1"]))
