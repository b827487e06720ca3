"""A websocket client of KIS as KIS' documents describe it; it shares nothing with the project."""

import base64
import json
import threading
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from websockets.asyncio.client import ClientConnection, connect

from kis_mcp.simulator.answers.live import Elements
from kis_mcp.simulator.live.channels import Channels
from kis_mcp.simulator.world import World
from tests.simulator.wire import Wire

TRADES = "H0STCNT0"
PATIENCE_SECONDS = 20


@dataclass(frozen=True)
class DataFrame:
    """A data frame, its fields in a row, decrypted where it was encrypted."""

    tr_id: str
    count: int
    fields: Sequence[str]
    is_encrypted: bool

    @property
    def records(self) -> list[Sequence[str]]:
        width = len(self.fields) // self.count
        return [self.fields[start : start + width] for start in range(0, len(self.fields), width)]


@dataclass
class LiveClient:
    """One connection, with an approval key."""

    connection: ClientConnection
    approval_key: str
    keys: dict[str, tuple[str, str]] = field(default_factory=dict)

    async def send(self, tr_id: str, key: str, *, tr_type: str = "1", **header: str) -> None:
        message = {
            "header": {"approval_key": self.approval_key, "custtype": "P", "tr_type": tr_type, "content-type": "utf-8"}
            | header,
            "body": {"input": {"tr_id": tr_id, "tr_key": key}},
        }
        await self.connection.send(json.dumps(message))

    async def receive(self) -> str:
        text = await self.connection.recv()
        assert isinstance(text, str)
        return text

    async def answer(self) -> dict[str, Any]:
        """The next message that is JSON and no PINGPONG."""
        while True:
            text = await self.receive()
            if text[0] not in "01" and "PINGPONG" not in text:
                return json.loads(text)

    async def register(self, tr_id: str, key: str, **header: str) -> dict[str, Any]:
        await self.send(tr_id, key, **header)
        answer = await self.answer()
        if (output := answer["body"].get("output")) is not None:
            self.keys[tr_id] = (output["key"], output["iv"])
        return answer

    async def release(self, tr_id: str, key: str) -> dict[str, Any]:
        await self.send(tr_id, key, tr_type="2")
        return await self.answer()

    async def frame(self) -> DataFrame:
        """The next data frame."""
        while (text := await self.receive())[0] not in "01":
            pass
        return self.read(text)

    def read(self, text: str) -> DataFrame:
        encrypted, tr_id, count, payload = text.split("|", 3)
        assert len(count) == 3
        if encrypted == "1":
            payload = decrypted(payload, *self.keys[tr_id])
        return DataFrame(tr_id, int(count), payload.split("^"), encrypted == "1")


def decrypted(text: str, key: str, iv: str) -> str:
    aes = Cipher(algorithms.AES(key.encode()), modes.CBC(iv.encode())).decryptor()
    unpadder = padding.PKCS7(128).unpadder()
    padded = aes.update(base64.b64decode(text)) + aes.finalize()
    return (unpadder.update(padded) + unpadder.finalize()).decode()


async def approval(wire: Wire) -> str:
    body = {"grant_type": "client_credentials", "appkey": wire.app_key, "secretkey": wire.app_secret}
    return (await wire.http.post("/oauth2/Approval", json=body)).json()["approval_key"]


@asynccontextmanager
async def live(url: str, wire: Wire, path: str = "/tryitout") -> AsyncGenerator[LiveClient]:
    async with connect(url + path, proxy=None, ping_interval=None) as connection:
        yield LiveClient(connection, await approval(wire))


class Script:
    """A market whose trades a test writes: each price at its time."""

    def __init__(self) -> None:
        self.trades: list[tuple[datetime, str]] = []
        self.asked: list[tuple[str, datetime, datetime]] = []
        self.was_asked = threading.Event()

    def feed(self, world: World, key: str, since: datetime, until: datetime) -> Sequence[Elements]:
        self.asked.append((key, since, until))
        self.was_asked.set()
        return [trade(key, price) for at, price in self.trades if since < at <= until]

    @property
    def channels(self) -> Channels:
        return Channels({TRADES: self.feed}, lambda _world, _tr_id, key, _now: key != "999999")


def trade(symbol: str, price: str) -> Mapping[str, str]:
    return {"MKSC_SHRN_ISCD": symbol, "STCK_PRPR": price, "MARKET_CLS_CODE": "2"}
