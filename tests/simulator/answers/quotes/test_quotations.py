from datetime import datetime, timedelta
from decimal import Decimal

from kis_mcp.clock import KST
from tests.simulator.wire import MONDAY, SAMSUNG, ManualClock, simulator

BASE = "/uapi/domestic-stock/v1/quotations"
OVERSEAS = "/uapi/overseas-price/v1/quotations"
APPLE = {"AUTH": "", "EXCD": "NAS", "SYMB": "AAPL"}


async def test_quote_minute_candles_day_candle_and_book_agree():
    async with simulator() as (_, wire, _demo):
        quote = await wire.price()
        minute = {"FID_ETC_CLS_CODE": "", "FID_INPUT_HOUR_1": "110000", "FID_PW_DATA_INCU_YN": "Y"}
        minutes = (await wire.get(f"{BASE}/inquire-time-itemchartprice", "FHKST03010200", SAMSUNG | minute)).json()
        days = {"FID_INPUT_DATE_1": "20260601", "FID_INPUT_DATE_2": "20260615", "FID_PERIOD_DIV_CODE": "D"}
        elements = SAMSUNG | days | {"FID_ORG_ADJ_PRC": "0"}
        chart = (await wire.get(f"{BASE}/inquire-daily-itemchartprice", "FHKST03010100", elements)).json()
        book = (await wire.get(f"{BASE}/inquire-asking-price-exp-ccn", "FHKST01010200", SAMSUNG)).json()["output1"]
    newest, today, yesterday = minutes["output2"][0], chart["output2"][0], chart["output2"][1]
    assert (newest["stck_bsop_date"], newest["stck_cntg_hour"]) == ("20260615", "110000")
    assert newest["stck_prpr"] == quote["stck_prpr"]
    assert newest["acml_tr_pbmn"] == quote["acml_tr_pbmn"]
    assert today["stck_bsop_date"] == "20260615"
    same = {"stck_clpr": "stck_prpr", "stck_oprc": "stck_oprc", "stck_hgpr": "stck_hgpr", "stck_lwpr": "stck_lwpr"}
    assert {name: today[name] for name in same} == {name: quote[other] for name, other in same.items()}
    assert today["acml_vol"] == quote["acml_vol"]
    assert (yesterday["stck_bsop_date"], yesterday["stck_clpr"]) == ("20260612", quote["stck_sdpr"])
    assert int(quote["prdy_vrss"]) == int(quote["stck_prpr"]) - int(yesterday["stck_clpr"])
    asks = [int(book[f"askp{n}"]) for n in range(1, 11)]
    bids = [int(book[f"bidp{n}"]) for n in range(1, 11)]
    assert asks == sorted(asks)
    assert bids == sorted(bids, reverse=True)
    assert quote["stck_prpr"] in (book["askp1"], book["bidp1"])
    assert asks[0] > bids[0]


async def test_minutes_go_back_from_the_hour_that_was_asked_for():
    async with simulator() as (_, wire, _demo):
        minute = {"FID_ETC_CLS_CODE": "", "FID_INPUT_HOUR_1": "093000", "FID_PW_DATA_INCU_YN": "Y"}
        reply = await wire.get(f"{BASE}/inquire-time-itemchartprice", "FHKST03010200", SAMSUNG | minute)
    rows = reply.json()["output2"]
    first = datetime(2026, 6, 15, 9, 30, tzinfo=KST)
    assert [row["stck_cntg_hour"] for row in rows] == [f"{first - timedelta(minutes=n):%H%M%S}" for n in range(30)]
    closes = [int(row["stck_prpr"]) for row in rows]
    assert all(int(r["stck_lwpr"]) <= close <= int(r["stck_hgpr"]) for r, close in zip(rows, closes, strict=True))


