"""Orders that wait for a market to open."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta

from kis_mcp.clock import KST, NEW_YORK
from kis_mcp.simulator.engine.credit import CREDIT_TYPES
from kis_mcp.simulator.engine.model import Account, Order, Reservation, Ticket
from kis_mcp.simulator.engine.problems import Problem, Rejected
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import Market

_LONGEST = timedelta(days=30)
"""How long after its first day a reservation may be repeated."""


class Reservations:
    """What is kept and sent when its day opens; over a period, what was not filled is sent again each day.

    Args:
        market: When it opens.
        kept: Those from before a restart.
        orders: What has been sent.
        send: Places an order for an account of that key; raises Rejected.
        changed: Told of what must be saved.
        check_hours: Whether they are refused outside KIS' hours.
        numbered_from: The number of the first.
    """

    def __init__(
        self,
        market: Market,
        kept: Mapping[str, Reservation],
        orders: Mapping[str, Order],
        send: Callable[[str, Ticket, datetime], Order],
        changed: Callable[[Reservation], None],
        *,
        check_hours: bool,
        numbered_from: int,
    ) -> None:
        self._market = market
        self._orders = orders
        self._send = send
        self._changed = changed
        self._check_hours = check_hours
        self._numbered_from = numbered_from
        self.all = dict(kept)

    def take(self, account: Account, ticket: Ticket, end: date | None, now: datetime) -> Reservation:
        """Keep an order that has been checked.

        Args:
            end: The last day of a period, at most 30 days after the first.

        Raises:
            Rejected: KIS takes none at this time, or not for so long.
        """
        instrument = self._market.instruments[ticket.symbol]
        self._check_time(instrument, now)
        day = self._market.calendar(instrument).after(self._market.moment(instrument, now).day)
        _check_period(day, end)
        number = f"{self._numbered_from + len(self.all):010}"
        reservation = Reservation(number, account.key, ticket, now.astimezone(KST), day, end)
        self.all[number] = reservation
        self._changed(reservation)
        return reservation

    def amend(self, reservation: Reservation, ticket: Ticket, end: date | None, now: datetime) -> None:
        """Put another order in the place of one that waits; it keeps its number.

        Raises:
            Rejected: It does not wait any more, or the new one breaks a rule.
        """
        self._check_waits(reservation, now)
        _check_period(reservation.day, end)
        if (ticket.symbol, ticket.side) != (reservation.ticket.symbol, reservation.ticket.side):
            raise Rejected(Problem.NO_ORIGINAL)
        reservation.ticket, reservation.end = ticket, end
        self._changed(reservation)

    def cancel(self, reservation: Reservation, now: datetime) -> None:
        """Take it back; what has been sent for it stays.

        Raises:
            Rejected: It does not wait any more.
        """
        self._check_waits(reservation, now)
        reservation.cancelled_at = now.astimezone(KST)
        self._changed(reservation)

    def find(self, account: Account, number: str) -> Reservation:
        """The account's reservation of a number, padded or not.

        Raises:
            Rejected: There is none.
        """
        reservation = self.all.get(f"{int(number):010}" if number.isdigit() else "")
        if reservation is None or reservation.account != account.key:
            raise Rejected(Problem.NO_ORIGINAL)
        return reservation

    def filled(self, reservation: Reservation) -> int:
        """Shares of all the orders that were sent for it."""
        return sum(self._orders[number].filled for number in reservation.orders)

    def advance(self, now: datetime, catch_up: Callable[[datetime], None]) -> None:
        """Send what is due, each at its market's opening.

        Args:
            catch_up: Lets the market go on until a moment.
        """
        while due := [(self._opening(item), item) for item in self.all.values() if item.waits]:
            opening, reservation = min(due, key=lambda pair: (pair[0], pair[1].number))
            if opening > now:
                return
            catch_up(opening)
            self._send_rest(reservation, opening)

    def _send_rest(self, reservation: Reservation, at: datetime) -> None:
        ticket, day = reservation.ticket, reservation.day
        ticket = ticket.of(ticket.quantity - self.filled(reservation))
        kind = CREDIT_TYPES.get(ticket.credit_type)
        if kind and kind.opens:
            ticket = ticket.lent_on(f"{day:%Y%m%d}")
        reservation.sent_on = day
        if ticket.quantity > 0:
            reservation.refused = ""
            try:
                reservation.orders.append(self._send(reservation.account, ticket, at).number)
            except Rejected as rejected:
                reservation.refused = rejected.problem.name
        following = self._market.calendar(self._market.instruments[ticket.symbol]).after(day)
        if reservation.end and following <= reservation.end and ticket.quantity > 0:
            reservation.day = following
        self._changed(reservation)

    def _opening(self, reservation: Reservation) -> datetime:
        return self._market.calendar(self._market.instruments[reservation.ticket.symbol]).time_of(reservation.day, 0)

    def _check_waits(self, reservation: Reservation, now: datetime) -> None:
        if not reservation.waits:
            raise Rejected(Problem.NOTHING_LEFT)
        self._check_time(self._market.instruments[reservation.ticket.symbol], now)

    def _check_time(self, instrument: Instrument, now: datetime) -> None:
        if self._check_hours and not _takes_reservations(instrument, now, self._market):
            raise Rejected(Problem.OUTSIDE_HOURS)


def _check_period(day: date, end: date | None) -> None:
    if end is not None and not day <= end <= day + _LONGEST:
        raise Rejected(Problem.PERIOD)


def _takes_reservations(instrument: Instrument, now: datetime, market: Market) -> bool:
    """KIS' hours in Korean time: the US' day until ten minutes before its opening, Korea's night from 15:40 to 7:30.

    In Asia it has windows; what comes in one during the session is sent at the next day's opening.
    """
    if windows := instrument.home.reservations:
        there = now.astimezone(instrument.timezone)
        in_window = any(start <= there.time() < end for start, end in windows)
        return in_window and market.calendar(instrument).trades_on(there.date())
    local = now.astimezone(KST)
    clock = local.time()
    if instrument.country == "US":
        summer = bool(local.astimezone(NEW_YORK).dst())
        return time(10) <= clock < time(22 if summer else 23, 20) and not time(16, 30) <= clock < time(16, 45)
    by_day = market.calendar(instrument).trades_on(local.date()) and time(7, 30) <= clock < time(15, 40)
    return not by_day and time(0, 10) <= clock < time(23, 40)
