"""A connection between two processes of the user over loopback: JSON lists, one a line, once both have shown a proof.

Who connects proves that it could read the holder's private file, and the holder that it wrote it; the secret of that
file itself is never sent.
"""

import asyncio
import hmac
import json
import secrets
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, cast

Message: TypeAlias = list[Any]

HOST: Final = "127.0.0.1"
PROVEN_WITHIN_SECONDS: Final = 2.0
"""A process that runs answers within milliseconds; one that is suspended does not."""

LONGEST_LINE: Final = 2**25
"""A frame of KIS' greatest size in JSON, each of its characters escaped."""

_NONCE_BYTES = 16


@dataclass(slots=True, eq=False)
class Peer:
    """The other end."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def unsent_bytes(self) -> int:
        """How much waits for the other end to take it."""
        return self.writer.transport.get_write_buffer_size()

    def send(self, *message: object) -> None:
        """Hand a message over, without waiting until it is taken."""
        self.writer.write(json.dumps(message).encode() + b"\n")

    async def messages(self) -> AsyncGenerator[Message]:
        """What comes, until the other end is gone or sends what is no message."""
        try:
            while line := await self.reader.readline():
                message: object = json.loads(line)
                if not isinstance(message, list):
                    return
                yield cast(Message, message)
        except (OSError, ValueError):
            return

    async def read(self) -> Message:
        """The next message; empty where none comes."""
        async for message in self.messages():
            return message
        return []

    def close(self) -> None:
        """End the connection at once."""
        self.writer.transport.abort()


async def admit(peer: Peer, secret: bytes) -> bool:
    """The holder's side: whether the other end knows the secret; and prove as much to it.

    Raises:
        TimeoutError: It does not answer.
    """
    async with asyncio.timeout(PROVEN_WITHIN_SECONDS):
        nonce = secrets.token_hex(_NONCE_BYTES)
        peer.send("hello", nonce)
        match await peer.read():
            case ["prove", str(theirs), str(proof)] if _is(proof, _proof(secret, "guest", nonce, theirs)):
                peer.send("proven", _proof(secret, "holder", nonce, theirs))
                return True
            case _:
                return False


async def introduce(peer: Peer, secret: bytes) -> bool:
    """The guest's side of the same; raises as `admit`."""
    async with asyncio.timeout(PROVEN_WITHIN_SECONDS):
        match await peer.read():
            case ["hello", str(theirs)]:
                nonce = secrets.token_hex(_NONCE_BYTES)
                peer.send("prove", nonce, _proof(secret, "guest", theirs, nonce))
            case _:
                return False
        match await peer.read():
            case ["proven", str(proof)]:
                return _is(proof, _proof(secret, "holder", theirs, nonce))
            case _:
                return False


def _proof(secret: bytes, role: str, holders: str, guests: str) -> str:
    return hmac.new(secret, "\n".join((role, holders, guests)).encode(), "sha256").hexdigest()


def _is(proof: str, expected: str) -> bool:
    return hmac.compare_digest(proof.encode(errors="replace"), expected.encode())
