"""What a run was before it is taken up: the bars of the past, and what was decided and not ordered."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kis_mcp.strategies.backtest import Bar
from kis_mcp.strategies.evaluation import EntryBook, settling_bars
from kis_mcp.strategies.records import SOLD_ELSEWHERE, SignalEntry, StoredBar
from kis_mcp.strategies.runner.bar_builder import A_MOMENT
from kis_mcp.strategies.runner.diary import key_of
from kis_mcp.strategies.runner.holding import sale_elsewhere
from kis_mcp.strategies.runner.live_lane import LiveLane
from kis_mcp.strategies.runner.ports import OwnOrder
from kis_mcp.strategies.runner.terms import RunTerms


async def read_past_bars(terms: RunTerms, lane: LiveLane) -> list[Bar]:
    """What KIS keeps, with the bars that the run itself saw in place of KIS': a day of KIS' has its after-market.
    Where the opening price differs, prices were adjusted since, and KIS' count."""
    bars = list(await terms.history.latest(lane.symbol, settling_bars(terms.strategy)))
    if not bars:
        return bars
    begin, end = bars[0].ends_at - A_MOMENT, bars[-1].ends_at
    kept = await terms.records.bars(lane.symbol, terms.strategy.interval, begin, end)
    seen = {each.ends_at: each for each in kept if each.source == "live"}
    return [_as_seen(bar, seen.get(bar.ends_at)) for bar in bars]


async def take_up_decisions(
    terms: RunTerms,
    book: EntryBook,
    lanes: Mapping[str, LiveLane],
    orders: Sequence[OwnOrder],
    signals: Sequence[SignalEntry],
) -> None:
    """What was decided at the last bar and not ordered, and how many entries there were on the last day."""
    keys = {each.key: each.intent_id for each in orders}
    zone = terms.sessions.timezone
    entries = [each.at.astimezone(zone).date() for each in signals if each.action == "enter"]
    if entries:
        book.remember(entries[-1], entries.count(entries[-1]))
    if terms.orders is None:
        return
    for signal in signals:
        intent_id = keys.get(key_of(terms.run.id, signal.symbol, signal.at, signal.action))
        if signal.intent_id is None and intent_id is not None:
            await terms.records.set_intent(terms.run.id, signal.symbol, signal.at, intent_id)
    for signal in {each.symbol: each for each in signals if each.action != "none"}.values():
        lane = lanes.get(signal.symbol)
        if lane is None:
            continue
        is_last = signal.at == lane.last_bar
        is_new = key_of(terms.run.id, signal.symbol, signal.at, signal.action) not in keys
        if signal.action == "enter":
            if is_last and is_new and not lane.quantity and not lane.is_busy:
                lane.enter(signal.quantity, signal.at)
        elif _is_after_entry(signal, lane):
            lane.leaving = signal.reason
            if is_new and not lane.is_being_sold:
                lane.leave(signal.reason, signal.at)
            elif not lane.is_being_sold:
                lane.sell_later(terms.clock())


def losses(signals: Sequence[SignalEntry]) -> list[OwnOrder]:
    """What was sold elsewhere, as it was written down."""
    lost = [each for each in signals if each.action == "none" and each.reason.startswith(SOLD_ELSEWHERE)]
    return [sale_elsewhere(each.symbol, each.quantity, each.at) for each in lost]


def _as_seen(bar: Bar, seen: StoredBar | None) -> Bar:
    if seen is None or seen.open != bar.open:
        return bar
    return replace(bar, high=seen.high, low=seen.low, close=seen.close, volume=seen.volume)


def _is_after_entry(signal: SignalEntry, lane: LiveLane) -> bool:
    """Whether an exit was decided of what is held."""
    opened_at = lane.holding.opened_at
    return bool(lane.quantity) and opened_at is not None and signal.at > opened_at
