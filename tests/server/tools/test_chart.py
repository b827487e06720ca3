"""Charts, as a client gets them: a picture, and in numbers what it shows."""

import json
import struct
import zlib
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp_types import CallToolResult, ImageContent, TextContent

from kis_mcp.catalog.loader import catalog
from kis_mcp.charts.frame import HEIGHT, WIDTH
from kis_mcp.charts.palette import PALETTES
from kis_mcp.cli import call
from kis_mcp.errors import BadArgument
from kis_mcp.server.tool_listing import tool_of
from kis_mcp.simulator import Simulator
from tests.charts.pictures import Picture, read
from tests.charts.test_png import chunks
from tests.client import SAMSUNG, blocks, connected, error, settings_for
from tests.server.test_tool_listing import size_of

KINDS = ("candles", "line", "order_book", "positions", "equity")


def image(result: CallToolResult) -> bytes:
    """The picture of an answer, whose text says the same as its structure."""
    text, shown = result.content
    assert isinstance(text, TextContent)
    assert isinstance(shown, ImageContent)
    assert json.loads(text.text) == result.structured_content
    assert shown.mime_type == "image/png"
    return b64decode(shown.data)


def colours_of(png: bytes) -> set[str]:
    """The colours of a picture of the right size."""
    parts = chunks(png)
    assert struct.unpack(">II", parts[b"IHDR"][:8]) == (WIDTH, HEIGHT)
    assert len(zlib.decompress(parts[b"IDAT"])) == (WIDTH + 1) * HEIGHT
    return {f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in zip(*[iter(parts[b"PLTE"])] * 3, strict=True)}


