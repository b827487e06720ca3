"""KIS' websocket as its documents describe it, on loopback; it shares nothing with the client."""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

KEY, IV = "abcdefghijklmnopqrstuvwxyz012345", "0123456789abcdef"
NOTICES = ("H0STCNI0", "H0GSCNI0")


def encrypted(text: str) -> str:
    padder = padding.PKCS7(128).padder()
    aes = Cipher(algorithms.AES(KEY.encode()), modes.CBC(IV.encode())).encryptor()
    return base64.b64encode(aes.update(padder.update(text.encode()) + padder.finalize()) + aes.finalize()).decode()


class FakeLiveKis:
    """Keeps the registrations of one session and answers as KIS does; a link beside it is refused.

    Attributes:
        received: Every text that came.
        registered: What the session is registered for.
        refuse: Code and message with which a tr_key is refused.
        mute: Whether registrations are left without answer.
        link: The session's link.
        in_use: How many registrations were refused because of another session.
    """

    def __init__(self) -> None:
        self.url = ""
        self.received: list[str] = []
        self.registered: set[tuple[str, str]] = set()
        self.refuse: dict[str, tuple[str, str]] = {}
        self.mute = False
        self.connections = 0
        self.in_use = 0
        self.link: ServerConnection | None = None
        self.changed = asyncio.Event()

    async def serve(self, link: ServerConnection) -> None:
        self.connections += 1
        self._begin(link)
        self._notify()
        try:
            async for text in link:
                assert isinstance(text, str)
                self.received.append(text)
                self._begin(link)
                if "PINGPONG" not in text and not self.mute:
                    await link.send(self._answer(link, json.loads(text)))
                self._notify()
        except ConnectionClosed:
            pass
        if self.link is link:
            self.link, self.registered = None, set()
        self._notify()

    async def send(self, text: str | bytes) -> None:
        assert self.link is not None
        await self.link.send(text)

    async def send_as_text(self, raw: bytes) -> None:
        """A text frame of any bytes, UTF-8 or not."""
        assert self.link is not None
        await self.link.send(raw, text=True)

    def cut(self) -> None:
        assert self.link is not None
        self.link.transport.abort()

    async def until(self, *channels: tuple[str, str]) -> None:
        """Wait until these are registered on one connection."""
        await self._until(lambda: self.link is not None and self.registered >= set(channels))

    async def until_received(self, count: int) -> None:
        await self._until(lambda: len(self.received) >= count)

    async def until_connected(self, times: int) -> None:
        await self._until(lambda: self.connections >= times)

    async def until_cut(self) -> None:
        await self._until(lambda: self.link is None)

    async def until_only(self, *channels: tuple[str, str]) -> None:
        """Wait until exactly these are registered."""
        await self._until(lambda: self.registered == set(channels))

    async def _until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not holds():
                self.changed.clear()
                await self.changed.wait()

    def _begin(self, link: ServerConnection) -> None:
        if self.link is None:
            self.link, self.registered = link, set()

    def _answer(self, link: ServerConnection, message: dict[str, Any]) -> str:
        header: dict[str, str] = message["header"]
        wanted: dict[str, str] = message["body"]["input"]
        tr_id, key = wanted["tr_id"], wanted["tr_key"]
        output = {"iv": IV, "key": KEY} if tr_id in NOTICES else None
        code, words = ("OPSP0000", "SUBSCRIBE SUCCESS")
        if link is not self.link:
            self.in_use += 1
            code, words = "OPSP8996", "ALREADY IN USE appkey"
        elif header["tr_type"] == "2":
            self.registered.discard((tr_id, key))
            code, words = ("OPSP0001", "UNSUBSCRIBE SUCCESS")
        elif key in self.refuse:
            code, words = self.refuse[key]
        else:
            self.registered.add((tr_id, key))
        body: dict[str, object] = {"rt_cd": "0" if words.endswith("SUCCESS") else "1", "msg_cd": code, "msg1": words}
        if output:
            body["output"] = output
        return json.dumps({"header": {"tr_id": tr_id, "tr_key": key, "encrypt": "N"}, "body": body})

    def _notify(self) -> None:
        self.changed.set()


@asynccontextmanager
async def run_fake_live_kis() -> AsyncGenerator[FakeLiveKis]:
    kis = FakeLiveKis()
    async with serve(kis.serve, "127.0.0.1", 0, ping_interval=None, max_queue=None) as server:
        port = server.sockets[0].getsockname()[1]
        kis.url = f"ws://127.0.0.1:{port}/tryitout"
        yield kis