async def test_weeks_are_made_of_their_days():
    async with simulator() as (_, wire, _demo):
        elements = SAMSUNG | {"FID_INPUT_DATE_1": "20260601", "FID_INPUT_DATE_2": "20260612", "FID_ORG_ADJ_PRC": "0"}
        path, tr_id = f"{BASE}/inquire-daily-itemchartprice", "FHKST03010100"
        days = (await wire.get(path, tr_id, elements | {"FID_PERIOD_DIV_CODE": "D"})).json()["output2"]
        weeks = (await wire.get(path, tr_id, elements | {"FID_PERIOD_DIV_CODE": "W"})).json()["output2"]
    assert len(days) == 10
    assert [week["stck_bsop_date"] for week in weeks] == ["20260612", "20260605"]
    for week, its_days in ((weeks[0], days[:5]), (weeks[1], days[5:])):
        assert week["stck_clpr"] == its_days[0]["stck_clpr"]
        assert week["stck_oprc"] == its_days[-1]["stck_oprc"]
        assert int(week["stck_hgpr"]) == max(int(day["stck_hgpr"]) for day in its_days)
        assert int(week["acml_vol"]) == sum(int(day["acml_vol"]) for day in its_days)


async def test_prices_move_with_time_and_are_the_same_for_the_same_seed():
    clock = ManualClock()
    async with simulator(clock=clock, seed=7) as (_, wire, _demo):
        first = await wire.price()
        prices: set[str] = set()
        for _minute in range(30):
            clock.pass_time(minutes=1)
            prices.add((await wire.price())["stck_prpr"])
    assert len(prices) > 1
    async with simulator(seed=7) as (_, wire, _demo):
        assert await wire.price() == first
    async with simulator(seed=8) as (_, wire, _demo):
        assert await wire.price() != first


async def test_a_us_quote_agrees_with_its_candles():
    async with simulator() as (_, wire, _demo):
        quote = (await wire.get(f"{OVERSEAS}/price", "HHDFS00000300", APPLE)).json()["output"]
        daily = APPLE | {"GUBN": "0", "BYMD": "", "MODP": "1", "KEYB": ""}
        days = (await wire.get(f"{OVERSEAS}/dailyprice", "HHDFS76240000", daily)).json()["output2"]
        minute = APPLE | {"NMIN": "5", "PINC": "1", "NEXT": "", "NREC": "3", "FILL": "", "KEYB": ""}
        bars = (await wire.get(f"{OVERSEAS}/inquire-time-itemchartprice", "HHDFS76950200", minute)).json()["output2"]
    assert quote["last"] == days[0]["clos"] == bars[0]["last"]
    assert quote["base"] == days[1]["clos"]
    assert quote["rsym"] == "DNASAAPL"
    assert Decimal(quote["diff"]) == abs(Decimal(quote["last"]) - Decimal(quote["base"]))
    # 11:00 in Seoul is 22:00 of the day before in New York.
    assert (days[0]["xymd"], bars[0]["xhms"], bars[0]["khms"]) == ("20260614", "220000", "110000")
    assert len(bars) == 3


async def test_an_unknown_share_is_a_business_error():
    async with simulator() as (_, wire, demo):
        path = f"{BASE}/inquire-price"
        unknown = await wire.get(path, "FHKST01010100", SAMSUNG | {"FID_INPUT_ISCD": "999999"})
        in_demo = await demo.get(path, "FHKST01010100", SAMSUNG | {"FID_INPUT_ISCD": "999999"})
        elsewhere = await wire.get(f"{OVERSEAS}/price", "HHDFS00000300", APPLE | {"EXCD": "NYS"})
    assert (unknown.status_code, unknown.json()["msg_cd"]) == (200, "APBK0656")
    assert (in_demo.status_code, in_demo.json()["msg_cd"]) == (200, "40070000")
    assert elsewhere.json()["rt_cd"] != "0"


async def test_the_market_never_closes_unless_it_keeps_its_hours():
    sunday = ManualClock(datetime(2026, 6, 14, 3, 0, tzinfo=KST))
    async with simulator(clock=sunday) as (_, wire, _demo):
        assert (await wire.order("buy", 1, code="01"))["rt_cd"] == "0"
    async with simulator(clock=sunday, market_hours=True) as (_, wire, _demo):
        assert (await wire.order("buy", 1, code="01"))["msg_cd"] == "APBK0919"
        assert int((await wire.price())["stck_prpr"]) > 0
    async with simulator(clock=ManualClock(MONDAY), market_hours=True) as (_, wire, _demo):
        assert (await wire.order("buy", 1, code="01"))["rt_cd"] == "0"
