"""How much of one stock the account's cash buys."""

from dataclasses import dataclass
from decimal import Decimal

from kis_mcp.catalog import number
from kis_mcp.errors import BadArgument
from kis_mcp.market import KNOWN_BY_ABROAD, KNOWN_BY_KOREA, Instrument, is_told, unknown_to_kis
from kis_mcp.trading.kis import KisReads


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyingPower:
    """How much of one stock can be bought at a price, with cash in ``currency`` and no loan."""

    symbol: str
    market: str
    currency: str
    price: Decimal | None
    cash: Decimal | None
    max_quantity: Decimal | None


async def read_buying_power(kis: KisReads, instrument: Instrument, price: Decimal | None = None) -> BuyingPower:
    """How much of ``instrument`` can be bought at ``price``, by default the last one.

    Raises:
        BadArgument: KIS does not know the instrument, or no price of it.
        KisMcpError: By KIS' answer.
    """
    korean = instrument.market == "KR"
    where: dict[str, object] = {"symbol": instrument.symbol}
    if not korean:
        where["exchange"] = instrument.exchange
    if price is None:
        page = await kis.rows("domestic_stock_inquire_price" if korean else "overseas_stock_price", where)
        quote = page.record("price")
        if not is_told(quote, KNOWN_BY_KOREA if korean else KNOWN_BY_ABROAD):
            raise unknown_to_kis(instrument)
        price = number(quote, "price")
    if not price:
        raise BadArgument(
            f"No price of {instrument.symbol} is known: it is halted, or has not traded.",
            remedy="Give the price that you would buy at.",
            field="price",
        )
    arguments = where | {"price": price}
    if korean:
        tool, cash, quantity = (
            "domestic_stock_inquire_psbl_order",
            "buy_amount_without_receivable",
            "buy_quantity_without_receivable",
        )
        arguments["order_type"] = "limit"
    else:
        tool, cash, quantity = (
            "overseas_stock_inquire_psamount",
            "overseas_orderable_amount",
            "max_orderable_quantity",
        )
    power = (await kis.rows(tool, arguments, fresh=True)).record("buying_power")
    return BuyingPower(
        symbol=instrument.symbol,
        market=instrument.market,
        currency=instrument.currency,
        price=price,
        cash=number(power, cash),
        max_quantity=number(power, quantity),
    )
