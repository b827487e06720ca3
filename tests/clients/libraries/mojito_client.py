"""mojito2 on the simulator; only its address is swapped.

python mojito_client.py REAL_URL
"""

import sys

import mojito
from steps import ACCOUNT, APP_KEY, APP_SECRET, run

ADDRESS = sys.argv[1]
SAMSUNG = "005930"
done: dict[str, dict[str, str]] = {}


class Broker(mojito.KoreaInvestment):
    """The library's own, at another address."""

    def set_base_url(self, mock: bool = True) -> None:
        self.base_url = ADDRESS


def good(answer: dict) -> dict:
    assert answer["rt_cd"] == "0", answer
    return answer


broker = Broker(APP_KEY, APP_SECRET, ACCOUNT, "서울")


def order() -> object:
    low = int(good(broker.fetch_price(SAMSUNG))["output"]["stck_llam"])
    answer = good(broker.create_limit_buy_order(SAMSUNG, low, 3))
    done["order"] = answer["output"]
    return answer["output"]["ODNO"]


def amend() -> object:
    low = int(good(broker.fetch_price(SAMSUNG))["output"]["stck_llam"])
    placed = done["order"]
    answer = good(broker.modify_order(placed["KRX_FWDG_ORD_ORGNO"], placed["ODNO"], "00", low + 100, 3, True))
    done["order"] = answer["output"]
    return answer["output"]["ODNO"]


def cancel() -> object:
    placed = done["order"]
    return good(broker.cancel_order(placed["KRX_FWDG_ORD_ORGNO"], placed["ODNO"], 3, True))


def open_orders() -> object:
    """The library has no list of the day's orders, only that of open ones."""
    order()
    asked = {"CTX_AREA_FK100": "", "CTX_AREA_NK100": "", "INQR_DVSN_1": "0", "INQR_DVSN_2": "0"}
    return good(broker.fetch_open_order(asked))["output"]


run(
    {
        "token": lambda: broker.access_token,
        "quote": lambda: good(broker.fetch_price(SAMSUNG))["output"]["stck_prpr"],
        "book": lambda: "the library has none",
        "chart": lambda: good(broker.fetch_ohlcv(SAMSUNG, "D", "20260101", "20260131"))["output2"],
        "balance": lambda: broker.fetch_balance()["output2"],
        "order": order,
        "amend": amend,
        "cancel": cancel,
        "day's orders": open_orders,
    }
)
