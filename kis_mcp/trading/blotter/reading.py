"""Reading KIS' lists of orders."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from kis_mcp.catalog import Decoded, number, text
from kis_mcp.clock import KST
from kis_mcp.errors import KisMcpError
from kis_mcp.trading.blotter.lists import OrderList
from kis_mcp.trading.blotter.placed_order import OrderKey, PlacedOrder, PlacedOrders, PlacedStatus, order_key
from kis_mcp.trading.kis import KisReads, is_offered
from kis_mcp.trading.order import Action, Side
from kis_mcp.trading.venues import COUNTRIES

_MORNING, _EVENING = time(7), time(17)
_CLOCKS_DIFFER = timedelta(minutes=10)
_ONE_DAY = timedelta(days=1)
_MOST_PERIODS = 14
"""How often one list is asked for one answer: with bonds, whose periods are weeks, about three months."""

_ACTIONS: Mapping[str, Action] = {
    "modify": Action.MODIFY,
    "modify_closing": Action.MODIFY,
    "cancel": Action.CANCEL,
}

_WENT_WELL = "정상"

_log = logging.getLogger(__name__)


async def orders_of_days(
    kis: KisReads, order_list: OrderList, start: date, end: date, *, around: datetime | None = None, fresh: bool = False
) -> PlacedOrders:
    """The orders of one list from these days, in its own calendar: in as many periods as KIS answers for at a time.

    Args:
        around: A moment in the session that is meant; by default the days tell.
    """
    rows: list[_Row] = []
    gaps: list[str] = []
    periods = _periods(order_list, start, end)
    for period in periods[:_MOST_PERIODS]:
        page = await kis.rows(order_list.tool, {**order_list.arguments, **period}, fresh=fresh)
        rows += [_Row(kis, order_list, row, around) for row in page.rows(order_list.block)]
        gaps += _gaps(order_list, page)
    if len(periods) > _MOST_PERIODS:
        gaps.append(
            f"KIS' list {order_list.tool} was not read before {periods[_MOST_PERIODS - 1]['start_date']}, for KIS"
            f" answers for {order_list.most_days} days at a time. Ask for fewer days."
        )
    return PlacedOrders.of((row.order() for row in rows if row.belongs), gaps=gaps)


def _periods(order_list: OrderList, start: date, end: date) -> list[dict[str, date]]:
    """The days to ask for, latest first; of a list that takes none, one period without them."""
    if not order_list.by_days:
        return [{}]
    if order_list.most_days is None:
        return [{"start_date": start, "end_date": end}]
    length = timedelta(days=order_list.most_days - 1)
    periods: list[dict[str, date]] = []
    while not periods or end >= start:
        periods.append({"start_date": max(start, end - length), "end_date": end})
        end -= length + _ONE_DAY
    return periods


def _gaps(order_list: OrderList, page: Decoded) -> Iterator[str]:
    """What an answer itself says is missing in its rows."""
    if not page.complete:
        yield f"KIS' list {order_list.tool} could not be read to its end."
    if order_list.total is None:
        return
    block, name = order_list.total
    total = number(page.record(block), name)
    quantity_field = order_list.names.get("order_quantity", "order_quantity")
    in_rows = sum((number(row, quantity_field) or Decimal(0) for row in page.rows(order_list.block)), Decimal(0))
    if total is not None and total > in_rows:
        yield (
            f"KIS' list {order_list.tool} contradicts itself: its total is {total:f} ordered, its rows show"
            f" {in_rows:f}. Orders are missing in it."
        )


async def orders_between(
    kis: KisReads, order_list: OrderList, since: datetime, until: datetime, *, fresh: bool = False
) -> PlacedOrders:
    """The orders of one list between two moments, with days to spare where its calendar is not Korea's."""
    start = since.astimezone(order_list.zone).date() - timedelta(days=order_list.days_before)
    end = until.astimezone(KST).date() + timedelta(days=order_list.days_after)
    return await orders_of_days(kis, order_list, start, end, around=until, fresh=fresh)


def pick_available(kis: KisReads, lists: Sequence[OrderList]) -> list[OrderList]:
    """Those of the lists that this environment has, of accounts that are set."""
    return [order_list for order_list in lists if is_offered(kis, order_list.tool)]


async def read_orders(
    kis: KisReads, lists: Sequence[OrderList], since: datetime, until: datetime, *, fresh: bool = False
) -> tuple[PlacedOrders, list[str]]:
    """The orders of those lists that can be read, and what went wrong with the others."""
    orders: list[PlacedOrder] = []
    complete, problems = True, list[str]()
    for order_list in lists:
        try:
            placed = await orders_between(kis, order_list, since, until, fresh=fresh)
        except KisMcpError as error:
            _log.warning("%s could not be read: %s", order_list.tool, error)
            problems.append(f"{order_list.tool} could not be read: {error.what}")
            complete = False
            continue
        orders += [order for order in placed.orders if order.key not in {earlier.key for earlier in orders}]
        complete = complete and placed.complete
        problems += placed.gaps
    return PlacedOrders(tuple(orders), complete, tuple(problems)), problems


