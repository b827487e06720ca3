"""What an order is, in terms that hold for every market, and which row of the spec table it came from."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Literal, TypeAlias, cast

from kis_mcp.catalog import Api
from kis_mcp.environment import Environment
from kis_mcp.trading.venues import COUNTRIES, STOCK_MARKETS

Side: TypeAlias = Literal["buy", "sell"]


class Action(StrEnum):
    NEW = "new"
    MODIFY = "modify"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as the guard, the person and the journal see it.

    Attributes:
        kis_title: What KIS and the spec table call such an order.
        action: A new order, or a change to or the end of a standing one.
        market: ``KR``, ``US`` or another country for stocks; the KIS category for everything else.
        symbol, name: The instrument.
        quantity: Shares or contracts; None where a change concerns all that remains.
        price: For one share, in ``currency``; None where the order type has no price.
        stop_price: The market's price that sets the order off.
        order_type: The table's word, such as ``limit`` or ``market``.
        exchange: The table's word, such as ``krx``, ``sor`` or ``nasdaq``.
        currency: ISO code; None where it is not known.
        amount: What the order is worth at most, in ``currency``; None where it cannot be told.
        amount_krw: The same in won.
        fees: Commission and taxes on that amount, in ``currency``; None where they cannot be told.
        expected_amount: What it is worth at the last price, in ``currency``; None where its price is a limit, and where
            that cannot be told.
        expected_fees: Commission and taxes on that.
        margin: What the contracts that it opens bind, in ``currency``; None where KIS does not tell, and for all else.
        buying_power_share: How much of what KIS would take at most this is, 1 for all of it; None where not asked.
        original_order_id: The standing order that a change or cancel concerns; a reservation's as tools show it.
        original_price, original_quantity: Of that order, as it stands: its price, and what of it is open.
        reserved_for: The day at whose opening KIS sends a reservation, where that can be told.
        closes: Whether it only reduces risk, as the account was when the order was proposed.
    """

    kis_title: str
    action: Action
    market: str
    symbol: str | None = None
    name: str | None = None
    side: Side | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    stop_price: Decimal | None = None
    order_type: str | None = None
    exchange: str | None = None
    currency: str | None = None
    amount: Decimal | None = None
    amount_krw: Decimal | None = None
    fees: Decimal | None = None
    expected_amount: Decimal | None = None
    expected_fees: Decimal | None = None
    margin: Decimal | None = None
    buying_power_share: Decimal | None = None
    original_order_id: str | None = None
    original_price: Decimal | None = None
    original_quantity: Decimal | None = None
    reserved_for: date | None = None
    closes: bool = False

    @property
    def adds_position(self) -> bool:
        """Whether it may open a position: a new order to buy, either side of a contract, or a short sale."""
        may_open = self.side == "buy" or self.market not in STOCK_MARKETS or not self.closes
        return self.action is Action.NEW and may_open


SAME_DAY = timedelta(hours=18)
"""How far apart two moments can lie for an order's number to mean the same order: KIS counts anew every day."""

_SHORT_CODE = 6
_RESERVATION = re.compile(r"R(?P<day>\d{8})?-(?P<number>\d{1,10})")


def order_of(api: Api, values: Mapping[str, object]) -> Order:
    """The order that a call of ``api`` with validated arguments stands for.

    The rows of the table share their parameter names, so nothing here knows a single API.
    """
    exchange = _text(values.get("exchange"))
    market, currency = _market(api, exchange)
    action = _action(api, values)
    price = _number(values.get("price"))
    side = values.get("side", api.slug)
    original = values.get("order_id") or _reservation(values)
    return Order(
        kis_title=f"{api.title}, {api.title_ko}",
        action=action,
        market=market,
        symbol=_text(values.get("symbol")),
        side=side if side in ("buy", "sell") else None,
        quantity=_number(values.get("quantity")),
        price=price or None,
        stop_price=_number(values.get("stop_price")),
        order_type="market" if values.get("replace_with_market") else _text(values.get("order_type")),
        exchange=exchange,
        currency=currency,
        original_order_id=None if action is Action.NEW else _text(original),
    )


def fingerprint(environment: Environment, account: str, tool: str, arguments: Mapping[str, object]) -> str:
    """The same for the same order: a digest of where it goes and all that it says."""
    said = json.dumps([environment, account, tool, plain(arguments)], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def reservation_id(number: str, day: date | None) -> str:
    """How tools show a reservation's number, such as ``R20260303-7``."""
    return f"R{day:%Y%m%d}-{number}" if day else f"R-{number}"


def read_order_id(printed: str) -> tuple[str, date | None, bool]:
    """The number in what tools show of an order, and of a reservation its day, and whether it is one."""
    found = _RESERVATION.fullmatch(printed)
    if found is None:
        return printed, None, False
    return found["number"], date.fromisoformat(found["day"]) if found["day"] else None, True


def is_same_order_id(one: str | None, other: str | None) -> bool:
    """Whether two order numbers are the same one; KIS pads them with zeros, people do not, and tools add a day to a
    reservation's."""
    return one is not None and other is not None and _bare_number(one) == _bare_number(other)


def _bare_number(order_id: str) -> str:
    return read_order_id(order_id)[0].lstrip("0")


def is_same_symbol(listed: str, wanted: str | None) -> bool:
    """Whether a listed symbol is the wanted one, or the short form of its ISIN."""
    if wanted is None or listed == wanted:
        return True
    shorter, longer = sorted((listed, wanted), key=len)
    return len(shorter) >= _SHORT_CODE and shorter in longer


def plain(arguments: Mapping[str, object]) -> dict[str, object]:
    """Validated arguments as JSON holds them, equal for equal values: 70000 and 70000.0 are the same price."""
    return {name: _plain(value) for name, value in sorted(arguments.items()) if value is not None}


def _plain(value: object) -> object:
    match value:
        case bool() | str():
            return value
        case int() | Decimal():
            return f"{Decimal(value).normalize():f}"
        case date() | time():
            return value.isoformat()
        case list():
            return [_plain(item) for item in cast("list[object]", value)]
        case _:
            return str(value)


def _market(api: Api, exchange: str | None) -> tuple[str, str | None]:
    match api.category:
        case "domestic_stock":
            return "KR", "KRW"
        case "overseas_stock":
            return COUNTRIES.get(exchange or "", ("overseas", None))
        case category:
            return category, "KRW" if category.startswith("domestic") else None


def _action(api: Api, values: Mapping[str, object]) -> Action:
    said = values.get("action")
    if values.get("replace_with_market"):
        return Action.MODIFY
    if said in (Action.MODIFY, Action.CANCEL):
        return Action(str(said))
    only_names_an_order = api.parameter("reservation_id") is not None and api.parameter("quantity") is None
    return Action.CANCEL if only_names_an_order else Action.NEW


def _reservation(values: Mapping[str, object]) -> str | None:
    number, day = _text(values.get("reservation_id")), values.get("reservation_date")
    return reservation_id(number, day) if number and isinstance(day, date) else number


def _text(value: object) -> str | None:
    return str(value) if value else None


def _number(value: object) -> Decimal | None:
    return Decimal(str(value)) if isinstance(value, int | Decimal) else None
