"""How much a stock account can buy."""

from decimal import Decimal

import pytest

from kis_mcp.errors import BadArgument
from kis_mcp.market.instrument import Instrument
from kis_mcp.market.instruments import builtin_instruments
from kis_mcp.trading.portfolio.buying_power import read_buying_power
from tests.trading.fakes import AccountKis

SAMSUNG, APPLE = builtin_instruments().resolve("005930"), builtin_instruments().resolve("AAPL")
QUOTES = {"KR": "domestic_stock_inquire_price", "US": "overseas_stock_price"}
CAPACITY = {"domestic_stock_inquire_psbl_order", "overseas_stock_inquire_psamount"}
HALTED = {"price": 0, "base_price": 3150, "previous_close": 3150}


@pytest.mark.parametrize("stock", [SAMSUNG, APPLE], ids=["KR", "US"])
async def test_without_a_price_kis_is_not_asked_what_can_be_bought(account: AccountKis, stock: Instrument) -> None:
    account.answers[QUOTES[stock.market]] = {"price": HALTED}
    with pytest.raises(BadArgument, match="No price") as refusal:
        await read_buying_power(account, stock)
    assert refusal.value.field == "price"
    assert CAPACITY.isdisjoint(account.reads)
    account.answers[QUOTES[stock.market]] = {"price": {"price": 0}}
    with pytest.raises(BadArgument, match="knows no"):
        await read_buying_power(account, stock)


async def test_at_a_price_that_the_caller_names_no_quote_is_asked(account: AccountKis) -> None:
    account.answers["domestic_stock_inquire_psbl_order"] = {
        "buying_power": {"buy_amount_without_receivable": 100, "buy_quantity_without_receivable": 3}
    }
    power = await read_buying_power(account, SAMSUNG, Decimal(30))
    assert (power.price, power.cash, power.max_quantity) == (30, 100, 3)
    assert account.reads == ["domestic_stock_inquire_psbl_order"]
