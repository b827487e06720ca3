"""Sessions on record, and markets that play a user's candles or such a record."""

import json
from collections.abc import Sequence
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kis_mcp.catalog.loader import catalog
from kis_mcp.clock import KST, WorldClock
from kis_mcp.simulator import Host, SimulatorOptions, WrongReplay, simulate
from kis_mcp.simulator.embedded import EmbeddedKis
from kis_mcp.simulator.wire.received import Received
from kis_mcp.simulator.wire.replies import Reply
from tests.simulator.answers.test_every_api import READS, Direct
from tests.simulator.wire import ACCOUNT, SAMSUNG, ManualClock, Wire, simulator

BASE = "/uapi/domestic-stock/v1/quotations"
HEADER = "symbol,date,time,open,high,low,close,volume"
DAYS = ("005930,2026-06-11,,60000,61000,59500,60500,1000", "005930,2026-06-12,,60500,62000,60100,61900,2000")
MINUTES = (
    "005930,2026-06-15,09:00,62000,62300,61800,62100,300",
    "005930,2026-06-15,09:01,62100,62500,62000,62400,100",
    "005930,2026-06-15,09:03,62300,62300,61500,61600,50",
)
AT = datetime(2026, 6, 15, 9, 30, tzinfo=KST)


def candles(folder: Path, rows: Sequence[str], header: str = HEADER) -> Path:
    path = folder / "candles.csv"
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return path


def at(moment: datetime = AT) -> WorldClock:
    return WorldClock(ManualClock(moment), speed=0)


async def days(wire: Wire, start: str, end: str) -> list[dict[str, str]]:
    elements = {"FID_INPUT_DATE_1": start, "FID_INPUT_DATE_2": end, "FID_PERIOD_DIV_CODE": "D", "FID_ORG_ADJ_PRC": "1"}
    reply = await wire.get(f"{BASE}/inquire-daily-itemchartprice", "FHKST03010100", SAMSUNG | elements)
    return reply.json()["output2"]


async def minutes(wire: Wire, until: str) -> list[dict[str, str]]:
    elements = {"FID_ETC_CLS_CODE": "", "FID_INPUT_HOUR_1": until, "FID_PW_DATA_INCU_YN": "Y"}
    reply = await wire.get(f"{BASE}/inquire-time-itemchartprice", "FHKST03010200", SAMSUNG | elements)
    return reply.json()["output2"]


def prices(row: dict[str, str], close: str, volume: str) -> tuple[int, ...]:
    return tuple(int(row[name]) for name in ("stck_oprc", "stck_hgpr", "stck_lwpr", close, volume))


@pytest.mark.parametrize("market_hours", [False, True])
async def test_a_symbols_own_candles_are_its_history_and_its_quote(tmp_path: Path, market_hours: bool) -> None:
    own = (candles(tmp_path, [*DAYS, *MINUTES]),)
    async with simulator(clock=at(), market_hours=market_hours, replay_paths=own) as (_sim, wire, _demo):
        quote = await wire.price()
        daily = await days(wire, "20260611", "20260615")
        by_minute = await minutes(wire, "090300")
        seeded = await wire.price("000660")
    assert prices(quote, "stck_prpr", "acml_vol") == (62000, 62500, 61500, 61600, 450)
    assert quote["stck_sdpr"] == "61900"
    assert [(row["stck_bsop_date"], *prices(row, "stck_clpr", "acml_vol")) for row in daily] == [
        ("20260615", 62000, 62500, 61500, 61600, 450),
        ("20260612", 60500, 62000, 60100, 61900, 2000),
        ("20260611", 60000, 61000, 59500, 60500, 1000),
    ]
    assert [prices(row, "stck_prpr", "cntg_vol") for row in by_minute[:4]] == [
        (62300, 62300, 61500, 61600, 50),
        (62400, 62400, 62400, 62400, 0),
        (62100, 62500, 62000, 62400, 100),
        (62000, 62300, 61800, 62100, 300),
    ]
    async with simulator(clock=at(), market_hours=market_hours) as (_sim, wire, _demo):
        assert await wire.price("000660") == seeded


async def test_the_day_is_played_minute_by_minute_and_orders_fill_at_its_prices(tmp_path: Path) -> None:
    clock = at(AT.replace(hour=9, minute=1, second=59))
    async with simulator(clock=clock, replay_paths=(candles(tmp_path, [*DAYS, *MINUTES]),)) as (sim, wire, _demo):
        assert (await wire.price())["stck_prpr"] == "62400"
        number = (await wire.order("buy", 1, "61600"))["output"]["ODNO"]
        sim.kis.set_clock(AT)
        await wire.price()
        assert sim.ledger.order(number).filled == 1
    (fill,) = sim.ledger.fills
    assert (fill.price, f"{fill.at:%H:%M}") == (Decimal(61600), "09:03")


