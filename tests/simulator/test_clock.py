"""The world's clock, as the simulator's own path steers it."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from kis_mcp.clock import KST, WorldClock
from kis_mcp.simulator import Simulator
from tests.simulator.wire import MONDAY, ManualClock, simulator, with_token

CLOCK = "/simulator/clock"


async def steer(sim: Simulator, **wanted: Any) -> httpx.Response:
    async with httpx.AsyncClient(base_url=sim.real_url) as http:
        return await http.post(CLOCK, json=wanted)


def test_a_clock_follows_the_real_one_until_it_is_steered() -> None:
    real = ManualClock()
    clock = WorldClock(real)
    real.pass_time(seconds=7)
    assert (clock(), clock.speed) == (MONDAY + timedelta(seconds=7), 1)


@pytest.mark.parametrize("speed", [0, 1, 60, 0.5])
def test_a_clock_goes_on_from_where_it_begins_at_its_speed(speed: float) -> None:
    real, begin = ManualClock(), datetime(2025, 3, 4, 9, 0, tzinfo=KST)
    clock = WorldClock(real, at=begin, speed=speed)
    real.pass_time(minutes=2)
    assert (clock(), clock.speed) == (begin + speed * timedelta(minutes=2), speed)


def test_a_change_of_speed_moves_no_time_that_has_passed() -> None:
    real = ManualClock()
    clock = WorldClock(real, speed=60)
    real.pass_time(seconds=10)
    clock.pause()
    real.pass_time(hours=5)
    assert clock() == MONDAY + timedelta(minutes=10)
    clock.step(timedelta(hours=1))
    clock.run(2)
    real.pass_time(minutes=1)
    assert clock() == MONDAY + timedelta(minutes=72)
    clock.set(MONDAY)
    assert (clock(), clock.speed) == (MONDAY, 2)


async def test_the_clock_is_seen_set_stepped_and_stopped_on_both_ports() -> None:
    async with simulator(clock=ManualClock()) as (_sim, wire, demo):
        first = (await demo.http.get(CLOCK)).json()
        stopped = (await wire.http.post(CLOCK, json={"at": "2026-06-15T14:30:00", "speed": 0})).json()
        stepped = (await demo.http.post(CLOCK, json={"step": 90})).json()
        answer = await wire.get("/uapi/domestic-stock/v1/quotations/market-time", "HHMCM000002C0", {})
    assert first == {"at": "2026-06-15T11:00:00+09:00", "speed": 1, "clock": "always"}
    assert stopped == {"at": "2026-06-15T14:30:00+09:00", "speed": 0, "clock": "always"}
    assert stepped["at"] == "2026-06-15T14:31:30+09:00"
    assert answer.headers["date"] == "Mon, 15 Jun 2026 05:31:30 GMT"


async def test_a_step_lets_a_resting_order_fill() -> None:
    async with simulator(clock=WorldClock(ManualClock(), speed=0)) as (sim, wire, _demo):
        samsung = sim.world.market.instruments["005930"]
        ahead = sim.world.market.session(samsung, MONDAY.date()).prices[
            sim.world.market.moment(samsung, MONDAY).ticks :
        ]
        price = min(ahead)
        number = (await wire.order("buy", 1, str(price)))["output"]["ODNO"]
        assert sim.ledger.order(number).remaining == 1
        await steer(sim, step=12 * 3600 + 3599)
        await wire.price()
    (fill,) = sim.ledger.fills
    assert fill.price == price
    assert fill.at > MONDAY


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"at": "soon"}, "at: "),
        ({"speed": -1}, "speed: "),
        ({"speed": 10_000}, "speed: "),
        ({"step": -1}, "step: "),
        ({"faster": 1}, "faster: "),
        ({"at": "1999-06-15T10:59:59"}, "the simulated world lasts from 2019 to 2099"),
        ({"at": "2026-06-15T10:59:59"}, "cannot go back before 2026-06-15 11:00:00"),
    ],
)
async def test_a_wrong_clock_is_refused_by_name_and_changes_nothing(wanted: dict[str, Any], why: str) -> None:
    async with simulator(clock=ManualClock()) as (sim, wire, _demo):
        await wire.order("buy", 1, code="01")
        refused = await steer(sim, **wanted)
        assert sim.clock() == MONDAY
    assert refused.status_code == 400
    assert why in refused.json()["error"]


async def test_time_does_not_run_back_over_orders_when_a_world_that_ran_ahead_starts_again(tmp_path: Path) -> None:
    ahead, state = MONDAY + timedelta(days=30), tmp_path / "world.db"
    async with simulator(clock=WorldClock(ManualClock(), at=ahead), state_path=state) as (_sim, wire, _demo):
        await wire.order("buy", 1, code="01")
    async with simulator(clock=ManualClock(), state_path=state) as (sim, _wire, _demo):
        assert sim.clock() == ahead


async def test_a_market_that_keeps_hours_rests_on_a_holiday() -> None:
    codes: dict[str, str] = {}
    async with simulator(clock=WorldClock(ManualClock(), speed=0), market_hours=True) as (sim, wire, _demo):
        for day in ("2026-07-16", "2026-07-17", "2026-07-20"):
            await steer(sim, at=f"{day}T10:00:00")
            codes[day] = (await (await with_token(wire)).order("buy", 1, code="01"))["msg_cd"]
    assert codes == {"2026-07-16": "APBK0013", "2026-07-17": "APBK0919", "2026-07-20": "APBK0013"}
