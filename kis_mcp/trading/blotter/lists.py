"""KIS' lists of orders: which there are, what they call things, and which order shows in which."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo

from kis_mcp.catalog import Api, Catalog
from kis_mcp.clock import KST, NEW_YORK
from kis_mcp.environment import Environment
from kis_mcp.trading.venues import COUNTRIES, STOCK_MARKETS, reservation_words


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderList:
    """One list of orders.

    Attributes:
        name: As the rows of the order APIs call it.
        family: What its orders are numbered among.
        market: Of every order in it, as in `kis_mcp.trading.order.Order`; None where the exchange tells.
        usual_exchange: Of a row that names none.
        session: Of its orders, as `kis_mcp.trading.blotter.placed_order.PlacedOrder` has it.
        tool, arguments, block: The API, what it is asked with beside the days, and the block of its rows.
        by_days: Whether it takes a first and a last day; otherwise it lists today.
        zone: Whose days those are.
        days_before, days_after: How far an order's day may lie from the moment it was sent.
        most_days: The longest period that KIS answers for.
        names: Fact → field, where the list does not use the usual name of `kis_mcp.trading.blotter.reading`.
        taken_at: The fields that say when KIS took an order: day and time of day, or both in one.
        cancelled_at: The same of its cancel, where the list tells.
        currency: Of every order in it; None where the rows say.
        order_types_of: The order API whose words its codes of order types stand for.
        only: Argument or fact → words; an order with another word does not belong here.
        becomes: The family of the orders that KIS sends for these, if they are reservations.
        lists_changes: Whether a change or cancel is a row of its own; otherwise only its effect shows.
        is_exact: Whether quantity and price are in the units that orders are placed in.
        proves_absence_in: The environments where an order that is not in it did not arrive.
        total: Block and field of the quantity of all its orders, which its rows must not fall short of.
        lasts: How long an order can stand: until the day is over, for one session, or until KIS has sent it.
    """

    name: str
    family: str
    market: str | None = None
    usual_exchange: str | None = None
    session: str | None = None
    tool: str
    arguments: Mapping[str, object] = field(default_factory=dict[str, object])
    block: str = "orders"
    by_days: bool = True
    zone: ZoneInfo = KST
    days_before: int = 0
    days_after: int = 0
    most_days: int | None = None
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    taken_at: tuple[str, ...] = ("order_date", "order_time")
    cancelled_at: tuple[str, ...] = ()
    currency: str | None = "KRW"
    order_types_of: str | None = None
    only: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    becomes: str | None = None
    lists_changes: bool = True
    is_exact: bool = True
    proves_absence_in: frozenset[Environment] = frozenset(Environment)
    total: tuple[str, str] | None = None
    lasts: Literal["day", "session", "until_sent"] = "day"

    def may_hold(self, market: str) -> bool:
        """Whether orders of this market show in it."""
        if self.market is not None:
            return self.market == market
        words = self.only.get("exchange", frozenset(COUNTRIES))
        return any(country == market for word, (country, _) in COUNTRIES.items() if word in words)


KOREAN = OrderList(
    name="domestic_stock",
    family="KR",
    market="KR",
    usual_exchange="krx",
    tool="domestic_stock_inquire_daily_ccld",
    names={"exchange": "exchange_id_code", "stop_price": "stop_limit_condition_price"},
    order_types_of="domestic_stock_order_cash",
    # Demo was measured to answer without rows while orders stood, and with their totals.
    proves_absence_in=frozenset({Environment.SIM, Environment.REAL}),
    total=("totals", "total_order_quantity"),
)
OVERSEAS = OrderList(
    name="overseas_stock",
    family="overseas",
    tool="overseas_stock_inquire_ccnl",
    zone=NEW_YORK,
    days_before=1,
    names={"average_fill_price": "fill_price"},
    taken_at=("korea_order_date", "broker_order_time"),
    currency=None,
    lasts="session",
)
_KOREAN_RESERVED = OrderList(
    name="domestic_stock_reserved",
    family="reserved KR",
    market="KR",
    usual_exchange="krx",
    session="reserved",
    days_before=31,
    tool="domestic_stock_order_resv_ccnl",
    arguments={"active_only": False},
    block="reservations",
    names={
        "order_id": "reserved_order_id",
        "name": "short_name",
        "order_quantity": "reserved_order_quantity",
        "order_price": "reserved_order_price",
        "cancelled": "cancel_order_date",
        "order_date": "reserved_order_date",
        "end_date": "reservation_end_date",
    },
    taken_at=("reserved_order_receipt_date", "reserved_order_receipt_time"),
    cancelled_at=("cancel_order_date", "cancel_receipt_time"),
    order_types_of="domestic_stock_order_resv",
    becomes="KR",
    lists_changes=False,
    lasts="until_sent",
)


def _overseas_reserved(region: str, *markets: str) -> OrderList:
    return OrderList(
        name=f"{region}_reserved",
        family=f"reserved {region}",
        session="reserved",
        days_before=1,
        tool="overseas_stock_order_resv_list",
        arguments={"exchange": region},
        block="reservations",
        names={
            "order_id": "reserved_order_id",
            "rejection_reason": "unprocessed_reason",
            "cancelled": "cancelled",
            "order_date": "reserved_order_receipt_date",
        },
        taken_at=("reserved_order_receipt_date", "order_receipt_time"),
        currency=None,
        only={"exchange": reservation_words(*markets)},
        becomes="overseas",
        lists_changes=False,
        lasts="until_sent",
    )


_US_RESERVED = _overseas_reserved("us", "US")
_ASIAN_RESERVED = _overseas_reserved("asia", *STOCK_MARKETS - {"KR", "US"})
_FUTURES = OrderList(
    name="domestic_fo",
    family="domestic_futureoption",
    market="domestic_futureoption",
    tool="domestic_fo_inquire_ccnl",
    order_types_of="domestic_fo_order",
    lasts="session",
)
_NIGHT_FUTURES = OrderList(
    name="domestic_fo_night",
    family="domestic_futureoption",
    market="domestic_futureoption",
    session="night",
    tool="domestic_fo_inquire_ngt_ccnl",
    days_after=5,
    only={"session": frozenset({"night"})},
    proves_absence_in=frozenset(),
    lasts="session",
)
_FUTURES_ABROAD = OrderList(
    name="overseas_fo",
    family="overseas_futureoption",
    market="overseas_futureoption",
    tool="overseas_fo_inquire_daily_order",
    zone=NEW_YORK,
    days_before=1,
    names={"average_fill_price": "fill_price", "stop_price": "stop_order_price"},
    taken_at=("receipt_datetime",),
    currency=None,
    is_exact=False,
    lasts="session",
)
_FUTURES_ABROAD_TODAY = OrderList(
    name="overseas_fo_today",
    family="overseas_futureoption",
    market="overseas_futureoption",
    tool="overseas_fo_inquire_ccld",
    by_days=False,
    names={"average_fill_price": "fill_price", "stop_price": "stop_order_price"},
    taken_at=("registration_datetime",),
    currency=None,
    is_exact=False,
    lasts="session",
)
_BONDS = OrderList(
    name="domestic_bond",
    family="domestic_bond",
    market="domestic_bond",
    tool="domestic_bond_inquire_daily_ccld",
    most_days=7,
    names={"symbol": "short_symbol", "name": "short_name"},
    is_exact=False,
)

EVERY_LIST: tuple[OrderList, ...] = (
    KOREAN,
    OVERSEAS,
    _KOREAN_RESERVED,
    _US_RESERVED,
    _ASIAN_RESERVED,
    _NIGHT_FUTURES,
    _FUTURES,
    _FUTURES_ABROAD,
    _FUTURES_ABROAD_TODAY,
    _BONDS,
)
"""All of them; where two show one order, the one that says more of it comes first."""

_BY_NAME = {order_list.name: order_list for order_list in EVERY_LIST}


def lists_of_api(api: Api | None) -> tuple[OrderList, ...]:
    """The lists that the orders of an API show in; none for an API that sends no order."""
    return tuple(_BY_NAME[name] for name in api.order.lists) if api and api.order else ()


def lists_of(catalog: Catalog, tool: str, arguments: Mapping[str, object]) -> tuple[OrderList, ...]:
    """The lists that an order with these arguments shows in."""
    return tuple(
        order_list
        for order_list in lists_of_api(catalog.find(tool))
        if all(arguments.get(name, next(iter(words))) in words for name, words in order_list.only.items())
    )
