"""python-kis on the simulator; only its addresses are swapped.

python python_kis_client.py REAL_URL
"""

import sys
from datetime import date, timedelta
from decimal import Decimal

import pykis.kis
from steps import ACCOUNT, APP_KEY, APP_SECRET, run

pykis.kis.REAL_DOMAIN = sys.argv[1]

kis = pykis.PyKis(
    id="tester", account=ACCOUNT, appkey=APP_KEY, secretkey=APP_SECRET, keep_token=False, use_websocket=False
)
done: dict[str, object] = {}


def stock() -> object:
    return kis.stock("005930")


def order() -> object:
    low = stock().quote().low_limit
    done["order"] = stock().buy(price=Decimal(low), qty=3)
    return done["order"].number


def amend() -> object:
    done["order"] = done["order"].modify(price=stock().quote().low_limit + 100)
    return done["order"].number


run(
    {
        "token": lambda: kis.token.token,
        "quote": lambda: stock().quote().price,
        "book": lambda: stock().orderbook().asks,
        "chart": lambda: stock().daily_chart(start=date.today() - timedelta(30), period="day").bars,
        "balance": lambda: kis.account().balance().deposits,
        "order": order,
        "amend": amend,
        "cancel": lambda: done["order"].cancel() and True,
        "day's orders": lambda: kis.account().daily_orders(start=date.today(), end=date.today()).orders,
    }
)
