"""A reservation has one id, from its preview's day to the answer of its cancel."""

from datetime import date, datetime

import pytest

from kis_mcp.clock import KST
from kis_mcp.simulator import SimulatorOptions, run_simulator
from tests.client import BUY, Person, blocks, connected, settings_for

RESERVED = {**BUY, "session": "reserved"}


@pytest.mark.parametrize(
    ("now", "day", "keeps_hours"),
    [
        pytest.param(datetime(2026, 3, 4, 18, 10, tzinfo=KST), date(2026, 3, 5), True, id="evening"),
        pytest.param(datetime(2026, 3, 4, 6, 40, tzinfo=KST), date(2026, 3, 4), True, id="night before"),
        pytest.param(datetime(2026, 3, 7, 11, 0, tzinfo=KST), date(2026, 3, 9), True, id="saturday"),
        pytest.param(datetime(2026, 3, 1, 11, 0, tzinfo=KST), date(2026, 3, 3), True, id="before a holiday"),
        pytest.param(datetime(2026, 3, 7, 11, 0, tzinfo=KST), date(2026, 3, 9), False, id="never closed, saturday"),
        pytest.param(datetime(2026, 3, 4, 6, 40, tzinfo=KST), date(2026, 3, 5), False, id="never closed, night"),
    ],
)
async def test_a_reservation_has_one_id_of_the_day_that_its_preview_says(
    now: datetime, day: date, keeps_hours: bool
) -> None:
    options = SimulatorOptions(clock=lambda: now, market_hours=keeps_hours, token_interval_seconds=0)
    person, check = Person(), "on" if keeps_hours else "auto"
    async with (
        run_simulator(options) as simulator,
        connected(settings_for(simulator, session_check=check), person=person, clock=lambda: now) as client,
    ):
        placed = blocks(await client.call_tool("place_order", RESERVED))["order"]
        (listed,) = blocks(await client.call_tool("get_orders", {}))["orders"]
        printed = f"R{day:%Y%m%d}-{placed['order_id'].rpartition('-')[2]}"
        assert (placed["order_id"], listed["order_id"]) == (printed, printed)
        assert f"Sent to the exchange: at the opening of {day:%A, %Y-%m-%d}" in person.asked[0]
        booked = f"R{now:%Y%m%d}-{printed.rpartition('-')[2]}"
        for order_id in (printed, booked):
            (status,) = blocks(await client.call_tool("get_order_status", {"order_id": order_id}))["orders"]
            assert (status["order_id"], status["intent_id"]) == (printed, placed["intent_id"])
        cancelled = blocks(await client.call_tool("cancel_order", {"order_id": booked, "session": "reserved"}))["order"]
    assert (cancelled["status"], cancelled["original_order_id"]) == ("accepted", printed)