async def test_before_and_after_its_candles_a_price_goes_on_from_them(tmp_path: Path) -> None:
    after = datetime(2026, 6, 16, 0, 0, tzinfo=KST)
    async with simulator(clock=at(after), replay_paths=(candles(tmp_path, DAYS),)) as (sim, _wire, _demo):
        market, samsung = sim.world.market, sim.world.market.instruments["005930"]
        monday, before = (market.history(samsung).bar(day) for day in (AT.date(), datetime(2026, 6, 10).date()))  # noqa: DTZ001
        assert market.history(samsung).previous_close(AT.date()) == 61900
        assert monday is not None
        assert abs(monday.open - 61900) < 3000
        assert before is not None
        assert before.close == 60000


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["5930,2026-06-11,,1,1,1,1,1"], "line 2, column symbol: the simulator has no '5930'"),
        (["005930,11/06/2026,,1,1,1,1,1"], "line 2, column date: '11/06/2026' is no date"),
        (["005930,2026-06-13,,1,1,1,1,1"], "line 2, column date: 2026-06-13 is no trading day"),
        (["005930,2026-06-03,,1,1,1,1,1"], "line 2, column date: 2026-06-03 is no trading day"),
        (["005930,2018-06-11,,1,1,1,1,1"], "line 2, column date: the simulated world begins in 2019"),
        (["005930,2026-06-11,9,1,1,1,1,1"], "line 2, column time: '9' is no minute"),
        ([DAYS[0], "005930,2026-06-12,,x,1,1,1,1"], "line 3, column open: 'x' is no number above 0"),
        (["005930,2026-06-11,,60000,61000,59500,nan,1"], "line 2, column close: 'nan' is no number"),
        (["005930,2026-06-11,,60050,61000,59500,60000,1"], "line 2, column open: 60050 is no price of 005930"),
        (["005930,2026-06-11,,60000,60500,59500,61000,1"], "line 2, column high: 60500 is not the highest"),
        (["005930,2026-06-11,,60000,61000,60500,61000,1"], "line 2, column low: 60500 is not the lowest"),
        (["005930,2026-06-11,,60000,61000,59500,60500,1.5"], "line 2, column volume: '1.5' is no whole number"),
        (["005930,2026-06-11,,60000,61000,59500,60500,0"], "line 2, column volume: nothing was traded"),
        ([DAYS[0], DAYS[0]], "line 3, column date: 005930 has this candle twice"),
        ([DAYS[0], "005930,2026-06-15,,60000,61000,59500,60500,1"], "line 3, column date: .* no candle of 2026-06-12"),
        ([DAYS[0], "005930,2026-06-12,,60000,90000,59500,60500,1"], "line 3, column high: 90000 lies beyond"),
        ([*DAYS, *MINUTES, "005930,2026-06-15,,62000,62500,61500,61600,451"], "is not the sum of its minutes"),
        (["005930,2026-06-11"], "line 2: it does not have 8 columns"),
        ([], "there is no candle in it"),
    ],
)
def test_a_row_that_cannot_be_meant_is_told_by_line_and_column(tmp_path: Path, rows: list[str], told: str) -> None:
    path = candles(tmp_path, rows)
    with pytest.raises(WrongReplay, match=told), simulate(SimulatorOptions(replay_paths=(path,))):
        pass


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.csv", "symbol,date,open,high,low,close", "line 1: there is no column volume"),
        ("a.csv", f"{HEADER},vwap", "line 1: there is an unknown column vwap"),
        ("a.csv", b"\xff\xfe\x00", "it is no text in UTF-8"),
        ("a.parquet", "PAR1", "it is no Parquet file"),
        ("a.xlsx", "", "candles are read from CSV or Parquet"),
        ("a.jsonl", "{}", "line 1: it is no line of a recording"),
        ("a.jsonl", "", "no answer in it tells candles"),
        ("none.csv", None, "No such file"),
    ],
)
def test_a_file_that_cannot_be_played_is_told(tmp_path: Path, name: str, text: str | bytes | None, told: str) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(WrongReplay, match=told), simulate(SimulatorOptions(replay_paths=(path,))):
        pass


async def test_candles_in_parquet_are_those_in_csv(tmp_path: Path) -> None:
    arrow: Any = pytest.importorskip("pyarrow")
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    texts = [row.split(",") for row in (*DAYS, *MINUTES)]
    columns: dict[str, list[object]] = dict(zip(HEADER.split(","), map(list, zip(*texts, strict=True)), strict=True))
    columns["date"] = [datetime.fromisoformat(str(day)) for day in columns["date"]]
    columns["time"] = [time.fromisoformat(str(minute)) if minute else None for minute in columns["time"]]
    columns["close"] = [float(str(price)) for price in columns["close"]]
    columns["volume"] = [int(str(volume)) for volume in columns["volume"]]
    path = tmp_path / "candles.parquet"
    parquet.write_table(arrow.table(columns), path)
    answers: list[object] = []
    for file in (path, candles(tmp_path, [*DAYS, *MINUTES])):
        async with simulator(clock=at(), replay_paths=(file,)) as (_sim, wire, _demo):
            answers.append(
                (await wire.price(), await days(wire, "20260601", "20260615"), await minutes(wire, "090300"))
            )
    assert answers[0] == answers[1]


