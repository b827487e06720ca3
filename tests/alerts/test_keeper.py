"""Rules that are kept: when they fire, how often, and what a restart or a gap does to them."""

from datetime import timedelta
from pathlib import Path

import pytest

from kis_mcp.alerts import Firing
from kis_mcp.catalog import Outage
from kis_mcp.errors import BadArgument
from tests.alerts.keeping import Alerts

ABOVE = {"symbol": "005930", "price_above": 72500}
CROSSES = {"symbol": "005930", "price_crosses_up": 72500}
AT = "at 10:31:05 KST"


@pytest.fixture
def alerts(tmp_path: Path) -> Alerts:
    return Alerts(tmp_path)


def words(firings: list[Firing]) -> list[tuple[str, bool]]:
    return [(firing.words, firing.after_gap) for firing in firings]


async def test_a_rule_that_fires_once_ends_and_gives_its_slot_back(alerts: Alerts) -> None:
    rule = await alerts.add(ABOVE)
    async with alerts.kept():
        assert alerts.live.channels() == ["H0STCNT0 005930"]
        alerts.live.trade(72400)
        alerts.live.trade(72600, 72700)
        await alerts.until_watched()
        (firing,) = await alerts.fired(1)
    (fired,) = await alerts.store.rules()
    assert (fired.stage(alerts.live.now), fired.firings, fired.fired_at) == ("fired", 1, alerts.live.now)
    said = f"005930 traded at 72,600, at or above 72,500 {AT}"
    assert firing == Firing(firing.id, rule.id, alerts.live.now, said, False, f"삼성전자: {said}.", 1)
    assert [each.channel for each in await alerts.store.deliveries([firing.id])] == ["ntfy"]


async def test_a_rule_that_repeats_fires_again_after_its_cooldown_and_only_from_the_other_side(alerts: Alerts) -> None:
    await alerts.add(CROSSES, minutes=10)
    async with alerts.kept():
        alerts.live.trade(72600, 72400, 72600, 72700)
        await alerts.fired(1)
        alerts.live.trade(72400, 72600)
        await alerts.settle()
        alerts.live.now += timedelta(minutes=10)
        alerts.live.trade(72700)
        await alerts.settle()
        assert len(await alerts.fired(1)) == 1
        alerts.live.trade(72400, 72800)
        firings = await alerts.fired(2)
    assert [said.split(",")[0:2] for said, _ in words(firings)] == [
        ["005930 traded at 72", "600"],
        ["005930 traded at 72", "800"],
    ]


async def test_a_threshold_that_was_passed_while_nobody_watched_fires_at_the_next_start_and_once(
    alerts: Alerts,
) -> None:
    await alerts.add(CROSSES, minutes=1)
    async with alerts.kept():
        alerts.live.trade(72400)
        await alerts.settle()
    alerts.quotes["005930"] = 72900
    alerts.live.now += timedelta(hours=1)
    async with alerts.kept():
        (firing,) = await alerts.fired(1)
        await alerts.settle()
    alerts.live.now += timedelta(hours=1)
    async with alerts.kept():
        await alerts.settle()
    assert words(await alerts.fired(1)) == [("005930 traded at 72,900, up through 72,500 at 11:31:05 KST", True)]
    assert firing.text.endswith("Seen after a gap in watching: it may have happened earlier.")


async def test_a_level_that_goes_on_to_hold_fires_no_second_time_after_a_restart(alerts: Alerts) -> None:
    await alerts.add(ABOVE, minutes=1)
    async with alerts.kept():
        alerts.live.trade(72600)
        await alerts.fired(1)
    alerts.quotes["005930"] = 72900
    alerts.live.now += timedelta(hours=1)
    async with alerts.kept():
        alerts.live.trade(73000)
        await alerts.settle()
    assert len(await alerts.fired(1)) == 1


async def test_a_threshold_that_was_passed_in_a_gap_of_the_link_fires_when_it_is_back(alerts: Alerts) -> None:
    await alerts.add(ABOVE)
    async with alerts.kept():
        alerts.live.trade(72400)
        await alerts.settle()
        alerts.quotes["005930"] = 72900
        alerts.drop()
        firings = await alerts.fired(1)
    assert words(firings) == [(f"005930 traded at 72,900, at or above 72,500 {AT}", True)]


