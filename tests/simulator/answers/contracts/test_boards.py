"""What is said of Korean futures and options, against every other answer that says it too."""

import math
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import NormalDist, pstdev
from typing import cast

import pytest

from tests.simulator.answers.test_every_api import Direct, blocks_of, record_of, rows_of
from tests.simulator.wire import MONDAY, ManualClock, Wire, simulator, with_token

QUOTATIONS = "/uapi/domestic-futureoption/v1/quotations"
FUTURES = ("A01609", "A01612", "A05607", "A06609")
NORMAL = NormalDist()


@pytest.fixture(scope="module")
def direct() -> Direct:
    return Direct()


def number(value: object) -> Decimal:
    return Decimal(str(value))


def priced(direct: Direct, symbol: str, market: str = "index_futures") -> Mapping[str, object]:
    record = blocks_of(direct, "domestic_fo_inquire_price", symbol=symbol, market=market)["price"]
    assert isinstance(record, dict)
    return record


def index_of(direct: Direct, code: str) -> Mapping[str, object]:
    return record_of(direct, "domestic_stock_inquire_index_price", index=code)


def test_a_board_says_of_each_month_what_its_price_and_its_book_say(direct: Direct):
    for product, count in (("kospi200", 4), ("mini_kospi200", 6), ("kosdaq150", 4)):
        rows = rows_of(direct, "domestic_fo_display_board_futures", "contracts", product=product)
        assert len(rows) == count
        for row in rows:
            quote = priced(direct, str(row["symbol"]))
            same = ("name", "price", "change", "volume", "high", "low", "theoretical_price", "open_interest")
            assert {name: row[name] for name in same} == {name: quote[name] for name in same}
            assert row["remaining_days"] == quote["remaining_days"]
            (book,) = rows_of(direct, "domestic_fo_inquire_asking_price", "book", symbol=row["symbol"])
            assert (row["ask_price"], row["bid_price"]) == (book["ask_price_1"], book["bid_price_1"])
            assert row["total_ask_quantity"] == book["total_ask_quantity"]
    assert rows_of(direct, "domestic_fo_display_board_futures", "contracts", product="kospi200_weekly_monday") == []


def test_a_books_totals_are_of_the_five_levels_that_it_shows(direct: Direct):
    (book,) = rows_of(direct, "domestic_fo_inquire_asking_price", "book", symbol="A01609")
    for side in ("ask", "bid"):
        assert book[f"total_{side}_quantity"] == sum(number(book[f"{side}_quantity_{n}"]) for n in range(1, 6))


@pytest.mark.parametrize(("symbol", "index"), [("A01609", "2001"), ("A05612", "2001"), ("A06609", "3003")])
def test_a_future_stands_by_its_basis_above_its_index(direct: Direct, symbol: str, index: str):
    now = index_of(direct, index)
    blocks = blocks_of(direct, "domestic_fo_inquire_price", symbol=symbol)
    quote, underlying, kospi200 = blocks["price"], blocks["underlying"], blocks["kospi200"]
    assert isinstance(quote, dict)
    assert isinstance(underlying, dict)
    assert isinstance(kospi200, dict)
    assert number(quote["theoretical_price"]) - number(quote["basis"]) == now["index_price"]
    assert number(quote["price"]) - number(quote["market_basis"]) == now["index_price"]
    same = ("index_price", "index_change", "index_change_rate", "price_direction")
    assert {name: underlying[name] for name in same} == {name: now[name] for name in same}
    assert kospi200["index_price"] == index_of(direct, "2001")["index_price"]
    away = (number(quote["price"]) - number(quote["theoretical_price"])) / number(quote["theoretical_price"]) * 100
    assert abs(number(quote["divergence_rate"]) - away) <= Decimal("0.01")
    assert abs(away) < Decimal("0.3")


def test_the_interest_in_theoretical_prices_grows_evenly_with_the_days_left(direct: Direct):
    quotes = [priced(direct, symbol) for symbol in ("A01609", "A01612", "A01703", "A01706")]
    a_day = [number(quote["basis"]) / number(quote["remaining_days"]) for quote in quotes]
    assert max(a_day) - min(a_day) < Decimal("0.0002")
    index = index_of(direct, "2001")
    earned = a_day[-1] * 365 / number(index["index_price"]) * 100
    rates = {row["indicator_name"]: number(row["yield_rate"]) for row in comp_interest(direct, "otc")}
    assert 0 < earned < rates["CD 91일"]


def comp_interest(direct: Direct, kind: str) -> list[Mapping[str, object]]:
    rows = blocks_of(direct, "domestic_stock_comp_interest", kind=kind)["rates"]
    assert isinstance(rows, list)
    return [dict(row) for row in rows]


