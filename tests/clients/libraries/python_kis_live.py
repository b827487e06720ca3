"""python-kis' websocket on the simulator; only its addresses are swapped.

python python_kis_live.py REAL_URL HOME REAL_WS_URL
"""

import json
import sys
import threading
from urllib.request import Request, urlopen

import pykis.client.websocket
import pykis.kis
from steps import ACCOUNT, APP_KEY, APP_SECRET, LIVE_NAMES, run

PATIENCE_SECONDS = 30

pykis.kis.REAL_DOMAIN = sys.argv[1]
pykis.client.websocket.WEBSOCKET_REAL_DOMAIN = sys.argv[3]

kis = pykis.PyKis(id="tester", account=ACCOUNT, appkey=APP_KEY, secretkey=APP_SECRET, keep_token=False)
kis.websocket.reconnect_interval = 0.5
stock = kis.stock("005930")
tickets: list[object] = []


class Heard:
    """What an event has brought."""

    def __init__(self) -> None:
        self.responses: list[object] = []
        self.came = threading.Event()

    def hear(self, sender: object, args: object) -> None:
        self.responses.append(getattr(args, "response", args))
        self.came.set()

    def next(self) -> object:
        self.came.clear()
        assert self.came.wait(PATIENCE_SECONDS), "nothing came"
        return self.responses[-1]


trades, books, subscriptions = Heard(), Heard(), Heard()


def trade() -> object:
    tickets.append(stock.on("price", trades.hear))
    return trades.next().price > 0


def book() -> object:
    tickets.append(stock.on("orderbook", books.hear))
    found = books.next()
    return found.ask_price.price > found.bid_price.price


def notices() -> object:
    """It registers for them; it reads records of 23 fields, as KIS' example has them, where KIS' sheet has 26."""
    tickets.append(kis.websocket.subscribed_event.on(subscriptions.hear))
    tickets.append(kis.account().on("execution", lambda sender, args: None))
    return subscriptions.came.wait(PATIENCE_SECONDS)


def after_a_drop() -> object:
    body = json.dumps({"kind": "live_drop"}).encode()
    urlopen(Request(f"{sys.argv[1]}/simulator/faults", body))
    return trades.next().price > 0


run({"trades": trade, "book": book, "notices": notices, "after a drop": after_a_drop}, LIVE_NAMES)
