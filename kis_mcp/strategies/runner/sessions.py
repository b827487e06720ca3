"""Which bar a moment belongs to, by the regular session of its exchange and by how KIS aligns its candles.

Minutes are counted from the hour in Korea, from the opening in the US. The closing auction is matched within the minute
that follows the close, and KIS gives it a candle of that minute; so that minute belongs to the session, and to its day.
What is traded before and after, as in Korea's after-market, belongs to no bar.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from kis_mcp.market import INTERVALS, Market
from kis_mcp.strategies.backtest import CLOSES, CLOSING_AUCTION, LEAD, Hours, HoursOf, last_weekday

_ONE_DAY: Final = timedelta(days=1)
_WEEK: Final = 7

LATE_LOOK: Final = timedelta(seconds=5)
"""So long after `LEAD` before the close it is looked what is held still: a bar that ends at that moment is decided upon
first, as in a backtest."""

_AUCTION_ORDERS: Final[dict[Market, timedelta]] = {"KR": timedelta(minutes=5), "US": timedelta(0)}
"""So long before the opening an order is sent that was decided while the market was closed: in Korea it takes part in
the opening auction, and so gets the day's opening price."""


@dataclass(frozen=True, slots=True)
class Span:
    """The time of one bar.

    Attributes:
        begins, until: Trades of sessions from the one moment on and before the other belong to it.
        sure_until: From the moment for which it was looked up until then all trades do: a week has nights.
        ends_at: What the bar is dated, as `kis_mcp.strategies.backtest.bars_of_candles` dates candles.
        ends_session: Whether the session closes too soon after it for what is decided at its end.
    """

    begins: datetime
    until: datetime
    sure_until: datetime
    ends_at: datetime
    ends_session: bool


class Sessions:
    """The regular sessions of an exchange, and the bars within them.

    Args:
        interval: Of a strategy's document.
        timezone: The exchange's.
        hours: Its days.

    Attributes:
        of_trades: Whether each trade is a bar; a span is then the minute that it is in.
        timezone: The exchange's.
        hours: Its days.
    """

    def __init__(self, interval: str, market: Market, timezone: ZoneInfo, hours: HoursOf) -> None:
        self.of_trades = interval == "tick"
        length = 0 if self.of_trades else INTERVALS[interval]
        self._minutes = length if isinstance(length, int) else None
        self._is_week = length == "week"
        self._market: Market = market
        self.timezone = timezone
        self.hours = hours
        self._latest: tuple[datetime, Span] | None = None

    def span_of(self, moment: datetime) -> Span | None:
        """The bar that a trade at a moment belongs to; None outside the regular session. Many instruments trade at one
        moment: the last answer is kept for as long as it holds."""
        if self._latest is not None and self._latest[0] <= moment < self._latest[1].sure_until:
            return self._latest[1]
        found = self._find_span(moment)
        self._latest = None if found is None else (moment, found)
        return found

    def _find_span(self, moment: datetime) -> Span | None:
        local = moment.astimezone(self.timezone)
        hours = self._session_of(local)
        if hours is None:
            return None
        opens, closes = hours
        end = self._end_of(hours)
        if self._minutes is not None:
            length = timedelta(minutes=self._minutes or 1)
            counted_from = opens if self._market == "US" else local.replace(minute=0, second=0, microsecond=0)
            begins = counted_from + (local - counted_from) // length * length
            until = begins + length
            decided_from = begins if self.of_trades else until
            return Span(begins, min(until, end), min(until, end), until, ends_session=decided_from >= closes - LEAD)
        first = last = day = opens.astimezone(self.timezone).date()
        if self._is_week:
            days = self._week_of(day)
            first, last, day = days[0], days[-1], last_weekday(day)
        begins, until = self._known(first)[0], self._end_of(self._known(last))
        dated = datetime.combine(day, CLOSES[self._market], self.timezone)
        return Span(begins, until, end, dated, ends_session=True)

    def end_of_bar(self, ends_at: datetime) -> datetime:
        """Until when trades belong to the bar that is dated so."""
        local = ends_at.astimezone(self.timezone)
        first = local - timedelta(minutes=self._minutes) if self._minutes is not None else local
        days = self._week_of(local.date()) if self._is_week else [first.date()]
        hours = self.hours(days[-1]) if days else None
        if hours is None:
            return ends_at
        end = self._end_of(hours)
        return end if self._minutes is None else min(ends_at, end)

    def takes_orders(self, moment: datetime) -> bool:
        """Whether an order that is sent now is matched in the day's regular session."""
        hours = self.hours(moment.astimezone(self.timezone).date())
        return hours is not None and hours[0] - _AUCTION_ORDERS[self._market] <= moment < hours[1]

    def day_of(self, moment: datetime) -> date:
        """The exchange's day."""
        return moment.astimezone(self.timezone).date()

    def is_in_session(self, moment: datetime) -> bool:
        """Whether the day's regular session goes on, or begins in a moment."""
        hours = self.hours(self.day_of(moment))
        return hours is not None and hours[0] - LEAD <= moment < hours[1]

    def is_open(self, moment: datetime) -> bool:
        """Whether the day's regular session goes on."""
        hours = self.hours(self.day_of(moment))
        return hours is not None and hours[0] <= moment < hours[1]

    def traded_since(self, since: datetime, now: datetime) -> timedelta:
        """How long the day's regular session has gone on since a moment; nothing while it is closed."""
        hours = self.hours(now.astimezone(self.timezone).date())
        is_open = hours is not None and hours[0] <= now < hours[1]
        return now - max(since, hours[0]) if hours is not None and is_open else timedelta(0)

    def is_about_to_close(self, moment: datetime) -> bool:
        """Whether what may not stay overnight has to be sold now."""
        hours = self.hours(moment.astimezone(self.timezone).date())
        return hours is not None and hours[1] - LEAD + LATE_LOOK <= moment < hours[1]

    def _session_of(self, local: datetime) -> Hours | None:
        """The session that a moment is in, its closing auction included."""
        for day in (local.date(), local.date() - _ONE_DAY):
            hours = self.hours(day)
            if hours is not None and hours[0] <= local < hours[1] + CLOSING_AUCTION:
                return hours
        return None

    def _week_of(self, day: date) -> list[date]:
        """The trading days of a day's week."""
        monday = day - timedelta(days=day.weekday())
        return [each for each in (monday + timedelta(days=number) for number in range(_WEEK)) if self.hours(each)]

    def _known(self, day: date) -> Hours:
        hours = self.hours(day)
        assert hours is not None, day
        return hours

    def _end_of(self, hours: Hours) -> datetime:
        """When a session is over, its closing auction included; a market that never closes goes on at once."""
        closes = hours[1]
        following = self.hours(closes.astimezone(self.timezone).date())
        is_next = following is not None and closes <= following[0]
        return min(closes + CLOSING_AUCTION, following[0]) if following and is_next else closes + CLOSING_AUCTION