def won(direct: Direct, currency: str, units: int) -> Decimal:
    """What so many units of a currency are worth by the charts of exchange rates; two decimals."""
    days = {"start_date": "2026-06-01", "end_date": "2026-06-15"}
    dollar, pair = (
        blocks_of(direct, "overseas_stock_inquire_daily_chartprice", asset="exchange_rate", symbol=code, **days)
        for code in ("FX@KRW", f"FX@{currency}")
    )
    prices = [number(cast("dict[str, object]", chart["summary"])["price"]) for chart in (dollar, pair)]
    return (prices[0] / prices[1] * units).quantize(Decimal("0.01")) if currency != "KRW" else prices[0]


@pytest.mark.parametrize(
    ("symbol", "currency", "units"), [("A75607", "KRW", 1), ("A76607", "JPY", 100), ("A78607", "CNY", 1)]
)
def test_a_currency_future_stands_by_its_basis_above_the_exchange_rate(
    direct: Direct, symbol: str, currency: str, units: int
):
    future = priced(direct, symbol, "commodity_futures")
    assert number(future["price"]) - number(future["market_basis"]) == won(direct, currency, units)
    assert abs(number(future["divergence_rate"])) < Decimal("0.3")


def test_a_share_and_a_currency_future_stand_by_their_basis_above_what_they_are_on(direct: Direct):
    share = record_of(direct, "domestic_stock_inquire_price", symbol="000660")
    future = priced(direct, "A50609", "stock_futures")
    assert number(future["price"]) - number(future["market_basis"]) == share["price"]
    assert number(future["theoretical_price"]) > number(share["price"])
    dollar, later = priced(direct, "A75607", "commodity_futures"), priced(direct, "A75612", "commodity_futures")
    assert number(dollar["price"]) - number(dollar["market_basis"]) == won(direct, "KRW", 1)
    rates = {row["indicator_name"]: number(row["yield_rate"]) for row in comp_interest(direct, "foreign")}
    at_home = {row["indicator_name"]: number(row["yield_rate"]) for row in comp_interest(direct, "otc")}
    dearer_abroad = rates["미국 10년T-NOTE 수익률"] > at_home["국고채 10년"]
    assert (number(later["basis"]) < number(dollar["basis"]) < 0) is dearer_abroad


@pytest.mark.parametrize("symbol", FUTURES)
def test_a_futures_charts_agree_with_its_price(direct: Direct, symbol: str):
    quote = priced(direct, symbol)
    asked = {"symbol": symbol, "start_date": "2026-05-18", "end_date": "2026-06-15"}
    days = blocks_of(direct, "domestic_fo_inquire_daily_fuopchartprice", **asked)
    minutes = blocks_of(direct, "domestic_fo_inquire_time_fuopchartprice", symbol=symbol, interval="60m")
    for head in (days["price"], minutes["price"]):
        assert isinstance(head, dict)
        same = ("price", "open_interest", "open_interest_change", "theoretical_price", "basis", "divergence_rate")
        assert {name: head[name] for name in same} == {name: quote[name] for name in same}
    candles, hours = days["candles"], minutes["candles"]
    assert isinstance(candles, list)
    assert isinstance(hours, list)
    assert (candles[0]["close"], candles[0]["volume"]) == (quote["price"], quote["volume"])
    assert number(candles[0]["close"]) - number(candles[1]["close"]) == quote["change"]
    today = [candle for candle in hours if candle["trade_date"] == "2026-06-15"]
    assert sum(number(candle["trade_volume"]) for candle in today) == quote["volume"]
    assert max(number(candle["high"]) for candle in today) == quote["high"]
    assert today[0]["turnover"] == quote["turnover"]
    single = rows_of(direct, "domestic_fo_inquire_time_fuopchartprice", "candles", symbol=symbol)
    assert single[1]["trade_time"] == "10:59:00"
    assert (single[1]["turnover"], single[1]["close"]) == (today[1]["turnover"], today[1]["close"])
    assert len(hours) > len(today)
    assert number(quote["listed_period_high"]) >= max(number(candle["high"]) for candle in candles)
    assert number(quote["listed_period_low"]) <= min(number(candle["low"]) for candle in candles)


