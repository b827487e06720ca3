"""What the accounts hold: one form for every kind of instrument, read by the table of KIS' lists of holdings."""

import asyncio
import logging
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from kis_mcp.catalog import Decoded, Record, number, rounded, text
from kis_mcp.errors import KisMcpError
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.portfolio.amounts import difference, rate, total
from kis_mcp.trading.portfolio.bond_prices import read_bond_prices
from kis_mcp.trading.portfolio.holding_lists import HoldingList, lists_of, lists_of_all
from kis_mcp.trading.reads import read_whole
from kis_mcp.trading.venues import BOND_UNIT, CONTRACT_MARKETS, COUNTRIES, is_option

_PRICE = Decimal("0.0001")
_WON = Decimal(1)
_BONDS = "domestic_bond"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One instrument in one account, or a part of it. Money is in ``currency``; what KIS does not tell is None.

    Attributes:
        account: Masked.
        market: As in `kis_mcp.trading.order.Order`; "overseas" where the country is not known.
        symbol: As orders take it.
        lot: Which part of the instrument: its loan or its purchase; "" where there is only one.
        quantity: Shares, contracts, or 1,000 won of a bond's face value; below zero for a short position.
        sellable_quantity: What an order can close, open orders counted; never below zero.
        price: Never 0: KIS writes 0 where it has no price.
        value: At the current price; below zero for a short position. None of a future: it costs nothing to hold, and
            its profit is a part of the account's deposit.
        notional: Of a future, what it stands for at the current price; below zero for a short position.
        profit, profit_rate: Not realized; the rate in percent of what was paid.
        bought_today, sold_today, change: The day's shares, and the price's change since the previous close; Korean
            stocks only.
    """

    account: str
    market: str
    exchange: str | None
    symbol: str
    name: str | None
    currency: str
    is_short: bool
    lot: str
    quantity: Decimal | None
    sellable_quantity: Decimal | None
    average_price: Decimal | None
    price: Decimal | None
    purchase_amount: Decimal | None
    value: Decimal | None
    profit: Decimal | None
    profit_rate: Decimal | None
    bought_today: Decimal | None
    sold_today: Decimal | None
    change: Decimal | None
    notional: Decimal | None = None

    @property
    def is_future(self) -> bool:
        """Whether it is a contract that has no value of its own."""
        return self.market in CONTRACT_MARKETS and not is_option(self.market, self.symbol)

    @property
    def is_open(self) -> bool:
        """Whether something is held; so it counts as long as its quantity is unknown."""
        return self.quantity != 0

    @property
    def key(self) -> Hashable:
        """The same for the same holding, whichever query told it."""
        return self.account, self.exchange, self.symbol, self.is_short, self.lot


@dataclass(frozen=True, slots=True)
class Holdings:
    """What is held.

    Attributes:
        lots: One for each loan or purchase.
        notes: What is missing or unknown.
        complete: Whether every list was read whole.
    """

    lots: Sequence[Holding]
    notes: list[str]
    complete: bool

    @property
    def positions(self) -> list[Holding]:
        """One for each instrument and side, its lots added up."""
        return add_lots(self.lots)


async def read_holdings(kis: KisReads, markets: Collection[str] | None = None, *, fresh: bool = False) -> Holdings:
    """What is held in these markets; without markets, everywhere that the environment and the accounts offer. Bonds are
    valued at their last price.

    Args:
        fresh: Whether a cached answer is not good enough.

    Raises:
        KisMcpError: No list could be read.
    """
    lists = lists_of_all(kis, markets)
    answers: list[tuple[HoldingList, Decoded]] = []
    failures: list[tuple[str, KisMcpError]] = []
    notes: list[str] = []
    pages = await asyncio.gather(*(_try_read(kis, item, fresh=fresh) for item in lists))
    for item, page in zip(lists, pages, strict=True):
        if isinstance(page, KisMcpError):
            failures.append((item.market, page))
            continue
        answers.append((item, page))
        if not page.complete:
            notes.append(f"There are more holdings of {item.market} than could be read.")
    if failures and not answers:
        raise failures[0][1]
    complete = not failures and not notes
    for what in dict.fromkeys(failure.what for _, failure in failures):
        of = ", ".join(dict.fromkeys(market for market, failure in failures if failure.what == what))
        notes.append(f"The holdings of {of} could not be read: {what}")
    lots = [lot for lot in _join(kis, answers) if lot.is_open and (markets is None or lot.market in markets)]
    prices = await read_bond_prices(kis, dict.fromkeys(lot.symbol for lot in lots if lot.market == _BONDS))
    lots = [_at_price(lot, prices[lot.symbol]) if lot.symbol in prices else lot for lot in lots]
    if prices:
        notes.append(
            f"KIS tells no value of {', '.join(prices)}: it is worked out as the last price times the quantity, without"
            " accrued interest."
        )
    if unknown := dict.fromkeys(lot.symbol for lot in lots if lot.quantity is None):
        notes.append(f"KIS' answer has no readable quantity of {', '.join(unknown)}: held, but it is unknown how many.")
    return Holdings(lots, notes, complete)


async def read_market_holdings(
    kis: KisReads, market: str, *, exchange: str | None = None, fresh: bool = False
) -> list[Holding]:
    """The rows of one market, or of those lists that have one exchange there; with what is no longer held.

    Raises:
        KisMcpError: KIS fails or says no, or a list has more rows than could be read.
    """
    lists = lists_of(kis, market, exchange)
    pages = await asyncio.gather(*(read_whole(kis, item.tool, item.arguments, fresh=fresh) for item in lists))
    return [lot for lot in _join(kis, zip(lists, pages, strict=True)) if lot.market == market]


def lots_of(kis: KisReads, item: HoldingList, page: Decoded) -> list[Holding]:
    """The rows of an answer; the same row twice is one, a blank row is none."""
    return list(dict.fromkeys(lot for row in page.rows(item.block) if (lot := _holding(kis, item, row))))


def add_lots(lots: Iterable[Holding]) -> list[Holding]:
    """One for each account, instrument, exchange and side."""
    groups: dict[Hashable, list[Holding]] = {}
    for lot in lots:
        groups.setdefault((lot.account, lot.market, lot.exchange, lot.symbol, lot.is_short), []).append(lot)
    return [_sum(group) for group in groups.values()]


def example_of(held: Sequence[Holding]) -> Mapping[str, object] | None:
    """A US stock among them, as `read_exchange_rates` takes it."""
    return next(
        (
            {"symbol": holding.symbol, "exchange": holding.exchange, "price": holding.price}
            for holding in held
            if holding.currency == "USD" and holding.price and holding.exchange in COUNTRIES
        ),
        None,
    )


def _sum(lots: Sequence[Holding]) -> Holding:
    first = lots[0]
    if len(lots) == 1:
        return replace(first, lot="")
    quantity, cost = total(lot.quantity for lot in lots), total(lot.purchase_amount for lot in lots)
    profit = total(lot.profit for lot in lots)
    paid = total(
        None if lot.quantity is None or lot.average_price is None else lot.quantity * lot.average_price for lot in lots
    )
    return replace(
        first,
        lot="",
        quantity=quantity,
        sellable_quantity=total(lot.sellable_quantity for lot in lots),
        average_price=None if paid is None or not quantity else rounded(paid / quantity, _PRICE),
        purchase_amount=cost,
        value=total(lot.value for lot in lots),
        notional=total(lot.notional for lot in lots) if first.is_future else None,
        profit=profit,
        profit_rate=rate(profit, cost),
        bought_today=total(lot.bought_today for lot in lots),
        sold_today=total(lot.sold_today for lot in lots),
    )


def _at_price(bond: Holding, price: Decimal) -> Holding:
    value = None if bond.quantity is None else rounded(bond.quantity * BOND_UNIT * price, _WON)
    profit = difference(value, bond.purchase_amount)
    return replace(bond, price=price, value=value, profit=profit, profit_rate=rate(profit, bond.purchase_amount))


async def _try_read(kis: KisReads, item: HoldingList, *, fresh: bool) -> Decoded | KisMcpError:
    try:
        return await kis.rows(item.tool, item.arguments, fresh=fresh)
    except KisMcpError as error:
        _log.warning("%s could not be read: %s", item.tool, error)
        return error


def _join(kis: KisReads, answers: Iterable[tuple[HoldingList, Decoded]]) -> list[Holding]:
    """The rows of several lists: what an earlier one told is left out of the later ones. KIS writes the exchange and
    the loan of one holding differently in different APIs, so that between those symbol and currency decide."""
    found: list[Holding] = []
    for item, page in answers:
        keys = {lot.key for lot in found}
        instruments = {(lot.account, lot.symbol, lot.currency) for lot in found} if item.repeats else set[Hashable]()
        found += [
            lot
            for lot in lots_of(kis, item, page)
            if lot.key not in keys and (lot.account, lot.symbol, lot.currency) not in instruments
        ]
    return found


def _holding(kis: KisReads, item: HoldingList, row: Record) -> Holding | None:
    def amount(fact: str) -> Decimal | None:
        return number(row, item.names[fact]) if fact in item.names else None

    symbol, quantity, value = text(row, "short_symbol", "symbol"), amount("quantity"), amount("value") or None
    if symbol is None and not quantity:
        return None
    api = kis.catalog.find(item.tool)
    account = kis.accounts.get(api.account) if api and api.account else None
    exchange = item.exchange or text(row, "exchange")
    market, currency = COUNTRIES.get(exchange or "", (item.market, str(item.arguments.get("currency") or "")))
    is_short = _is_short(row)
    sign = -1 if is_short else 1
    worth = None if value is None else value * sign
    is_future = market in CONTRACT_MARKETS and not is_option(market, symbol or "")
    return Holding(
        account=account.masked if account else "",
        market=market,
        exchange=exchange,
        symbol=symbol or "",
        name=text(row, "name"),
        currency=item.currency or text(row, item.names["currency"]) or currency,
        is_short=is_short,
        lot=" ".join(filter(None, (text(row, name) for name in item.lot))),
        quantity=None if quantity is None else quantity * sign,
        sellable_quantity=amount("sellable_quantity"),
        average_price=amount("average_price"),
        price=amount("price") or None,
        purchase_amount=amount("purchase_amount"),
        value=None if is_future else worth,
        notional=worth if is_future else None,
        profit=amount("profit"),
        profit_rate=amount("profit_rate"),
        bought_today=amount("bought_today"),
        sold_today=amount("sold_today"),
        change=amount("change"),
    )


def _is_short(row: Mapping[str, object]) -> bool:
    """Whether a row is of something that was sold, or borrowed and sold."""
    said = f"{text(row, 'side')} {text(row, 'side_name')}"
    return "sell" in said or "매도" in said or bool(number(row, "borrowed_stock_sale_proceeds"))