def test_a_parquet_file_with_other_columns_is_refused(tmp_path: Path) -> None:
    arrow: Any = pytest.importorskip("pyarrow")
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "candles.parquet"
    parquet.write_table(arrow.table({"symbol": ["005930"], "vwap": [1]}), path)
    with pytest.raises(WrongReplay, match="there is no column date"), simulate(SimulatorOptions(replay_paths=(path,))):
        pass


def test_hours_decide_which_minutes_there_are(tmp_path: Path) -> None:
    path = candles(tmp_path, ["005930,2026-06-15,08:59,62000,62000,62000,62000,1"])
    early = SimulatorOptions(replay_paths=(path,), market_hours=True, clock=at())
    with pytest.raises(WrongReplay, match="does not trade in the minute that begins at 08:59"), simulate(early):
        pass
    path = candles(tmp_path, [*MINUTES, "005930,2026-06-15,15:30,61600,61700,61600,61700,9"])
    with simulate(SimulatorOptions(replay_paths=(path,), market_hours=True, clock=at())) as sim:
        market, samsung = sim.world.market, sim.world.market.instruments["005930"]
        bar = market.history(samsung).bar(AT.date())
        ticks = market.session(samsung, AT.date()).until(market.calendar(samsung).ticks_a_day)
    assert bar is not None
    assert (bar.close, bar.volume) == (ticks.close, ticks.volume) == (61700, 459)


async def test_a_recording_tells_what_was_said_and_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"
    async with simulator(clock=at(), record_path=path) as (_sim, wire, _demo):
        await wire.price()
        await wire.order("buy", 1, code="01")
        await wire.day_orders()
        await wire.http.get("/nowhere")
        secrets = (wire.token, wire.app_key, wire.app_secret, ACCOUNT["CANO"])
    text = path.read_text("utf-8")
    lines: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines()]
    assert [secret for secret in secrets if secret in text] == []
    assert path.stat().st_mode & 0o777 == 0o600
    told = [(line["host"], line["path"].rsplit("/", 1)[1], line["tr_id"], line["status"]) for line in lines]
    assert told == [
        ("real", "tokenP", "", 200),
        ("demo", "tokenP", "", 200),
        ("real", "inquire-price", "FHKST01010100", 200),
        ("real", "order-cash", "TTTC0012U", 200),
        ("real", "inquire-daily-ccld", "TTTC0081R", 200),
        ("real", "nowhere", "", 404),
    ]
    assert lines[2]["answer"]["output"]["stck_shrn_iscd"] == "005930"
    assert lines[3]["elements"] | {"ORD_QTY": "1", "CANO": "********"} == lines[3]["elements"]
    assert lines[0]["answer"] is None


async def test_a_market_plays_a_recording_of_another(tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"
    async with simulator(clock=at(), seed=5, record_path=path) as (_sim, wire, _demo):
        recorded, quote = await days(wire, "20260529", "20260612"), await wire.price()
    async with simulator(clock=at(), seed=6, replay_paths=(path,)) as (sim, wire, _demo):
        played = await days(wire, "20260529", "20260612")
        day = sim.world.market.history(sim.world.market.instruments["005930"]).bar(AT.date())
    assert played[:-1] == recorded[:-1]
    assert prices(played[-1], "stck_clpr", "acml_vol") == prices(recorded[-1], "stck_clpr", "acml_vol")
    assert day is not None
    assert prices(quote, "stck_prpr", "acml_vol") == (day.open, day.high, day.low, day.close, day.volume)


class BeforeTheFirstTrade(Direct):
    """Calls at a time of Samsung's own day at which nothing of it was traded yet."""

    def __init__(self, path: Path) -> None:
        self.at = AT.replace(hour=8)
        options = SimulatorOptions(real_rate=0, demo_rate=0, clock=ManualClock(self.at), replay_paths=(path,))
        self.kis = EmbeddedKis(options, catalog())
        self.tokens = {host: self._token(host) for host in Host}

    def _send(self, host: Host, method: str, path: str, headers: dict[str, str], elements: dict[str, object]) -> Reply:
        return self.kis.answer(Received(host, method, path, headers, elements, self.at))


@pytest.mark.slow
def test_every_api_of_a_stock_answers_while_nothing_was_traded(tmp_path: Path) -> None:
    direct = BeforeTheFirstTrade(candles(tmp_path, [*DAYS, *MINUTES]))
    quote = direct.kis.world.market.quote(direct.kis.world.market.instruments["005930"], direct.at)
    assert (quote.volume, quote.price) == (0, 62000)
    about_it = [api for api in READS if api.example.get("symbol") == "005930" or not api.example]
    refused = {api.tool: reply.status for api in about_it if (reply := direct.call(api)).status != 200}
    assert len(about_it) > 20
    assert refused == {}
