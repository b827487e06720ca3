"""Charts, as a client gets them: a picture, and in numbers what it shows."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp_types import CallToolResult, ImageContent, TextContent

from kis_mcp.catalog.loader import catalog
from kis_mcp.charts.frame import HEIGHT, WIDTH
from kis_mcp.charts.palette import PALETTES
from kis_mcp.cli.client import server_process
from kis_mcp.server import picture
from kis_mcp.server.tool_listing import tool_of
from kis_mcp.simulator import Simulator
from tests.charts.pictures import Picture, read
from tests.charts.test_png import pixels
from tests.cli.command import run
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


def colours_of(result: CallToolResult) -> set[str]:
    rows = pixels(image(result))
    assert (len(rows), {len(row) for row in rows}) == (HEIGHT, {WIDTH})
    return {f"#{red:02x}{green:02x}{blue:02x}" for row in rows for red, green, blue in row}


@pytest.fixture
def svgs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pictures that were drawn, as SVG."""
    drawn: list[str] = []
    rasterize = picture.png_of
    monkeypatch.setattr(picture, "png_of", lambda svg: (drawn.append(svg), rasterize(svg))[1])
    return drawn


async def chart(client: Client, **arguments: Any) -> dict[str, Any]:
    return blocks(await client.call_tool("get_chart", arguments))["chart"]


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_answers_with_a_picture_and_what_it_shows(
    kind: str, era: str, simulator: Simulator, svgs: list[str]
) -> None:
    async with connected(settings_for(simulator), era=era) as client:
        result = await client.call_tool("get_chart", {"kind": kind, "symbol": SAMSUNG})
    assert len(image(result)) < 30_000
    assert blocks(result)["chart"]["kind"] == kind
    assert blocks(result)["chart"]["source"].startswith("KIS, as get_")
    (svg,) = svgs
    (source,) = read(svg).texts("source")
    assert "시뮬레이터 (모의 시세)" in source
    assert "2026-03-04 10:30:00 한국 시각" in source


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
        assert drawn.price_at(float(wick.get("y1") or "")) == pytest.approx(row["high"], abs=a_pixel / 10)
        assert drawn.price_at(float(wick.get("y2") or "")) == pytest.approx(row["low"], abs=a_pixel / 10)
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
        "change": pytest.approx(rows[-1]["close"] - rows[-2]["close"]),
        "volume": sum(row["volume"] for row in rows),
        "average_5": pytest.approx(sum(row["close"] for row in rows[-5:]) / 5),
        "average_20": pytest.approx(sum(row["close"] for row in rows[-20:]) / 20),
        "scale": "linear",
    }
    assert (
        expected.items() <= {**shown, **{key: value for key, value in expected.items() if shown[key] == value}}.items()
    )


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
    points = [line.get("points") or "" for line in read(svgs[0]).all("polyline", "price")]
    assert sum(len(run.split()) for run in points) == shown["count"] == 631


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
    shown = blocks(result)["chart"]
    assert (shown["start"], shown["end"], shown["count"]) == ("2026-02-23", "2026-03-04", 8)
    assert shown["profit"] == told["days"][0]["realized_krw"] != 0
    assert "not its worth over time" in " ".join(result.structured_content["notes"])
    assert f"{shown['profit']:+,.0f}" in read(svgs[0]).texts("tag")


async def test_the_operators_colours_are_those_of_the_picture(simulator: Simulator) -> None:
    asked = {"symbol": SAMSUNG, "limit": 20}
    seen: dict[str, set[str]] = {}
    for colors in PALETTES:
        async with connected(settings_for(simulator, colors=colors)) as client:
            result = await client.call_tool("get_chart", asked)
        assert blocks(result)["chart"]["colors"] == colors
        seen[colors] = colours_of(result)
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


async def test_a_server_process_sends_the_picture_over_stdio(tmp_path: Path) -> None:
    async with server_process(variables={"KIS_DATA_DIR": str(tmp_path), "KIS_COLORS": "west"}) as client:
        result = await client.call_tool("get_chart", {"symbol": "AAPL", "limit": 20})
    assert PALETTES["west"].up in colours_of(result)


def test_the_command_writes_the_picture_to_a_file(tmp_path: Path) -> None:
    asked = json.dumps({"symbol": SAMSUNG, "limit": 5})
    file = tmp_path / "chart.png"
    done = run("call", "get_chart", asked, "--picture", str(file), data_dir=tmp_path / "data")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(pixels(file.read_bytes())) == HEIGHT
    refused = run("call", "get_chart", asked, "--picture", str(tmp_path / "no" / "x.png"), data_dir=tmp_path / "data")
    assert refused.returncode != 0
    assert "cannot be written" in refused.stderr
    assert "Traceback" not in refused.stderr
