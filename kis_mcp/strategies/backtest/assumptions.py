"""How a backtest's orders were filled and what they cost, a sentence for each rule."""

from kis_mcp.strategies.backtest.bars import MOST_DECIMALS
from kis_mcp.strategies.backtest.cautions import AFTER_MARKET_SINCE
from kis_mcp.strategies.backtest.options import BacktestOptions
from kis_mcp.strategies.evaluation import BUY_ROOM


def assumptions_of(
    options: BacktestOptions, market: str, interval: str, *, has_limit: bool, is_adjusted: bool = True
) -> list[str]:
    """Every rule by which the instruments of a market were traded.

    Args:
        interval: Of the bars.
        has_limit: Whether any of the instruments has a daily price limit.
        is_adjusted: Whether prices before splits are adjusted.
    """
    is_daily = interval in ("1d", "1w")
    told = [
        "Decided at a bar's end, filled at the next bar's open; the open of a day is the price of its opening auction.",
        f"Market orders and stops are filled {options.slippage_ticks} tick worse, in the opening auction too. A stop "
        "or target is filled at its price, or at the open of a bar that begins beyond it.",
        "Where stop and target lie within one bar, the stop is taken.",
        _on_session_end(market, is_daily=is_daily),
        f"An entry takes at most {options.most_volume_percent} % of its bar's volume, an exit all that is held.",
        "Without volume nothing is filled: an entry lapses, as it does after a halt of more than two weeks, and an "
        "exit waits.",
        "Prices are adjusted for splits and rights, and rounded to the price steps of today."
        if is_adjusted
        else f"Prices are those of the files, to {MOST_DECIMALS} decimals at most, rounded to the price steps of "
        "today: adjust them for splits before.",
        "Commission as today, taxes as on each day.",
        "Rules see prices and volumes only: there are no fundamentals that could be known too early.",
        "A trade's times are the ends of the bars in which it was filled.",
        f"A running strategy buys at a limit {BUY_ROOM * 100:.0f} % above the last price: an entry whose next open is "
        "higher still lapses there.",
        "It sets that much aside for each buy, spends no more than its mandate, and no profits: where all money is "
        "spent, it buys less than here.",
    ]
    if has_limit:
        told.append(
            "Nothing is bought in a bar that stands at the daily limit of +30 %, nothing sold at that of -30 %, and no "
            "fill is beyond them. Funds are taken to have none."
        )
    if market == "KR":
        told.append(_on_interruptions(is_daily=is_daily))
    if market == "KR" and is_daily:
        told.append(
            f"A daily bar closes with the regular session until {AFTER_MARKET_SINCE}, and with the after-market from "
            "then on."
        )
    elif not is_daily:
        told.append("Bars of minutes are those of the regular session and its closing auction, by the usual hours.")
    return told


def _on_session_end(market: str, *, is_daily: bool) -> str:
    if is_daily:
        return (
            "An end of session is sold at the bar's close, without slippage; a running strategy sells five minutes "
            "before it."
        )
    if market == "KR":
        return "An end of session is sold in the closing auction, at the close of the day's last bar, without slippage."
    return (
        "An end of session is decided at the first bar that ends within the last five minutes, and sold at the next "
        "bar's open, or at the close where it is the last one; a running strategy sells five minutes before the close."
    )


def _on_interruptions(*, is_daily: bool) -> str:
    if is_daily:
        return "Volatility interruptions cannot be seen in daily bars, and stop nothing."
    return (
        "In a volatility interruption nothing is traded and there is no bar: an order is filled at the price of the "
        "auction that ends it."
    )
