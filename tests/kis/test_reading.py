"""An answer is read within bounds, however it is packed."""

import gzip
import zlib
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, strategies as st

from kis_mcp.kis.bodies import MOST_BYTES
from kis_mcp.kis.reading import AnswerDamaged, AnswerTooLong, read_body


async def chunks(content: bytes, size: int = 1 << 16) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def bare(content: bytes) -> bytes:
    packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packing.compress(content) + packing.flush()


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [
        (b"{}", ""),
        (b"{}", "identity"),
        (gzip.compress(b"{}", mtime=0), "gzip"),
        (gzip.compress(b"{}", mtime=0), " GZIP"),
        (gzip.compress(b"{}", mtime=0), "x-gzip"),
        (zlib.compress(b"{}"), "deflate"),
        (bare(b"{}"), "deflate"),
    ],
)
async def test_a_packed_answer_is_unpacked(packed: bytes, encoding: str) -> None:
    assert await read_body(chunks(packed), encoding) == b"{}"


@pytest.mark.parametrize("encoding", ["", "gzip"])
async def test_an_answer_may_be_as_long_as_the_bound(encoding: str) -> None:
    content = b" " * MOST_BYTES
    packed = gzip.compress(content) if encoding else content
    assert len(await read_body(chunks(packed), encoding)) == MOST_BYTES


async def test_reading_ends_where_an_answer_gets_too_long() -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1 << 16
            yield bytes(1 << 16)

    with pytest.raises(AnswerTooLong, match="8 MB"):
        await read_body(endless(), "")
    assert read <= MOST_BYTES + (1 << 16)


async def test_a_bomb_is_not_unpacked() -> None:
    packing = zlib.compressobj(wbits=31)
    bomb = b"".join(packing.compress(bytes(1 << 20)) for _ in range(200)) + packing.flush()
    assert len(bomb) < 1 << 20
    with pytest.raises(AnswerTooLong):
        await read_body(chunks(bomb), "gzip")


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "zstd"])
async def test_an_encoding_that_was_not_asked_for_is_not_read(encoding: str) -> None:
    with pytest.raises(AnswerDamaged):
        await read_body(chunks(b"{}"), encoding)


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate"]))
async def test_any_bytes_are_unpacked_or_damaged(content: bytes, encoding: str) -> None:
    for packed in (content, gzip.compress(content)[:-9]):
        try:
            await read_body(chunks(packed), encoding)
        except AnswerDamaged:
            continue
