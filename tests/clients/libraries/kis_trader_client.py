"""kis-trader on the simulator; only its addresses are swapped.

python kis_trader_client.py REAL_URL FOLDER
"""

import sys
from datetime import date, timedelta
from pathlib import Path

from kis_trader import KISClient
from kis_trader._internal import _endpoints
from steps import ACCOUNT, APP_KEY, APP_SECRET, run

_endpoints._BASE_URL_BY_ENVIRONMENT["real"] = sys.argv[1]

kis = KISClient(
    app_key=APP_KEY,
    app_secret=APP_SECRET,
    account=ACCOUNT,
    environment="real",
    token_cache_dir=Path(sys.argv[2]),
    config_dir=Path(sys.argv[2]),
)
stock = kis.domestic.stock("005930")
done: dict[str, str] = {}


def cheap() -> int:
    """A price at which a purchase rests."""
    return int(stock.quote().current_price * 8 // 10 // 100 * 100)


def order() -> object:
    done["id"] = stock.buy(quantity=3, limit_price=cheap()).client_order_id
    return done["id"]


def amend() -> object:
    """The library keeps its own number for an order, whatever KIS' is after a change."""
    return kis.orders.modify(done["id"], limit_price=cheap() + 100)


today = date.today()
run(
    {
        "token": lambda: stock.quote(),
        "quote": lambda: stock.quote().current_price,
        "book": lambda: stock.order_book().asks,
        "chart": lambda: stock.bars("1d", start=today - timedelta(30), end=today),
        "balance": lambda: kis.account.domestic.balance(),
        "order": order,
        "amend": amend,
        "cancel": lambda: kis.orders.cancel(done["id"]),
        "day's orders": lambda: kis.account.domestic.order_history(start=f"{today:%Y%m%d}", end=f"{today:%Y%m%d}"),
    }
)