@dataclass(frozen=True, slots=True)
class _Row:
    kis: KisReads
    order_list: OrderList
    row: Mapping[str, object]
    around: datetime | None

    @property
    def belongs(self) -> bool:
        return all(text(self.row, fact) in (None, *words) for fact, words in self.order_list.only.items())

    def order(self) -> PlacedOrder:
        exchange = self._text("exchange")
        original = self._order_id("original_order_id")
        ordered, filled = self._number("order_quantity"), self._number("filled_quantity")
        remaining = self._remaining(ordered, filled)
        return PlacedOrder(
            order_id=self._order_id("order_id") or "",
            original_order_id=original,
            family=self.order_list.family,
            branch=self._text("order_branch") or "",
            action=self._action(original),
            market=self.order_list.market or COUNTRIES.get(exchange or "", ("overseas", ""))[0],
            exchange=(exchange or self.order_list.usual_exchange or "").lower() or None,
            currency=self.order_list.currency or self._text("currency"),
            session=self.order_list.session,
            symbol=self._text("symbol") or "",
            name=self._text("name"),
            side=self._side(),
            order_type=self._order_type(),
            quantity=ordered,
            filled_quantity=filled,
            remaining_quantity=remaining,
            price=self._number("order_price") or None,
            stop_price=self._number("stop_price") or None,
            average_fill_price=self._number("average_fill_price") or None,
            status=self._status(ordered, filled, remaining),
            ordered_at=self._taken_at(),
            order_date=self._day("order_date"),
            end_date=self._day("end_date"),
            loan_date=self._day("loan_date"),
            cancelled_at=self._moment(self.order_list.cancelled_at),
            became=self._became(),
        )

    def _text(self, fact: str) -> str | None:
        return text(self.row, self.order_list.names.get(fact, fact))

    def _number(self, fact: str) -> Decimal:
        return number(self.row, self.order_list.names.get(fact, fact)) or Decimal(0)

    def _day(self, fact: str) -> date | None:
        day = self._text(fact)
        return date.fromisoformat(day) if day else None

    def _order_id(self, fact: str) -> str | None:
        """An order number; KIS writes "no order" as blank or zeros."""
        order_id = self._text(fact)
        return order_id if order_id and order_id.strip("0") else None

    def _became(self) -> OrderKey | None:
        number = text(self.row, "order_id")
        if self.order_list.becomes is None or number is None or not number.strip("0"):
            return None
        return order_key(self.order_list.becomes, number, self._text("symbol") or "")

    def _action(self, original: str | None) -> Action:
        if word := self._text("order_action"):
            return _ACTIONS.get(word, Action.NEW)
        if original is None:
            return Action.NEW
        named = " ".join(filter(None, map(self._text, ("side_name", "trade_type_name", "order_type_name")))).upper()
        if "취소" in named or "CANCEL" in named:
            return Action.CANCEL
        return Action.MODIFY if "정정" in named or self._number("order_price") else Action.CANCEL

    def _side(self) -> Side | None:
        side = (self._text("side") or "").removesuffix("_to_close")
        return side if side in ("buy", "sell") else None

    def _order_type(self) -> str | None:
        if self.order_list.order_types_of is None:
            return self._text("order_type")
        code = self._text("order_type_code")
        api = self.kis.catalog.find(self.order_list.order_types_of)
        parameter = api.parameter("order_type") if api else None
        codes = (parameter.codes if parameter else None) or {}
        return next((word for word, own in codes.items() if own == code), code)

    def _remaining(self, ordered: Decimal, filled: Decimal) -> Decimal:
        said = number(self.row, self.order_list.names.get("remaining_quantity", "remaining_quantity"))
        if said is not None:
            return said
        return Decimal(0) if self._is_cancelled() or self._is_rejected() else ordered - filled

    def _is_rejected(self) -> bool:
        """KIS gives a reason for what went well too, such as 정상 처리 완료되었습니다."""
        reason = self._text("rejection_reason")
        return reason is not None and not reason.startswith(_WENT_WELL)

    def _is_cancelled(self) -> bool:
        field = self.order_list.names.get("cancelled")
        return field is not None and bool(self.row.get(field))

    def _status(self, ordered: Decimal, filled: Decimal, remaining: Decimal) -> PlacedStatus:
        if self._is_rejected():
            return PlacedStatus.REJECTED
        if self._is_cancelled():
            return PlacedStatus.CANCELLED
        if remaining > 0:
            return PlacedStatus.PARTLY_FILLED if filled > 0 else PlacedStatus.OPEN
        if filled >= ordered:
            return PlacedStatus.FILLED
        return PlacedStatus.REJECTED if self._number("rejected_quantity") > 0 else PlacedStatus.CANCELLED

    def _moment(self, fields: Sequence[str]) -> datetime | None:
        parts = [part for name in fields if (part := text(self.row, name))]
        if not parts or len(parts) < len(fields):
            return None
        return datetime.fromisoformat("T".join(parts)).replace(tzinfo=KST)

    def _taken_at(self) -> datetime | None:
        """When KIS took the order. KRX dates the night session by the next business day, so of an order at night only
        the time of day counts: it was the last before the moment that is meant."""
        taken = self._moment(self.order_list.taken_at)
        if taken is None or self.around is None or self.order_list.family != "domestic_futureoption":
            return taken
        if _MORNING <= taken.time() < _EVENING:
            return taken
        return taken + timedelta(days=(self.around + _CLOCKS_DIFFER - taken) // timedelta(days=1))