@pytest.fixture
def svgs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pictures that were drawn, as SVG; none becomes a PNG."""
    drawn: list[str] = []

    def keep(svg: str) -> bytes:
        drawn.append(svg)
        return b""

    monkeypatch.setattr("kis_mcp.wiring.png_of", keep)
    return drawn


async def chart(client: Client, **arguments: Any) -> dict[str, Any]:
    return blocks(await client.call_tool("get_chart", arguments))["chart"]


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_answers_with_a_picture_and_what_it_shows(kind: str, simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        result = await client.call_tool("get_chart", {"kind": kind, "symbol": SAMSUNG})
    assert 5_000 < len(image(result)) < 30_000
    assert blocks(result)["chart"]["kind"] == kind
    assert blocks(result)["chart"]["source"].startswith("KIS, as get_")


async def test_a_picture_reaches_clients_of_both_eras_and_says_whence_it_is(
    era: str, simulator: Simulator, svgs: list[str]
) -> None:
    async with connected(settings_for(simulator), era=era) as client:
        assert image(await client.call_tool("get_chart", {"symbol": SAMSUNG})) == b""
    (source,) = read(svgs[0]).texts("source")
    assert source == "자료: KIS 시뮬레이터 (모의 시세) · 2026-03-04 10:30:00 한국 시각 조회"


@pytest.mark.parametrize("interval", ["1d", "1w", "1M", "5m"])
@pytest.mark.parametrize("symbol", [SAMSUNG, "AAPL"])
async def test_the_candles_of_the_picture_are_those_of_get_candles(
    symbol: str, interval: str, simulator: Simulator, svgs: list[str]
) -> None:
    asked = {"symbol": symbol, "interval": interval, "limit": 30}
    async with connected(settings_for(simulator)) as client:
        shown = await chart(client, **asked)
        rows = blocks(await client.call_tool("get_candles", asked))["candles"]
    drawn: Picture = read(svgs[0])
    wicks = drawn.all("line", "wick")
    heights = sorted(drawn.heights())
    a_pixel = float(heights[0][1] - heights[-1][1]) / (heights[-1][0] - heights[0][0])
    assert len(wicks) == len(rows) == shown["count"] == 30
    for wick, row in zip(wicks, rows, strict=True):
        assert drawn.price_at(wick.number("y1")) == pytest.approx(row["high"], abs=a_pixel / 10)
        assert drawn.price_at(wick.number("y2")) == pytest.approx(row["low"], abs=a_pixel / 10)
    high, low = max(rows, key=lambda row: row["high"]), min(rows, key=lambda row: row["low"])
    expected = {
        "symbol": symbol,
        "interval": interval,
        "start": rows[0]["time"],
        "end": rows[-1]["time"],
        "first": rows[0]["open"],
        "last": rows[-1]["close"],
        "high": high["high"],
        "high_at": high["time"],
        "low": low["low"],
        "low_at": low["time"],
        "volume": sum(row["volume"] for row in rows),
        "scale": "linear",
    }
    assert expected.items() <= shown.items()
    assert shown["change"] == pytest.approx(rows[-1]["close"] - rows[-2]["close"])
    for length in (5, 20):
        mean = sum(row["close"] for row in rows[-length:]) / length
        assert shown[f"average_{length}"] == pytest.approx(mean, abs=1e-4)


async def test_the_line_of_a_day_has_all_its_minutes_and_the_close_before(
    simulator: Simulator, svgs: list[str]
) -> None:
    async with connected(settings_for(simulator)) as client:
        shown = await chart(client, kind="line", symbol=SAMSUNG)
        days = blocks(await client.call_tool("get_candles", {"symbol": SAMSUNG, "limit": 2}))["candles"]
        quote = blocks(await client.call_tool("get_quote", {"symbol": SAMSUNG}))["quote"]
    assert shown["start"] == "2026-03-04T00:00:00+09:00"
    assert shown["end"] == "2026-03-04T10:30:00+09:00"
    assert shown["previous_close"] == days[0]["close"] == quote["previous_close"]
    assert (shown["high"], shown["low"], shown["last"]) == (days[1]["high"], days[1]["low"], quote["price"])
    assert (shown["change"], shown["change_rate"]) == (quote["change"], quote["change_rate"])
    points = [line.points for line in read(svgs[0]).all("polyline", "price")]
    assert sum(map(len, points)) == shown["count"] == 631


async def test_the_order_book_of_the_picture_is_that_of_get_order_book(simulator: Simulator, svgs: list[str]) -> None:
    async with connected(settings_for(simulator)) as client:
        shown = await chart(client, kind="order_book", symbol="AAPL")
        book = blocks(await client.call_tool("get_order_book", {"symbol": "AAPL"}))
    drawn = read(svgs[0])
    levels = [*reversed(book["asks"]), *book["bids"]]
    assert drawn.texts("price") == [f"{level['price']:,.2f}" for level in levels]
    assert drawn.texts("quantity") == [f"{level['quantity']:,}" for level in levels]
    assert (shown["best_ask"], shown["best_bid"]) == (book["asks"][0]["price"], book["bids"][0]["price"])


async def test_positions_show_each_holding_and_the_cash(simulator: Simulator, svgs: list[str]) -> None:
    order = {"side": "buy", "quantity": 10, "order_type": "market"}
    async with connected(settings_for(simulator, confirm="never")) as client:
        empty = await chart(client, kind="positions")
        for symbol in (SAMSUNG, "000660"):
            await client.call_tool("place_order", {**order, "symbol": symbol})
        shown = await chart(client, kind="positions")
        held = blocks(await client.call_tool("get_positions", {}))["positions"]
        worth = blocks(await client.call_tool("get_account_summary", {}))["total"]
    assert (empty["count"], shown["count"], shown["total"]) == (0, 2, worth["total"])
    assert shown["profit"] == sum(holding["profit"] for holding in held)
    names = read(svgs[1]).texts("name")
    assert set(names[:2]) == {holding["name"] for holding in held}
    assert names[2] == "현금"


async def test_equity_is_the_realized_profit_and_says_that_it_is_not_the_worth(
    simulator: Simulator, svgs: list[str]
) -> None:
    order = {"symbol": SAMSUNG, "quantity": 10, "order_type": "market"}
    async with connected(settings_for(simulator, confirm="never")) as client:
        for side in ("buy", "sell"):
            await client.call_tool("place_order", {**order, "side": side})
        result = await client.call_tool("get_chart", {"kind": "equity", "limit": 10})
        told = blocks(await client.call_tool("get_profit_and_loss", {}))
        mine = await chart(client, kind="equity", symbol=SAMSUNG)
        other = await chart(client, kind="equity", symbol="000660")
    shown = blocks(result)["chart"]
    assert (shown["start"], shown["end"], shown["count"]) == ("2026-02-23", "2026-03-04", 8)
    assert shown["profit"] == told["days"][0]["realized_krw"] != 0
    assert (mine["profit"], other["profit"]) == (shown["profit"], 0)
    assert "not its worth over time" in " ".join(result.structured_content["notes"])
    assert f"{shown['profit']:+,.0f}" in read(svgs[0]).texts("tag")


async def test_the_operators_colours_are_those_of_the_picture(simulator: Simulator) -> None:
    asked = {"symbol": SAMSUNG, "limit": 20}
    seen: dict[str, set[str]] = {}
    for colors in PALETTES:
        async with connected(settings_for(simulator, colors=colors)) as client:
            result = await client.call_tool("get_chart", asked)
        assert blocks(result)["chart"]["colors"] == colors
        seen[colors] = colours_of(image(result))
    korea, west = PALETTES["korea"], PALETTES["west"]
    assert {korea.up, korea.down} <= seen["korea"]
    assert {west.up, west.down} <= seen["west"]
    assert korea.down not in seen["west"]
    assert west.up not in seen["korea"]


@pytest.mark.parametrize(
    ("asked", "field", "remedy"),
    [
        ({}, "symbol", "such as 005930"),
        ({"kind": "line"}, "symbol", "such as 005930"),
        ({"symbol": SAMSUNG, "interval": "7d"}, "interval", "1m, 3m, 5m"),
        ({"symbol": SAMSUNG, "limit": 301}, "limit", "300"),
        ({"symbol": SAMSUNG, "exchange": "nasdaq"}, "exchange", "krx"),
        ({"symbol": "PYPL"}, "exchange", "nasdaq"),
    ],
)
async def test_what_cannot_be_drawn_is_refused_with_the_argument_at_fault(
    asked: dict[str, object], field: str, remedy: str, simulator: Simulator
) -> None:
    async with connected(settings_for(simulator)) as client:
        facts = error(await client.call_tool("get_chart", asked))
    assert (facts["class"], facts["field"]) == ("bad_argument", field)
    assert remedy in facts["next_step"] + facts["what"]


async def test_what_a_kind_does_not_take_is_said(simulator: Simulator, svgs: list[str]) -> None:
    async with connected(settings_for(simulator)) as client:
        line = await client.call_tool("get_chart", {"kind": "line", "symbol": SAMSUNG, "interval": "5m"})
        positions = await client.call_tool("get_chart", {"kind": "positions", "symbol": SAMSUNG})
    assert "interval counts only for candles" in " ".join(line.structured_content["notes"])
    assert "symbol counts for nothing" in " ".join(positions.structured_content["notes"])


async def test_an_exchange_in_front_of_a_symbol_counts(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        shown = await chart(client, symbol="NASDAQ:AAPL", limit=5)
        other = await chart(client, symbol=SAMSUNG, exchange="NXT", limit=5)
    assert (shown["symbol"], shown["exchange"], other["exchange"]) == ("AAPL", "nasdaq", "nxt")


async def test_demo_draws_what_it_has_and_says_what_it_lacks(simulator: Simulator) -> None:
    async with connected(settings_for(simulator, "demo")) as client:
        shown = await chart(client, symbol=SAMSUNG)
        facts = error(await client.call_tool("get_chart", {"kind": "order_book", "symbol": "AAPL"}))
    assert shown["count"] == 60
    assert facts["class"] == "not_in_environment"


def test_the_tool_costs_a_model_little() -> None:
    api = catalog().find("get_chart")
    assert api is not None
    assert size_of(tool_of(api)) <= 650


def test_the_command_writes_to_a_file_the_picture_that_a_server_process_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIS_COLORS", "west")
    file = tmp_path / "chart.png"
    asked = json.dumps({"symbol": "AAPL", "limit": 20})
    assert call.run("get_chart", asked, as_json=True, picture=file) == 0
    assert PALETTES["west"].up in colours_of(file.read_bytes())


def test_a_picture_that_cannot_be_written_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(BadArgument, match=r"no/chart\.png") as refusal:
        call._write(tmp_path / "no" / "chart.png", b"")
    assert refusal.value.field == "picture"