def test_candles_of_a_futures_minutes_stop_at_the_day_and_begin_at_the_time_that_was_asked_for(direct: Direct):
    asked = {"until_date": "2026-06-12", "until_time": "000400", "include_past_candles": False}
    candles = rows_of(direct, "domestic_fo_inquire_time_fuopchartprice", "candles", symbol="A01609", **asked)
    assert [(row["trade_date"], row["trade_time"]) for row in candles] == [
        ("2026-06-12", f"00:0{minute}:00") for minute in (4, 3, 2, 1, 0)
    ]
    halves = rows_of(direct, "domestic_fo_inquire_time_fuopchartprice", "candles", symbol="A01609", interval="30s")
    assert len(halves) == 102
    night = {"until_date": "2026-06-12", "until_time": "253000"}
    after_midnight = rows_of(direct, "domestic_fo_inquire_time_fuopchartprice", "candles", symbol="A01609", **night)
    assert (after_midnight[0]["trade_date"], after_midnight[0]["trade_time"]) == ("2026-06-13", "01:30:00")


def test_the_listed_option_months_are_those_that_have_a_board(direct: Direct):
    listed = rows_of(direct, "domestic_fo_display_board_option_list", "expiries")
    months = [str(row["maturity_month_code"]) for row in listed]
    assert months == sorted(months)
    assert len(months) >= 2
    for month in (months[0], months[-1], "202605", "202611"):
        board = blocks_of(direct, "domestic_fo_display_board_callput", expiry=month)
        assert [bool(board[kind]) for kind in ("calls", "puts")] == [month in months] * 2


