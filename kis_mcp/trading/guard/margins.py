"""What a contract binds of an account's money, as KIS tells it."""

from dataclasses import replace
from decimal import Decimal

from kis_mcp.catalog import number, text
from kis_mcp.market import krx_product
from kis_mcp.trading.guard.facts import GuardFacts
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.order import Action, Order
from kis_mcp.trading.reads import read_record, try_read_list
from kis_mcp.trading.venues import CONTRACT_MARKETS, KRX_CONTRACTS, OVERSEAS_CONTRACTS, is_option

_RATES = "domestic_fo_margin_rate"


async def with_margin(kis: KisReads, facts: GuardFacts) -> GuardFacts:
    """The facts with what the order's contracts bind: of a new future on either side and of a written option."""
    order = facts.order
    opens = order.action is Action.NEW and order.market in CONTRACT_MARKETS and not facts.reduces_risk
    if not opens or facts.exists is False or order.quantity is None or (facts.is_option and order.side == "buy"):
        return facts
    margin, source = await _read_margin(kis, order)
    if margin is None:
        return facts
    return replace(facts, order=replace(order, margin=margin * order.quantity), margin_source=source)


async def _read_margin(kis: KisReads, order: Order) -> tuple[Decimal | None, str]:
    """The initial margin of one contract in its currency, and the API that tells it.

    KIS tells none of a Korean option: what its writer needs depends on all that the account holds.
    """
    symbol = order.symbol or ""
    option = is_option(order.market, symbol)
    if order.market == OVERSEAS_CONTRACTS:
        tool = f"overseas_fo_{'opt' if option else 'stock'}_detail"
        return number(await read_record(kis, tool, {"symbol": symbol}), "margin") or None, tool
    if order.market != KRX_CONTRACTS or option:
        return None, ""
    rates = await try_read_list(kis, _RATES, {}) or []
    product = krx_product(symbol).get("name", "").replace("Mini", "미니")
    named = _squeezed(product or order.name or "")
    fitting = [row for row in rates if _fits(_squeezed(text(row, "underlying_name") or ""), named, whole=bool(product))]
    fitting.sort(key=lambda row: len(text(row, "underlying_name") or ""))
    return number(fitting[-1], "futures_margin_per_contract") or None if fitting else None, _RATES


def _fits(underlying: str, named: str, *, whole: bool) -> bool:
    """Whether a row is a contract's: of a product by its name, of a stock's by what the contract's name begins with."""
    return bool(underlying) and (underlying == named if whole else named.startswith(underlying))


def _squeezed(name: str) -> str:
    return "".join(name.split()).casefold()