async def test_a_level_that_holds_when_the_rule_is_made_fires_at_once_and_after_no_gap(alerts: Alerts) -> None:
    await alerts.add({"any": [ABOVE, {"symbol": "000660", "price_below": 100}]})
    await alerts.add(CROSSES)
    alerts.quotes |= {"005930": 72900, "000660": 50}
    async with alerts.kept():
        await alerts.fired(1)
        await alerts.settle()
    assert [after_gap for _, after_gap in words(await alerts.fired(1))] == [False]


async def test_a_quote_is_no_trade(alerts: Alerts) -> None:
    await alerts.add({"any": [{"symbol": "005930", "event": "trade"}, {"symbol": "005930", "price_above": 80000}]})
    alerts.quotes["005930"] = 72900
    async with alerts.kept():
        await alerts.settle()
        alerts.drop()
        await alerts.settle()
        assert await alerts.fired(0) == []
        alerts.live.trade(72900)
        await alerts.fired(1)


async def test_a_rule_that_gets_no_slot_is_listed_so_and_watched_once_there_is_one(alerts: Alerts) -> None:
    await alerts.add(ABOVE)
    alerts.live.gateway.refusal = BadArgument("All 41 slots are taken.", remedy="Give one back.")
    async with alerts.kept():
        assert [rule.watching for rule in await alerts.store.rules()] == ["not watched: All 41 slots are taken."]
        alerts.live.gateway.refusal = None
        await alerts.until(lambda rules: rules[0].watching == "watched")
        alerts.live.trade(72600)
        await alerts.fired(1)


async def test_a_rule_whose_channel_kis_ends_is_listed_so_and_watched_again(alerts: Alerts) -> None:
    await alerts.add(ABOVE)
    async with alerts.kept():
        alerts.drop(lost="OPSP0011 no such key.")
        await alerts.until(lambda rules: rules[0].watching == "not watched: OPSP0011 no such key.")
        await alerts.until(lambda rules: rules[0].watching == "watched")
        alerts.live.trade(72600)
        await alerts.fired(1)


async def test_a_rule_whose_link_is_down_is_listed_so_with_since_when_and_why_until_it_is_back(alerts: Alerts) -> None:
    await alerts.add(ABOVE)
    async with alerts.kept():
        outage = Outage(
            alerts.live.now, "The link to KIS broke, and is made anew.", tuple(alerts.live.gateway.registered)
        )
        alerts.live.streams.report_outage(outage)
        down = "not watched: Nothing has been received since 10:31:05 KST. The link to KIS broke, and is made anew."
        await alerts.until(lambda rules: rules[0].watching == down)
        alerts.live.streams.report_outage(None)
        await alerts.until(lambda rules: rules[0].watching == "watched")


async def test_rules_come_and_go_while_they_are_kept(alerts: Alerts) -> None:
    first = await alerts.add(ABOVE)
    async with alerts.kept():
        await alerts.add({"symbol": "000660", "price_above": 1}, days=1)
        await alerts.add({"symbol": "005930", "price_below": 1})
        await alerts.until(lambda rules: all(rule.watching for rule in rules))
        assert alerts.live.channels() == ["H0STCNT0 000660", "H0STCNT0 005930"]
        await alerts.store.delete(first.id)
        alerts.live.now += timedelta(days=1)
        await alerts.until_watched("H0STCNT0 005930")
        alerts.live.trade(72600)
        alerts.live.trade(100, symbol="000660")
        await alerts.settle()
        assert await alerts.fired(0) == []
    assert [rule.stage(alerts.live.now) for rule in await alerts.store.rules()] == ["expired", "active"]


async def test_a_firing_that_could_not_be_written_is_made_up_for(
    alerts: Alerts, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kis_mcp.errors import StorageError

    async def full(*_: object) -> bool:
        raise StorageError("The disk is full.", remedy="Make room.")

    await alerts.add(ABOVE)
    async with alerts.kept():
        alerts.live.trade(72400)
        await alerts.settle()
        alerts.quotes["005930"] = 72600
        with monkeypatch.context() as patched:
            patched.setattr(alerts.store, "fire", full)
            alerts.live.trade(72600)
            await alerts.settle()
        await alerts.fired(1)


async def test_a_rule_that_is_asked_for_again_is_kept_until_its_later_end(alerts: Alerts) -> None:
    await alerts.add(ABOVE, days=1)
    async with alerts.kept():
        alerts.live.trade(72400)
        await alerts.settle()
        await alerts.add(ABOVE, days=9)
        await alerts.settle()
        alerts.live.now += timedelta(days=2)
        alerts.live.trade(72600)
        await alerts.fired(1)
