"""A machine whose clock is wrong is told of wherever a person looks at the set-up."""

from datetime import timedelta

from kis_mcp.cli.doctor import diagnose
from kis_mcp.simulator import Simulator
from tests.client import NOW, blocks, connected, settings_for, text

WRONG = timedelta(hours=25)


async def test_get_environment_and_doctor_say_that_the_clock_is_wrong(simulator: Simulator) -> None:
    settings = settings_for(simulator)
    async with connected(settings, clock=lambda: NOW + WRONG) as client:
        before = await client.call_tool("get_environment", {})
        blocks(await client.call_tool("get_quote", {"symbol": "005930"}))
        after = await client.call_tool("get_environment", {})
    note = "This machine's clock is 1 day, 1:00:00 ahead of KIS'."
    assert note not in text(before)
    assert note in text(after)
    report = await diagnose(settings)
    (sim,) = (one for one in report["environments"] if one["environment"] == "sim")
    assert note in sim["clock"]
    async with connected(settings, clock=lambda: NOW) as client:
        blocks(await client.call_tool("get_quote", {"symbol": "000660"}))
        assert "clock is" not in text(await client.call_tool("get_environment", {}))
    (sim,) = (one for one in (await diagnose(settings))["environments"] if one["environment"] == "sim")
    assert "clock" not in sim
