"""A picture's PNG, smaller and the same to the eye."""

import struct
import zlib
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest

from kis_mcp.charts.backtest import Fill, draw_backtest
from kis_mcp.charts.candles import CandleChart, draw_candles
from kis_mcp.charts.frame import HEIGHT, WIDTH
from kis_mcp.charts.palette import PALETTES
from kis_mcp.charts.png import with_palette
from kis_mcp.wiring import png_of
from tests.charts.pictures import HEADING, candles_of
from tests.charts.test_backtest import chart

RGBA, PALETTE = (8, 6, 0, 0, 0), (8, 3, 0, 0, 0)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(rows: list[bytes], width: int, form: tuple[int, ...] = RGBA) -> bytes:
    header = struct.pack(">IIBBBBB", width, len(rows), *form)
    data = zlib.compress(b"".join(rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def filtered(number: int, row: bytes, above: bytes) -> bytes:
    """A row as one of PNG's filters writes it, byte by byte as the standard says."""
    out = bytearray()
    for at, value in enumerate(row):
        left, corner = (row[at - 4], above[at - 4]) if at >= 4 else (0, 0)
        over = above[at]
        guess = left + over - corner
        nearest = min((left, over, corner), key=lambda one: abs(guess - one))
        out.append((value - (0, left, over, (left + over) // 2, nearest)[number]) % 256)
    return bytes([number, *out])


def chunks(picture: bytes) -> dict[bytes, bytes]:
    """The parts of a PNG by their kind, each with the right checksum."""
    parts: dict[bytes, bytes] = {}
    at = 8
    while at < len(picture):
        length, kind = struct.unpack(">I4s", picture[at : at + 8])
        content = picture[at + 8 : at + 8 + length]
        assert struct.unpack(">I", picture[at + 8 + length : at + 12 + length]) == (zlib.crc32(kind + content),)
        parts[kind] = content
        at += length + 12
    return parts


def pixels(picture: bytes) -> list[list[tuple[int, ...]]]:
    """The colours of a PNG with a palette and without filters."""
    parts = chunks(picture)
    width, height, *form = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    assert tuple(form) == PALETTE
    colours = list(zip(*[iter(parts[b"PLTE"])] * 3, strict=True))
    data = zlib.decompress(parts[b"IDAT"])
    assert len(data) == height * (width + 1)
    rows = [data[start : start + width + 1] for start in range(0, len(data), width + 1)]
    assert {row[0] for row in rows} == {0}
    return [[colours[number] for number in row[1:]] for row in rows]


@pytest.mark.parametrize("number", range(5))
def test_every_filter_of_png_is_read_as_the_standard_says(number: int) -> None:
    import random

    chance = random.Random(number)
    colours = [bytes([chance.randrange(256) for _ in range(3)]) + b"\xff" for _ in range(6)]
    rows = [b"".join(chance.choices(colours, weights=(20, 5, 1, 1, 1, 1), k=40)) for _ in range(12)]
    rows[5] = rows[4]
    written = [filtered(number, row, above) for above, row in pairwise([bytes(160), *rows])]
    expected = [[tuple(row[at : at + 3]) for at in range(0, 160, 4)] for row in rows]
    assert pixels(with_palette(png(written, 40))) == expected


def test_too_many_colours_become_the_nearest_usual_ones() -> None:
    usual = bytes([10, 20, 30, 255])
    rows = [b"\0" + usual * 30 + bytes([16 * row, 100, 5 * row, 255]) * 10 for row in range(16)]
    rows += [b"\0" + b"".join(bytes([one, two, 77, 255]) for one in range(40)) for two in range(40)]
    found = pixels(with_palette(png(rows, 40)))
    assert found[0][0] == (10, 20, 30)
    assert len({colour for row in found for colour in row}) <= 256
    assert all(
        abs(have - want) < 32
        for two in range(40)
        for one in range(40)
        for have, want in zip(found[16 + two][one], (one, two, 77), strict=True)
    )


def test_a_png_of_another_kind_stays_as_it_is() -> None:
    grey = png([b"\0\1\2\3"], 3, (8, 0, 0, 0, 0))
    assert with_palette(grey) == grey


def test_a_picture_is_drawn_in_its_size_with_its_colours_and_its_font() -> None:
    palette = PALETTES["korea"]
    svg = draw_candles(CandleChart(HEADING, candles_of([100, 120, 90, 110] * 15), [], "KRW"), palette)
    picture = png_of(svg)
    assert len(picture) < 25_000
    rows = pixels(picture)
    assert (len(rows), {len(row) for row in rows}) == (HEIGHT, {WIDTH})
    colours = {f"#{red:02x}{green:02x}{blue:02x}" for row in rows for red, green, blue in row}
    assert {palette.up, palette.down, palette.background} <= colours
    title = [colour for row in rows[15:40] for colour in row[20:110]]
    assert title.count((255, 255, 255)) < len(title) * 0.9


def test_faint_lines_and_areas_keep_their_colours_in_a_picture_of_many() -> None:
    palette = PALETTES["korea"]
    returns = [float(number * number * 37 % 101) for number in range(400)]
    hold = [float(number * number * 53 % 97) for number in range(400)]
    fills = [Fill(number, Decimal(number * 31 % 389), is_entry=number % 2 == 0) for number in range(0, 400, 7)]
    shown = replace(chart(returns, fills), hold=hold, index=hold[::-1], prices=returns[::-1])
    picture = png_of(draw_backtest(shown, palette))
    assert len(picture) < 80_000
    colours = {f"#{red:02x}{green:02x}{blue:02x}" for row in pixels(picture) for red, green, blue in row}
    assert {palette.grid, palette.down_area, palette.averages[0], palette.averages[1]} <= colours
