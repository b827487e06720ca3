"""Reading an answer within bounds: neither its bytes on the wire nor what they unpack to can fill the memory."""

import zlib
from collections.abc import AsyncIterable

from kis_mcp.kis.bodies import MOST_BYTES

ENCODINGS = "gzip, deflate"
"""What is asked for; brotli and the like could not be stopped while they unpack."""

_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
_TOO_LONG = f"an answer of more than {MOST_BYTES >> 20} MB, which was not read on"


class AnswerTooLong(Exception):
    """It went past the bound; the text ends the sentence "KIS sent …"."""


class AnswerDamaged(Exception):
    """It cannot be unpacked; the text ends the sentence "KIS sent …"."""


async def read_body(chunks: AsyncIterable[bytes], encoding: str) -> bytes:
    """The body from its raw bytes.

    Args:
        chunks: As they come off the wire.
        encoding: The Content-Encoding header.

    Raises:
        AnswerTooLong, AnswerDamaged: Where reading ended.
    """
    raw = bytearray()
    async for chunk in chunks:
        raw += chunk
        if len(raw) > MOST_BYTES:
            raise AnswerTooLong(_TOO_LONG)
    match encoding.strip().lower():
        case "" | "identity":
            return bytes(raw)
        case "gzip" | "x-gzip" | "deflate":
            return _unpacked(bytes(raw))
        case _:
            raise AnswerDamaged("an answer in an encoding that was not asked for")


def _unpacked(raw: bytes) -> bytes:
    """What gzip, zlib or bare deflate packed."""
    if not raw:
        return raw
    for bits in (_GZIP_OR_ZLIB, -zlib.MAX_WBITS):
        unpacking = zlib.decompressobj(bits)
        try:
            body = unpacking.decompress(raw, MOST_BYTES + 1)
        except zlib.error:
            continue
        if len(body) > MOST_BYTES:
            raise AnswerTooLong(_TOO_LONG)
        if unpacking.eof:
            return body
    raise AnswerDamaged("an answer that cannot be unpacked")
