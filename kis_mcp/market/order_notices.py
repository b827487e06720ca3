"""KIS' notices of the customer's own orders, of every market, in one form.

Each is read by itself. They may come twice, out of order, before the answer to the order itself, or not at all: what an
order has come to follows from all of them, and KIS' list of orders stays the authority.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, time
from decimal import Decimal
from typing import Literal, TypeAlias

from kis_mcp.account import Account
from kis_mcp.catalog import AccountKind, Api, Frame, Record, decode_frame, frame_accounts, number, text
from kis_mcp.market.exchanges import COUNTRIES, KOREA

OrderEvent: TypeAlias = Literal["accepted", "confirmed", "rejected", "lapsed", "filled"]
"""``accepted`` by KIS, ``confirmed`` by the exchange, ``rejected`` by either; ``lapsed`` is what an IOC or FOK order
leaves unfilled; ``filled`` wholly or in part."""

NoticeAction: TypeAlias = Literal["new", "modify", "cancel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderNotice:
    """One notice. Two are equal when KIS said the same twice, whenever that was.

    Attributes:
        category: The KIS category whose orders are numbered together.
        accounts: The accounts of this server that it may be for: one, or several that share a number.
        market: As in `kis_mcp.trading.order.Order`.
        order_id, branch: KIS' number of the order, change or cancel, and the branch that keeps it.
        original_order_id: The order that a change or cancel concerns.
        quantity, price: Ordered, in shares or contracts and per one of them; None where the notice does not say.
        fill_quantity, fill_price: Of this fill.
        filled_so_far: Of the whole order, where KIS says it.
        fill_id: KIS' number of the fill, which only overseas futures and options have.
        kis_time: The time of day in KST that KIS gives, where it is Korea's for certain.
        stamp: KIS' time as it came, whosever clock it is.
        received_at: When it came, by this machine's clock.
    """

    category: str
    accounts: tuple[Account, ...] = ()
    market: str
    exchange: str | None = None
    order_id: str
    branch: str = ""
    original_order_id: str | None = None
    action: NoticeAction = "new"
    event: OrderEvent
    symbol: str
    name: str | None = None
    side: Literal["buy", "sell"]
    quantity: Decimal | None = None
    price: Decimal | None = None
    fill_quantity: Decimal | None = None
    fill_price: Decimal | None = None
    filled_so_far: Decimal | None = None
    fill_id: str | None = None
    kis_time: time | None = None
    stamp: str = ""
    received_at: datetime = field(compare=False)

    @property
    def digest(self) -> str:
        """Equal for equal notices; it tells nothing of the account."""
        said = [str(getattr(self, each.name)) for each in fields(self) if each.compare and each.name != "accounts"]
        return hashlib.sha256("^".join(said).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ReadNotices:
    """What a frame held.

    Attributes:
        problems: Why some could not be read.
        others: How many are for accounts that this server does not have.
    """

    notices: tuple[OrderNotice, ...] = ()
    problems: tuple[str, ...] = ()
    others: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _NoticeForm:
    """How one API's notices are written.

    Attributes:
        kinds: The kinds of account whose orders it tells of.
        event: The event of all its notices; None where the fields say.
        prices: Where the price of an order or of a fill is.
        has_korean_time: Whether its time of day is Korea's.
        decimals: Country → how many digits of a price without a decimal point are its decimals; empty where a price is
            written as it is, None where nobody knows.
    """

    kinds: tuple[AccountKind, ...]
    event: OrderEvent | None = None
    prices: tuple[str, ...] = ("fill_price",)
    has_korean_time: bool = False
    decimals: Mapping[str, int] | None = field(default_factory=dict[str, int])


_KRX_CONTRACTS = _NoticeForm(kinds=("futures",), prices=("fill_price_unscaled",), has_korean_time=True, decimals=None)

_FORMS: Mapping[str, _NoticeForm] = {
    "domestic_stock_ccnl_notice": _NoticeForm(kinds=("stock", "pension"), has_korean_time=True),
    # KIS' document of H0GSCNI0 says where the point belongs.
    "overseas_stock_ccnl_notice": _NoticeForm(
        kinds=("stock",), prices=("fill_price_unscaled",), decimals={"US": 4, "JP": 1, "CN": 3, "HK": 3, "VN": 0}
    ),
    # KIS' example of H0EUCNI0 gives 000135900 for a dollar future at 1,359.00, and no rule for the others.
    "domestic_fo_fuopt_ccnl_notice": _KRX_CONTRACTS,
    "domestic_fo_krx_ngt_futures_ccnl_notice": _KRX_CONTRACTS,
    "domestic_fo_krx_ngt_option_notice": _KRX_CONTRACTS,
    "overseas_fo_order_notice": _NoticeForm(kinds=("overseas_futures",), prices=("limit_price",)),
    "overseas_fo_ccnl_notice": _NoticeForm(kinds=("overseas_futures",), event="filled"),
}

NOTICE_TOOLS: tuple[str, ...] = tuple(_FORMS)
"""The websocket APIs that tell of the customer's own orders."""

_ORDER_PRICES = ("order_price", "order_price_unscaled")

_ABROAD = "overseas"
"""The market of an exchange that KIS' documents do not list."""

_ACTIONS: Mapping[str, NoticeAction] = {
    "new": "new",
    "new_closing": "new",
    "modify": "modify",
    "modify_closing": "modify",
    "cancel": "cancel",
}
_EVENTS: Mapping[str, OrderEvent] = {"accepted": "accepted", "confirmed": "confirmed", "cancelled": "lapsed"}
_RECEIPTS: Mapping[str, OrderEvent] = {"pending": "accepted", "accepted": "confirmed", "rejected": "rejected"}
_EXCHANGES_OF_SOR = {"sor_krx": "sor", "sor_nxt": "sor"}


