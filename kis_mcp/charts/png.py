"""A smaller PNG of a drawing: its few colours as a palette, which takes a third of what true colours take."""

import struct
import zlib
from array import array
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from typing import TypeAlias

Row: TypeAlias = "array[int]"
"""Pixels, each as one number of four bytes."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGBA = (8, 6, 0, 0, 0)
"""Eight bits a channel, with opacity, not interlaced: as resvg writes it."""

_PALETTE = (8, 3, 0, 0, 0)
_MOST_COLOURS = 256
_EXACT_COLOURS = 12
"""The most usual ones stay as they are: lines of a faint grid must not become the background."""

_MASKS = (0xFFFFFFFF, 0xF8F8F8F8, 0xF0F0F0F0, 0xE0E0E0E0, 0xC0C0C0C0)
"""Which bits of a colour count, when there are too many."""


def with_palette(png: bytes) -> bytes:
    """An opaque picture with at most 256 colours; rare ones, as at the edges of letters, become the nearest usual one.

    A PNG of another kind than resvg's comes back as it is.
    """
    chunks = dict(_chunks(png))
    width, height, *form = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    if tuple(form) != _RGBA:
        return png
    rows = list(_rows(zlib.decompress(chunks[b"IDAT"]), width))
    different = {id(row): row for row in rows}
    colours, number_of = _few_colours(Counter(chain.from_iterable(different.values())))
    written = {key: b"\0" + bytes(map(number_of.__getitem__, row)) for key, row in different.items()}
    lines = b"".join(written[id(row)] for row in rows)
    palette = b"".join(struct.pack("=I", colour)[:3] for colour in colours)
    header = struct.pack(">IIBBBBB", width, height, *_PALETTE)
    parts = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, content) for kind, content in parts)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The parts of a file by their kind; the data in one."""
    data = bytearray()
    at = len(_SIGNATURE)
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        content = png[at + 8 : at + 8 + length]
        if kind == b"IDAT":
            data += content
        else:
            yield kind, content
        at += length + 12
    yield b"IDAT", bytes(data)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _few_colours(counts: Counter[int]) -> tuple[list[int], dict[int, int]]:
    """The colours that are kept, and for each colour the number of the one that stands for it."""
    in_order = [colour for colour, _ in counts.most_common()]
    exact, usual, mask = dict.fromkeys(in_order[:_EXACT_COLOURS]), dict[int, int](), 0
    for mask in _MASKS:
        usual = dict[int, int]()
        for colour in in_order:
            usual.setdefault(colour & mask, colour)
        if len(exact | dict.fromkeys(usual.values())) <= _MOST_COLOURS:
            break
    numbers = {colour: number for number, colour in enumerate(exact | dict.fromkeys(usual.values()))}
    return list(numbers), {colour: numbers[colour if colour in exact else usual[colour & mask]] for colour in counts}


def _rows(data: bytes, width: int) -> Iterator[Row]:
    """The pixels of each row.

    A row is written as what differs from its neighbours. Nearly all of a drawing differs in nothing, so it is taken
    over in whole stretches, and only what is left is worked out byte by byte. A row like the one above is that one.
    """
    stride = width * 4 + 1
    above = array("I", bytes(width * 4))
    for start in range(0, len(data), stride):
        rest = array("I", data[start + 1 : start + stride])
        is_same = data[start] in _LIKE_ABOVE and not rest.tobytes().strip(b"\0")
        above = above if is_same else _FILTERS[data[start]](rest, above)
        yield above


def _changed(rest: Row) -> list[int]:
    """The pixels of a row that differ from what is foretold."""
    return [number for number, value in enumerate(rest) if value]


def _sum(one: int, two: int) -> int:
    """Byte by byte, without carrying over."""
    return ((one & 0x7F7F7F7F) + (two & 0x7F7F7F7F)) ^ ((one ^ two) & 0x80808080)


def _halfway(one: int, two: int) -> int:
    """Byte by byte, rounded down."""
    return (one & two) + (((one ^ two) & 0xFEFEFEFE) >> 1)


@lru_cache(maxsize=8192)
def _paeth(left: int, over: int, corner: int) -> int:
    """Byte by byte, the one of the three that is nearest to left + over - corner."""
    found = 0
    for shift in (0, 8, 16, 24):
        a, b, c = left >> shift & 255, over >> shift & 255, corner >> shift & 255
        to_left, to_over, to_corner = abs(b - c), abs(a - c), abs(a + b - c - c)
        nearest = a if to_left <= to_over and to_left <= to_corner else b if to_over <= to_corner else c
        found |= nearest << shift
    return found


def _none(rest: Row, _: Row) -> Row:
    return rest


def _left(rest: Row, _: Row) -> Row:
    before = 0
    for number, value in enumerate(rest):
        if value:
            before = _sum(value, before)
        rest[number] = before
    return rest


def _up(rest: Row, above: Row) -> Row:
    row = above[:]
    for number in _changed(rest):
        row[number] = _sum(rest[number], above[number])
    return row


def _mean(rest: Row, above: Row) -> Row:
    before = 0
    for number, value in enumerate(rest):
        rest[number] = before = _sum(value, _halfway(before, above[number]))
    return rest


def _nearest(rest: Row, above: Row) -> Row:
    """Paeth's filter: where a pixel and the one above it agree, the next one is as above."""
    row = above[:]
    before = corner = 0
    at = 0
    for number in (*_changed(rest), len(rest)):
        while at < number and before != corner:
            over = above[at]
            row[at] = before = before if over == corner else _paeth(before, over, corner)
            corner = over
            at += 1
        if number == len(rest):
            break
        if at < number:
            at = number
            before = corner = above[at - 1]
        over = above[at]
        row[at] = before = _sum(rest[at], over if before == corner else _paeth(before, over, corner))
        corner = over
        at += 1
    return row


_FILTERS = (_none, _left, _up, _mean, _nearest)
_LIKE_ABOVE = (2, 4)
"""The filters that foretell the row above."""
