"""Splits, reverse splits and rights issues of what a run watches: found before anything is decided or sold on a day.

What it holds was bought at prices of before. Nobody but the person can tell which of the account's shares are the run's
afterwards, and its mandate lets it sell as many as it bought: so the run is paused, and sells nothing.
"""

from datetime import date
from decimal import Decimal
from typing import Final

from kis_mcp.strategies.runner.diary import Diary
from kis_mcp.strategies.runner.live_lane import LiveLane
from kis_mcp.strategies.runner.terms import RunTerms

LEAST_ADJUSTMENT: Final = Decimal("0.01")
"""Smaller changes of past prices than this share are dividends, and touch no count of shares."""

_ONE: Final = Decimal(1)
_MULTIPLIED: Final = "KIS multiplied prices of"


class PositionInDoubt(Exception):
    """What a run holds is not what it bought any more; the message says what the person can do."""


async def look_at_adjustments(terms: RunTerms, lane: LiveLane, diary: Diary, day: date, *, in_session: bool) -> bool:
    """Look whether prices were adjusted since what a lane goes by: its position, else its last bar.

    Args:
        day: The exchange's, of now.
        in_session: Whether KIS may have the day's base price already.

    Returns:
        Whether KIS has told it: before the opening its base price may be the last day's.

    Raises:
        PositionInDoubt: They were, and it holds something.
        KisMcpError: It cannot be told: nothing may be decided or sold for now.
    """
    since = lane.holding.opened_at or lane.last_bar
    if since is None or (before := since.astimezone(terms.sessions.timezone).date()) >= day:
        return True
    ratio = await terms.history.adjustment(lane.symbol, before, in_session=in_session)
    if ratio is None:
        return False
    if abs(ratio - _ONE) < LEAST_ADJUSTMENT:
        return True
    if lane.quantity or lane.standing:
        raise PositionInDoubt(await _doubt(terms, lane, before, ratio))
    lane.begin_anew()
    await diary.say(lane, f"prices_adjusted: those of {before} by {ratio:.6g}; bars are read anew, an entry lapses")
    return True


def is_in_doubt(reason: str) -> bool:
    """Whether a run was paused for this reason because what it holds is not what it bought any more."""
    return reason.startswith(_MULTIPLIED)


async def _doubt(terms: RunTerms, lane: LiveLane, before: date, ratio: Decimal) -> str:
    symbol, price = lane.symbol, lane.holding.price
    told = [
        f"KIS multiplied prices of {symbol} since {before} by {ratio:.6g}, as for a split or a rights issue"
        " (액면분할, 병합, 권리락)."
    ]
    if price is None:
        told.append("An order of it from before may stand.")
    else:
        told.append(f"It holds {lane.quantity} bought at {round(price, 2).normalize():f}.")
    if terms.orders is not None:
        told.append(f"The account has {(await terms.orders.account(symbol)).held}.")
    told.append("Its stops would be wrong, so nothing is sold.")
    told.append("Sell these shares yourself and resume it; or stop it, and what it holds is yours to keep.")
    return " ".join(told)