def test_an_option_board_obeys_parity_and_agrees_with_single_prices(direct: Direct):
    board = blocks_of(direct, "domestic_fo_display_board_callput", expiry="202609")
    calls, puts = board["calls"], board["puts"]
    assert isinstance(calls, list)
    assert isinstance(puts, list)
    future = priced(direct, "A01609")
    rates = {row["indicator_name"]: float(number(row["yield_rate"])) for row in comp_interest(direct, "otc")}
    years = int(number(future["remaining_days"])) / 365
    at, discount = float(number(future["price"])), math.exp(-rates["CD 91일"] / 100 * years)
    assert len(calls) == len(puts) >= 21
    for call, put in zip(calls, puts, strict=True):
        strike = float(number(call["strike_price"]))
        assert call["strike_price"] == put["strike_price"]
        apart = float(number(call["price"])) - float(number(put["price"]))
        assert abs(apart - discount * (at - strike)) < 0.07
        assert abs(float(number(call["delta"])) - float(number(put["delta"])) - discount) < 0.001
        assert call["gamma"] == put["gamma"]
        for row, is_call in ((call, True), (put, False)):
            assert number(row["price"]) - number(row["divergence"]) == row["theoretical_price"]
            if number(row["vega"]) > Decimal("0.2"):
                volatility = float(number(row["implied_volatility"])) / 100
                value = black(is_call, at, strike, years, volatility, discount)
                assert abs(value - float(number(row["price"]))) < 0.04
    row = calls[len(calls) // 2]
    single = priced(direct, str(row["symbol"]), "index_options")
    same = ("price", "open_interest", "open_interest_change", "delta", "implied_volatility", "theoretical_price")
    assert {name: row[name] for name in same} == {name: single[name] for name in same}
    index = index_of(direct, "2001")
    assert {number(row["index_base_price"]) for row in calls} == {
        number(index["index_price"]) - number(index["index_change"])
    }


def black(is_call: bool, future: float, strike: float, years: float, volatility: float, discount: float) -> float:
    spread = volatility * math.sqrt(years)
    d1 = math.log(future / strike) / spread + spread / 2
    sign = 1 if is_call else -1
    return discount * sign * (future * NORMAL.cdf(sign * d1) - strike * NORMAL.cdf(sign * (d1 - spread)))


def test_historical_volatility_is_of_the_index_last_ninety_days(direct: Direct):
    days = list[Mapping[str, object]]()
    while len(days) < 91:
        end = date.fromisoformat(str(days[-1]["trade_date"])) - timedelta(days=1) if days else date(2026, 6, 12)
        asked = {"index": "2001", "interval": "day", "start_date": "2025-01-01", "end_date": end.isoformat()}
        days += rows_of(direct, "domestic_stock_inquire_daily_indexchartprice", "candles", **asked)
    closes = [float(number(day["index_close"])) for day in days[:91]]
    volatility = pstdev(math.log(new / old) for new, old in pairwise(closes)) * math.sqrt(252)
    option = priced(direct, "B01609360", "index_options")
    assert abs(float(number(option["historical_volatility"])) - volatility * 100) < 0.01


def test_the_top_of_the_board_has_the_index_and_the_days_left_of_each_month(direct: Direct):
    top = blocks_of(direct, "domestic_fo_display_board_top", symbol="A01609")
    rows = rows_of(direct, "domestic_fo_display_board_futures", "contracts", product="kospi200")
    head, left = top["underlying"], top["expiries"]
    assert isinstance(head, dict)
    assert isinstance(left, list)
    assert [row["remaining_days"] for row in left] == [row["remaining_days"] for row in rows]
    index = index_of(direct, "2001")
    assert (head["underlying_price"], head["underlying_volume"]) == (index["index_price"], index["volume"])
    assert head["price"] == rows[0]["price"]


def test_a_margin_is_the_rate_of_yesterdays_contract_value(direct: Direct):
    listed = rows_of(direct, "domestic_fo_margin_rate", "rates", date="2026-06-15")
    rates = {row["underlying_name"]: row for row in listed}
    for name, symbol in (("KOSPI200", "A01609"), ("KOSDAQ150", "A06609"), ("SK하이닉스", "A50607")):
        row, quote = rates[name], priced(direct, symbol)
        close = number(quote["price"]) - number(quote["change"])
        assert number(row["futures_margin_per_contract"]) == int(
            close * number(row["trading_multiplier"]) * number(row["customer_margin_rate"]) / 100
        )
        assert abs(number(row["customer_margin_rate"]) - number(row["trading_margin_rate"]) * Decimal("1.5")) < 1
    assert len(rates) >= 15


async def price_of(wire: Wire, symbol: str) -> dict[str, str]:
    elements = {"FID_COND_MRKT_DIV_CODE": "F", "FID_INPUT_ISCD": symbol}
    reply = (await wire.get(f"{QUOTATIONS}/inquire-price", "FHMIF10000000", elements)).json()
    return reply["output1"]


async def test_open_interest_goes_on_from_day_to_day_within_what_is_traded():
    clock = ManualClock()
    before: dict[str, int] = {}
    symbols = ("A01609", "B01609360", "A11607")
    async with simulator(clock=clock) as (_, wire, _demo):
        for day in (15, 16, 17):
            for hour, minute in ((9, 0), (23, 59)):
                clock.now = MONDAY.replace(day=day, hour=hour, minute=minute, second=59)
                wire = await with_token(wire)
                for symbol in symbols:
                    row = await price_of(wire, symbol)
                    held, change = int(row["hts_otst_stpl_qty"]), int(row["otst_stpl_qty_icdc"])
                    assert held - change == before.get(symbol, held - change)
                    assert abs(change) <= int(row["acml_vol"])
                    if hour == 23:
                        before[symbol] = held
    assert len(before) == len(symbols)


async def test_a_contract_is_gone_after_its_last_day():
    clock = ManualClock(MONDAY.replace(month=9, day=10))
    async with simulator(clock=clock) as (_, wire, _demo):
        last = await price_of(wire, "A01609")
        clock.now += timedelta(days=1)
        wire = await with_token(wire)
        gone, following = await price_of(wire, "A01609"), await price_of(wire, "A01612")
    assert last["hts_rmnn_dynu"] == "0"
    assert last["basis"] == "0.00"
    assert set(gone.values()) == {""}
    assert Decimal(following["futs_prpr"]) > 0


async def test_the_opening_price_is_expected_more_and_more_closely_until_the_market_opens():
    async with simulator(market_hours=True) as (_, wire, _demo):
        elements = {"FID_COND_MRKT_DIV_CODE": "F", "FID_INPUT_ISCD": "A01609"}
        reply = (await wire.get(f"{QUOTATIONS}/exp-price-trend", "FHPIF05110100", elements)).json()
        quote = await price_of(wire, "A01609")
    opening, steps = Decimal(quote["futs_oprc"]), reply["output2"]
    away = [abs(Decimal(step["futs_antc_cnpr"]) - opening) for step in steps]
    assert away[0] == 0
    assert away == sorted(away)
    times = [step["stck_cntg_hour"] for step in steps]
    assert times == sorted(times, reverse=True)
    assert times[-1] < times[0] == "090000"
    for step in steps:
        change = Decimal(step["futs_antc_cntg_vrss"])
        assert Decimal(step["futs_antc_cnpr"]) - change == Decimal(quote["futs_prdy_clpr"])
    assert reply["output1"]["futs_antc_cnpr"] == "0.00"


def test_what_is_listed_today_has_not_ended(direct: Direct):
    (board,) = [blocks_of(direct, "domestic_fo_display_board_futures", product="kospi200")["contracts"]]
    assert isinstance(board, list)
    ends = [str(priced(direct, str(row["symbol"]))["last_trading_date"]) for row in board]
    assert ends == sorted(ends)
    assert date.fromisoformat(ends[0]) >= MONDAY.date()


def test_a_contract_is_unknown_before_it_is_listed(direct: Direct):
    assert set(priced(direct, "A01712").values()) == {None}
    assert priced(direct, "A01706")["last_trading_date"] == "2027-06-10"