class NoticeUnreadable(ValueError):
    """A notice lacks what makes it one."""


def is_notice_of(kinds: Collection[AccountKind], tool: str) -> bool:
    """Whether an API tells of the orders of one of these kinds of account."""
    return not set(_FORMS[tool].kinds).isdisjoint(kinds)


def read_order_notices(api: Api, frame: Frame, accounts: Mapping[AccountKind, Account]) -> ReadNotices:
    """The notices of a decrypted frame that are for these accounts; those for other accounts of the same HTS ID are
    only counted. It never raises on what KIS sends.

    Args:
        api: One of `NOTICE_TOOLS`.
        accounts: The accounts of this server.
    """
    form = _FORMS[api.tool]
    try:
        numbers = frame_accounts(api, frame.payload, frame.count)
        hidden = tuple({account.number for account in accounts.values()})
        records = decode_frame(api, frame.payload, frame.count, hide=hidden).rows(api.blocks[0].name)
    except ValueError as error:
        return ReadNotices(problems=(f"A notice of {frame.tr_id} cannot be divided into its fields: {error}.",))
    notices: list[OrderNotice] = []
    problems: list[str] = []
    others = 0
    for account_number, record in zip(numbers, records, strict=True):
        own = _own_accounts(account_number, accounts, form.kinds)
        if not own:
            others += 1
            continue
        try:
            notices.append(replace(read_order_notice(api, record, frame.received_at), accounts=own))
        except NoticeUnreadable as error:
            problems.append(f"A notice of {frame.tr_id} was not used: {error}.")
    return ReadNotices(tuple(notices), tuple(problems), others)


def _own_accounts(
    account_number: str, accounts: Mapping[AccountKind, Account], kinds: Collection[AccountKind]
) -> tuple[Account, ...]:
    """Whose notice it is: KIS gives the number with its product, ten digits, and in an example without, eight."""
    digits = account_number.replace("-", "")
    if len(digits) == 8:
        return tuple(account for kind, account in accounts.items() if kind in kinds and account.number == digits)
    return tuple({account for account in accounts.values() if f"{account.number}{account.product}" == digits})


def read_order_notice(api: Api, record: Record, received_at: datetime) -> OrderNotice:
    """The notice of one decoded record, of whichever account.

    Raises:
        NoticeUnreadable: It lacks what makes it one.
    """
    form = _FORMS[api.tool]
    event = form.event or _event(record)
    is_fill = event == "filled"
    order_id, side = _require(record, "order_id"), _require(record, "side").removesuffix("_to_close")
    original = text(record, "original_order_id")
    action = _ACTIONS.get(text(record, "order_action") or "new")
    exchange = text(record, "exchange", "order_exchange")
    market = _market(api, exchange)
    price = _price(form, record, market, form.prices)
    order_price = _price(form, record, market, _ORDER_PRICES)
    amount = number(record, "fill_quantity")
    if action is None:
        raise NoticeUnreadable(f"it is of no order, but of {text(record, 'order_action')}")
    if is_fill and (amount is None or amount <= 0):
        raise NoticeUnreadable("it is of a fill, and says no quantity")
    stamp = text(record, "trade_time", "operation_datetime", "order_datetime") or ""
    return OrderNotice(
        category=api.category,
        market=market,
        exchange=_EXCHANGES_OF_SOR.get(exchange or "", exchange),
        order_id=order_id,
        branch=text(record, "branch_number") or "",
        original_order_id=None if not (original or "").strip("0") or _is_same(original, order_id) else original,
        action=action,
        event=event,
        symbol=_require(record, "symbol"),
        name=text(record, "name"),
        side="sell" if side == "sell" else "buy",
        # The documents of H0GSCNI0 and H0EUCNI0: of an order, its quantity stands where a fill's would.
        quantity=number(record, "order_quantity") or (None if is_fill else amount),
        price=order_price if is_fill else order_price or price,
        fill_quantity=amount if is_fill else None,
        fill_price=price if is_fill else None,
        filled_so_far=number(record, "filled_quantity"),
        fill_id=text(record, "fill_id"),
        kis_time=time.fromisoformat(stamp) if stamp and form.has_korean_time else None,
        stamp=stamp,
        received_at=received_at,
    )


def _event(record: Record) -> OrderEvent:
    if text(record, "notice_type") == "fill":
        return "filled"
    receipt = text(record, "exchange_receipt")
    if receipt is not None:
        return _RECEIPTS[receipt]
    if record.get("rejected") is True:
        return "rejected"
    acceptance = text(record, "acceptance")
    if acceptance is None or text(record, "notice_type") is None:
        raise NoticeUnreadable("it does not say what happened")
    return _EVENTS[acceptance]


def _require(record: Record, name: str) -> str:
    said = text(record, name)
    if said is None:
        raise NoticeUnreadable(f"it has no {name}")
    return said


def _market(api: Api, exchange: str | None) -> str:
    if api.category == "domestic_stock":
        return KOREA
    if api.category != "overseas_stock":
        return api.category
    return COUNTRIES.get(exchange or "", _ABROAD)


def _price(form: _NoticeForm, record: Record, market: str, names: Sequence[str]) -> Decimal | None:
    """The price per share or contract; None for none, and where nobody can tell where its decimal point belongs."""
    said = text(record, *names)
    price = Decimal(said) if said and said.replace(".", "", 1).isdigit() else None
    if not price or said is None or "." in said or form.decimals == {}:
        return price or None
    if form.decimals is None or market not in form.decimals:
        return None
    return Decimal(f"{price.scaleb(-form.decimals[market]).normalize():f}")


def _is_same(one: str | None, other: str) -> bool:
    return one is not None and one.lstrip("0") == other.lstrip("0")
