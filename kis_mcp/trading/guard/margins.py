"""What a contract binds of an account's money, as KIS tells it."""

from decimal import Decimal

from kis_mcp.catalog import number, text
from kis_mcp.market import krx_product
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.order import Order
from kis_mcp.trading.reads import read_record, try_read_list
from kis_mcp.trading.venues import KRX_CONTRACTS, OVERSEAS_CONTRACTS, is_option

_RATES = "domestic_fo_margin_rate"


async def read_margin(kis: KisReads, order: Order) -> tuple[Decimal | None, str]:
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
