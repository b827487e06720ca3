"""KIS' wire as a client writes it by hand, without the project's own encoder."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import httpx

from kis_mcp.clock import KST
from kis_mcp.simulator import Simulator, SimulatorOptions, run_simulator
from kis_mcp.simulator.live.channels import MARKET_CHANNELS, Channels

ACCOUNT = {"CANO": "11112222", "ACNT_PRDT_CD": "01"}
AS_DOCUMENTED = {"strict_elements": True, "inquiry_02_refused": False}
"""Switches of a KIS that keeps to its field tables."""

PRICE = ("/uapi/domestic-stock/v1/quotations/inquire-price", "FHKST01010100")
SAMSUNG = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": "005930"}
MONDAY = datetime(2026, 6, 15, 11, 0, tzinfo=KST)


class ManualClock:
    """A clock that only moves when it is told to."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, **duration: float) -> None:
        self.now += timedelta(**duration)


@dataclass(frozen=True)
class Wire:
    """One app key talking to one host."""

    http: httpx.AsyncClient
    app_key: str = "key-of-a-test"
    app_secret: str = "secret-of-a-test"
    token: str = ""
    trade_prefix: str = "TTTC"

    async def ask_token(self) -> httpx.Response:
        body = {"grant_type": "client_credentials", "appkey": self.app_key, "appsecret": self.app_secret}
        return await self.http.post("/oauth2/tokenP", json=body)

    def headers(self, tr_id: str, **others: str) -> dict[str, str]:
        return {
            "authorization": f"Bearer {self.token}",
            "appkey": self.app_key,
            "appsecret": self.app_secret,
            "tr_id": tr_id,
            "custtype": "P",
            "tr_cont": "",
            "content-type": "application/json; charset=utf-8",
            **others,
        }

    async def get(self, path: str, tr_id: str, elements: Mapping[str, str], **headers: str) -> httpx.Response:
        return await self.http.get(path, params=elements, headers=self.headers(tr_id, **headers))

    async def post(self, path: str, tr_id: str, elements: Mapping[str, Any], **headers: str) -> httpx.Response:
        return await self.http.post(path, json=elements, headers=self.headers(tr_id, **headers))

    async def price(self, symbol: str = "005930") -> dict[str, str]:
        reply = await self.get(*PRICE, SAMSUNG | {"FID_INPUT_ISCD": symbol})
        return reply.json()["output"]

    async def order(
        self, side: str, quantity: int, price: str = "0", code: str = "00", **others: str
    ) -> dict[str, Any]:
        tr_id = self.trade_prefix + {"buy": "0012U", "sell": "0011U"}[side]
        order = {"PDNO": "005930", "ORD_DVSN": code, "ORD_QTY": str(quantity), "ORD_UNPR": price}
        elements = ACCOUNT | order | {"EXCG_ID_DVSN_CD": "KRX"} | others
        return (await self.post("/uapi/domestic-stock/v1/trading/order-cash", tr_id, elements)).json()

    async def credit(
        self, side: str, credit_type: str, quantity: int, price: str = "0", code: str = "00", **others: str
    ) -> dict[str, Any]:
        order = {"PDNO": "005930", "CRDT_TYPE": credit_type, "LOAN_DT": MONDAY.strftime("%Y%m%d"), "ORD_DVSN": code}
        order |= {"ORD_QTY": str(quantity), "ORD_UNPR": price, "EXCG_ID_DVSN_CD": "KRX", "RSVN_ORD_YN": "N"}
        path = "/uapi/domestic-stock/v1/trading/order-credit"
        return (await self.post(path, {"buy": "TTTC0052U", "sell": "TTTC0051U"}[side], ACCOUNT | order | others)).json()

    async def change(self, action: str, number: str, **others: str) -> dict[str, Any]:
        elements = ACCOUNT | {
            "KRX_FWDG_ORD_ORGNO": "06010",
            "ORGN_ODNO": number,
            "ORD_DVSN": "00",
            "RVSE_CNCL_DVSN_CD": {"amend": "01", "cancel": "02"}[action],
            "ORD_QTY": "0",
            "ORD_UNPR": "0",
            "QTY_ALL_ORD_YN": "Y",
            "EXCG_ID_DVSN_CD": "KRX",
        }
        path = "/uapi/domestic-stock/v1/trading/order-rvsecncl"
        return (await self.post(path, f"{self.trade_prefix}0013U", elements | others)).json()

    async def balance(self, *, by_loan_date: bool = False, **headers: str) -> httpx.Response:
        elements = ACCOUNT | {
            "AFHR_FLPR_YN": "N",
            "OFL_YN": "",
            "INQR_DVSN": "01" if by_loan_date else "02",
            "UNPR_DVSN": "01",
            "FUND_STTL_ICLD_YN": "N",
            "FNCG_AMT_AUTO_RDPT_YN": "N",
            "PRCS_DVSN": "00",
            "CTX_AREA_FK100": "",
            "CTX_AREA_NK100": "",
        }
        path = "/uapi/domestic-stock/v1/trading/inquire-balance"
        return await self.get(path, f"{self.trade_prefix}8434R", elements, **headers)

    async def day_orders(self, *, page: Mapping[str, str] | None = None, **others: str) -> httpx.Response:
        day = MONDAY.strftime("%Y%m%d")
        elements = ACCOUNT | {
            "INQR_STRT_DT": day,
            "INQR_END_DT": day,
            "SLL_BUY_DVSN_CD": "00",
            "PDNO": "",
            "ORD_GNO_BRNO": "",
            "ODNO": "",
            "CCLD_DVSN": "00",
            "INQR_DVSN": "00",
            "INQR_DVSN_1": "",
            "INQR_DVSN_3": "00",
            "EXCG_ID_DVSN_CD": "KRX",
            "CTX_AREA_FK100": "",
            "CTX_AREA_NK100": "",
        }
        path = "/uapi/domestic-stock/v1/trading/inquire-daily-ccld"
        elements |= dict(page or {}) | others
        return await self.get(path, f"{self.trade_prefix}0081R", elements, tr_cont="N" if page else "")


@asynccontextmanager
async def simulator(
    *, channels: Channels = MARKET_CHANNELS, **options: Any
) -> AsyncGenerator[tuple[Simulator, Wire, Wire]]:
    """A simulator without limits unless asked for, with clients of its real and its demo host that have tokens."""
    chosen: dict[str, Any] = {
        "real_rate": 0,
        "demo_rate": 0,
        "token_interval_seconds": 0,
        "clock": ManualClock(),
        "switches": AS_DOCUMENTED,
    } | options
    async with (
        run_simulator(SimulatorOptions(**chosen), channels=channels) as sim,
        httpx.AsyncClient(base_url=sim.real_url, verify=False, timeout=30) as real,
        httpx.AsyncClient(base_url=sim.demo_url, verify=False, timeout=30) as demo,
    ):
        yield (
            sim,
            await with_token(Wire(real)),
            await with_token(Wire(demo, app_key="demo-key-of-a-test", trade_prefix="VTTC")),
        )


async def with_token(wire: Wire) -> Wire:
    """The same client with a token, where KIS gives one."""
    return replace(wire, token=(await wire.ask_token()).json().get("access_token", ""))
