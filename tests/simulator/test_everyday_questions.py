"""What people ask, answered through an MCP client from the simulator, and each answer found in another way too."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from kis_mcp.clock import KST
from kis_mcp.simulator import SimulatorOptions, run_simulator
from tests.client import blocks, connected, settings_for

NOW = datetime(2026, 3, 4, 10, 30, tzinfo=KST)
TODAY = NOW.date().isoformat()
SOME_YEARS = {"start_date": "2021-01-01", "end_date": TODAY}
SAMSUNG, HYNIX = "005930", "000660"
CENT = 0.011
"""Rates have two decimals."""

KR, US = "domestic_stock", "overseas_stock"


@dataclass
class Agent:
    """Calls tools as a model does: those of the core surface by their names, all others through call_read_tool."""

    client: Client

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        if tool.startswith(("domestic_", "overseas_", "etfetn_", "elw_")):
            arguments = {"name": tool, "arguments": {**arguments, "fields": "all"}}
            tool = "call_read_tool"
        return blocks(await self.client.call_tool(tool, arguments))

    async def part(self, tool: str, block: str, **arguments: Any) -> Any:
        """One block of an answer."""
        return (await self.call(tool, **arguments))[block]

    async def quote(self, symbol: str) -> dict[str, Any]:
        return await self.part("get_quote", "quote", symbol=symbol)

    async def quotes(self, symbols: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Several Korean stocks, thirty a call."""
        found: list[dict[str, Any]] = []
        for start in range(0, len(symbols), 30):
            found += await self.part(f"{KR}_intstock_multprice", "stocks", symbols=symbols[start : start + 30])
        return {row["symbol"]: row for row in found}

    async def kosdaq(self) -> list[str]:
        """The stocks of KOSDAQ, from the lists of those that KIS does and does not lend money for."""
        lists = [
            await self.part(f"{KR}_credit_by_company", "stocks", universe="kosdaq", orderable=orderable)
            for orderable in (True, False)
        ]
        return [row["symbol"] for rows in lists for row in rows]


Answer = Callable[[Agent], Awaitable[None]]
QUESTIONS: dict[str, Answer] = {}


def asked(words: str) -> Callable[[Answer], Answer]:
    """Registers an answer under the words of its question."""

    def register(answer: Answer) -> Answer:
        QUESTIONS[words] = answer
        return answer

    return register


@asked("삼성전자 지금 얼마야?")
async def price(agent: Agent) -> None:
    (found,) = await agent.part("find_instrument", "instruments", query="삼성전자", limit=1)
    quote = await agent.quote(found["symbol"])
    trades = await agent.part(f"{KR}_inquire_ccnl", "trades", symbol=SAMSUNG)
    minutes = await agent.part("get_candles", "candles", symbol=SAMSUNG, interval="1m", limit=1)
    assert (quote["name"], quote["currency"]) == ("삼성전자", "KRW")
    assert quote["price"] == trades[0]["price"] == minutes[-1]["close"]


@asked("Which rose more today, Samsung Electronics or SK hynix?")
async def comparison(agent: Agent) -> None:
    rates = {symbol: (await agent.quote(symbol))["change_rate"] for symbol in (SAMSUNG, HYNIX)}
    closes = {
        symbol: await agent.part(
            f"{KR}_inquire_daily_itemchartprice",
            "candles",
            symbol=symbol,
            start_date="2026-02-20",
            end_date=TODAY,
        )
        for symbol in rates
    }
    moved = {symbol: (days[0]["close"] / days[1]["close"] - 1) * 100 for symbol, days in closes.items()}
    assert max(rates, key=lambda symbol: rates[symbol]) == max(moved, key=lambda symbol: moved[symbol])
    assert all(abs(rates[symbol] - moved[symbol]) < CENT for symbol in rates)


@asked("오늘 코스피 어때?")
async def index(agent: Agent) -> None:
    level = await agent.part(f"{KR}_inquire_index_price", "index", index="0001")
    minutes = await agent.part(f"{KR}_inquire_time_indexchartprice", "candles", index="0001", interval="1m")
    days = await agent.part(f"{KR}_inquire_investor_daily_by_market", "days", market="kospi")
    assert level["index_price"] == minutes[0]["index_close"] == days[0]["index_price"]
    assert abs(level["index_change"] - (days[0]["index_price"] - days[1]["index_price"])) < CENT
    assert level["index_low"] <= level["index_price"] <= level["index_high"]


@asked("What are today's top gainers on KOSDAQ?")
async def gainers(agent: Agent) -> None:
    rows = await agent.part(f"{KR}_fluctuation", "stocks", sort="rise", universe="kosdaq")
    quotes = await agent.quotes(await agent.kosdaq())
    best = sorted((quote["change_rate"] for quote in quotes.values()), reverse=True)[: len(rows)]
    assert [row["change_rate"] for row in rows] == best
    assert rows[0]["change_rate"] == quotes[rows[0]["symbol"]]["change_rate"]


@asked("오늘 거래대금 1위 종목은?")
async def most_traded(agent: Agent) -> None:
    rows = await agent.part(f"{KR}_volume_rank", "stocks", sort="traded_value")
    quotes = {row["symbol"]: await agent.quote(row["symbol"]) for row in rows[:5]}
    assert [row["symbol"] for row in rows[:5]] == sorted(quotes, key=lambda s: quotes[s]["turnover"], reverse=True)
    assert all(quotes[row["symbol"]]["turnover"] == row["turnover"] for row in rows[:5])
    others = await agent.quotes(await agent.kosdaq())
    assert rows[0]["turnover"] >= max(row["turnover"] for row in others.values())


@asked("외국인이 오늘 제일 많이 산 종목은?")
async def foreign_buying(agent: Agent) -> None:
    wanted = {"investor": "foreign", "direction": "buy", "sort": "quantity", "sector": "1001"}
    rows = await agent.part(f"{KR}_foreign_institution_total", "stocks", **wanted)
    nets: dict[str, int] = {}
    for symbol in await agent.kosdaq():
        quote = await agent.part(f"{KR}_inquire_price", "price", symbol=symbol)
        nets[symbol] = quote["foreign_net_buy_quantity"]
    assert rows[0]["symbol"] == max(nets, key=lambda symbol: nets[symbol])
    assert rows[0]["foreign_net_buy_quantity"] == max(nets.values())


@asked("Are individuals net buyers of KOSPI today?")
async def individuals(agent: Agent) -> None:
    (now,) = await agent.part(f"{KR}_inquire_investor_time_by_market", "investors", segment="kospi")
    days = await agent.part(f"{KR}_inquire_investor_daily_by_market", "days", market="kospi")
    others = sum(days[0][f"{who}_net_buy_turnover"] for who in ("foreign", "institution", "other"))
    assert now["individual_net_buy_turnover"] == -others
    assert now["individual_net_buy_turnover"] == now["individual_buy_turnover"] - now["individual_sell_turnover"]


@asked("삼성전자 배당금 얼마야?")
async def dividend(agent: Agent) -> None:
    rows = await agent.part(f"{KR}_ksdinfo_dividend", "dividends", symbol=SAMSUNG, **SOME_YEARS)
    ratios = await agent.part(f"{KR}_finance_financial_ratio", "periods", symbol=SAMSUNG)
    earned = {str(row["fiscal_period"])[:4]: row["eps"] for row in ratios}
    for row in rows[:3]:
        record, paid = str(row["record_date"]), row["dividend_per_share"]
        days = await agent.part("get_candles", "candles", symbol=SAMSUNG, end_date=record, limit=1)
        assert abs(row["dividend_rate"] - paid / days[-1]["close"] * 100) < CENT
        assert 0 < paid < earned[record[:4]]


@asked("Which stocks have the highest dividend yield?")
async def dividend_yield(agent: Agent) -> None:
    rows = await agent.part(f"{KR}_dividend_rate", "stocks", dividend_kind="cash", **SOME_YEARS)
    assert [row["dividend_rate"] for row in rows] == sorted((row["dividend_rate"] for row in rows), reverse=True)
    own = await agent.part(f"{KR}_ksdinfo_dividend", "dividends", symbol=rows[0]["symbol"], **SOME_YEARS)
    (same,) = [row for row in own if row["record_date"] == rows[0]["record_date"]]
    day = str(rows[0]["record_date"])
    days = await agent.part("get_candles", "candles", symbol=rows[0]["symbol"], end_date=day, limit=1)
    assert same["dividend_per_share"] == rows[0]["dividend_per_share"]
    assert abs(rows[0]["dividend_rate"] - same["dividend_per_share"] / days[-1]["close"] * 100) < CENT


@asked("삼성전자 PER이 몇이야?")
async def earnings_multiple(agent: Agent) -> None:
    quote = await agent.quote(SAMSUNG)
    ratios = await agent.part(f"{KR}_finance_financial_ratio", "periods", symbol=SAMSUNG)
    assert abs(quote["per"] - quote["price"] / ratios[0]["eps"]) < CENT
    assert abs(quote["pbr"] - quote["price"] / ratios[0]["bps"]) < CENT


@asked("What did Samsung Electronics earn last year, and what is its ROE?")
async def earnings(agent: Agent) -> None:
    income = await agent.part(f"{KR}_finance_income_statement", "periods", symbol=SAMSUNG)
    sheet = await agent.part(f"{KR}_finance_balance_sheet", "periods", symbol=SAMSUNG)
    ratios = await agent.part(f"{KR}_finance_financial_ratio", "periods", symbol=SAMSUNG)
    info = await agent.part(f"{KR}_search_stock_info", "stock", symbol=SAMSUNG)
    newest = income[0]
    assert newest["fiscal_period"] == sheet[0]["fiscal_period"] == ratios[0]["fiscal_period"]
    earned = ratios[0]["eps"] * info["listed_shares"] / 100_000_000
    assert abs(newest["net_income"] - earned) < 1
    assert abs(ratios[0]["roe"] - newest["net_income"] / sheet[0]["total_equity"] * 100) < CENT


@asked("다음 휴장일이 언제야?")
async def holiday(agent: Agent) -> None:
    days: list[dict[str, Any]] = []
    while not days or days[-1]["base_date"] < "2026-05-01":
        start = TODAY if not days else days[-1]["base_date"]
        days += await agent.part(f"{KR}_chk_holiday", "days", date=start)
    closed = [day["base_date"] for day in days if not day["market_open"] and not is_weekend(day["base_date"])]
    # KRX' calendar of 2026: after the first of March's substitute, Labour Day is next.
    assert min(day for day in closed if day > TODAY) == "2026-05-01"


@asked("How much of Samsung Electronics was sold short today?")
async def short_sales(agent: Agent) -> None:
    days = await agent.part(f"{KR}_daily_short_sale", "days", symbol=SAMSUNG)
    quote = await agent.part(f"{KR}_inquire_price", "price", symbol=SAMSUNG)
    assert days[0]["trade_date"] == TODAY
    assert days[0]["short_sale_quantity"] == quote["last_short_sale_quantity"]
    share = quote["last_short_sale_quantity"] / quote["volume"] * 100
    assert abs(days[0]["short_sale_volume_share"] - share) < CENT


@asked("공매도 많은 종목 알려줘")
async def short_sellers(agent: Agent) -> None:
    rows = await agent.part(f"{KR}_short_sale", "stocks", universe="kosdaq")
    sold: dict[str, int] = {}
    for symbol in await agent.kosdaq():
        quote = await agent.part(f"{KR}_inquire_price", "price", symbol=symbol)
        sold[symbol] = quote["last_short_sale_quantity"]
    assert [row["short_sale_quantity"] for row in rows] == sorted(sold.values(), reverse=True)[: len(rows)]
    assert sold[rows[0]["symbol"]] == rows[0]["short_sale_quantity"]


@asked("How did Samsung Electronics do over the last five days?")
async def week(agent: Agent) -> None:
    candles = await agent.part("get_candles", "candles", symbol=SAMSUNG, interval="1d", limit=6)
    prices = await agent.part(f"{KR}_inquire_daily_price", "prices", symbol=SAMSUNG)
    assert [candle["close"] for candle in candles] == [row["close"] for row in reversed(prices[:6])]
    product = Decimal(1)
    for row in prices[:5]:
        product *= 1 + Decimal(str(row["change_rate"])) / 100
    moved = (candles[-1]["close"] / candles[0]["close"] - 1) * 100
    assert abs(moved - (float(product) - 1) * 100) < 0.05


@asked("삼성전자 52주 최고가는?")
async def year_high(agent: Agent) -> None:
    quote = await agent.quote(SAMSUNG)
    candles = await agent.part("get_candles", "candles", symbol=SAMSUNG, interval="1d", limit=251)
    assert quote["high_52_week"] == max(candle["high"] for candle in candles)
    assert quote["low_52_week"] == min(candle["low"] for candle in candles)


@asked("What are the five largest companies by market cap?")
async def largest(agent: Agent) -> None:
    rows = (await agent.part(f"{KR}_market_cap", "stocks"))[:5]
    worth = {row["symbol"]: row["price"] * row["listed_shares"] for row in rows}
    assert list(worth) == sorted(worth, key=lambda symbol: worth[symbol], reverse=True)
    for row in rows:
        quote = await agent.part(f"{KR}_inquire_price", "price", symbol=row["symbol"])
        assert quote["market_cap"] == int(worth[row["symbol"]] // 100_000_000)


@asked("애플 주가는 원화로 얼마야?")
async def apple_in_won(agent: Agent) -> None:
    quote = await agent.quote("AAPL")
    detail = await agent.part(f"{US}_price_detail", "price", exchange="nasdaq", symbol="AAPL")
    assert quote["currency"] == "USD"
    assert detail["price"] == quote["price"]
    assert abs(detail["krw_price"] - quote["price"] * detail["exchange_rate"]) <= 0.5


@asked("What is the dollar worth in won?")
async def dollar(agent: Agent) -> None:
    detail = await agent.part(f"{US}_price_detail", "price", exchange="nasdaq", symbol="AAPL")
    rates = await agent.part("get_account_summary", "rates")
    assert {rate["krw_rate"] for rate in rates if rate["currency"] == "USD"} == {detail["exchange_rate"]}


@asked("오늘 나스닥 급등주는?")
async def us_gainers(agent: Agent) -> None:
    rows = await agent.part(f"{US}_updown_rate", "stocks", exchange="nasdaq", direction="up")
    caps = await agent.part(f"{US}_market_cap", "stocks", exchange="nasdaq")
    rates = {row["symbol"]: row["change_rate"] for row in caps}
    assert rows[0]["change_rate"] == max(rates.values())
    assert rates[rows[0]["symbol"]] == rows[0]["change_rate"]
    quote = await agent.quote(rows[0]["symbol"])
    assert abs(quote["change_rate"] - (quote["price"] / quote["previous_close"] - 1) * 100) < CENT


@asked("Show me the order book of Samsung Electronics.")
async def order_book(agent: Agent) -> None:
    book = await agent.call("get_order_book", symbol=SAMSUNG)
    row = (await agent.quotes([SAMSUNG]))[SAMSUNG]
    quote = await agent.quote(SAMSUNG)
    asks, bids = (sorted(level["price"] for level in book[side]) for side in ("asks", "bids"))
    assert (asks[0], bids[-1]) == (row["ask_price"], row["bid_price"])
    assert quote["price"] in (asks[0], bids[-1])
    assert asks[0] - bids[-1] == quote["tick_size"]
    assert book["book"]["total_ask_quantity"] == sum(level["quantity"] for level in book["asks"])
    assert book["book"]["total_bid_quantity"] == row["total_bid_quantity"]


@asked("삼성전자 매수 상위 창구는?")
async def brokers(agent: Agent) -> None:
    top = await agent.part(f"{KR}_inquire_member", "brokers", symbol=SAMSUNG)
    bought = [top[f"buy_member_quantity_{place}"] for place in range(1, 6)]
    for place, quantity in enumerate(bought, start=1):
        wanted = {"symbol": SAMSUNG, "broker": top[f"buy_member_code_{place}"], "start_date": TODAY, "end_date": TODAY}
        (day,) = await agent.part(f"{KR}_inquire_member_daily", "days", **wanted)
        assert day["total_buy_quantity"] == quantity
    quote = await agent.quote(SAMSUNG)
    assert bought == sorted(bought, reverse=True)
    assert abs(top["buy_member_share_1"] - bought[0] / quote["volume"] * 100) < CENT


@asked("Is programme trading buying Samsung Electronics?")
async def programme(agent: Agent) -> None:
    times = await agent.part(f"{KR}_program_trade_by_stock", "times", symbol=SAMSUNG)
    quote = await agent.part(f"{KR}_inquire_price", "price", symbol=SAMSUNG)
    newest = times[0]
    assert newest["total_net_buy_quantity"] == quote["program_net_buy_quantity"]
    assert newest["total_net_buy_quantity"] == newest["total_buy_volume"] - newest["total_sell_volume"]


@asked("삼성전자 신용잔고율은?")
async def credit(agent: Agent) -> None:
    days = await agent.part(f"{KR}_daily_credit_balance", "days", symbol=SAMSUNG)
    quote = await agent.part(f"{KR}_inquire_price", "price", symbol=SAMSUNG)
    share = days[0]["margin_loan_balance_shares"] / quote["listed_shares"] * 100
    assert days[0]["settlement_date"] <= TODAY
    assert quote["margin_loan_balance_rate"] == days[0]["margin_loan_balance_rate"]
    assert abs(quote["margin_loan_balance_rate"] - share) < CENT


@asked("고객예탁금 지금 얼마나 돼?")
async def deposits(agent: Agent) -> None:
    days = await agent.part(f"{KR}_mktfunds", "days")
    kospi = await agent.part(f"{KR}_inquire_investor_daily_by_market", "days", market="kospi")
    asked_for = {"start_date": days[0]["trade_date"], "end_date": days[0]["trade_date"]}
    traded = [
        (await agent.part(f"{KR}_inquire_daily_indexchartprice", "candles", index=index, **asked_for))[0]["turnover"]
        for index in ("0001", "1001")
    ]
    assert days[0]["index_price"] == kospi[1]["index_price"]
    assert (
        days[0]["customer_deposit_amount"] - days[1]["customer_deposit_amount"]
        == (days[0]["customer_deposit_amount_change"])
    )
    # Turnover in million won, deposits in hundred million.
    assert abs(days[0]["amount_turnover_rate"] - sum(traded) / 100 / days[0]["customer_deposit_amount"]) < CENT


@asked("What part of SK Telecom do foreigners own, and may they buy more?")
async def foreign_ownership(agent: Agent) -> None:
    quote = await agent.part(f"{KR}_inquire_price", "price", symbol="017670")
    days = await agent.part(f"{KR}_inquire_daily_price", "prices", symbol="017670")
    held = quote["foreign_holding_quantity"]
    # Foreigners may hold 49 % of a Korean telecommunications company.
    assert abs(quote["foreign_exhaustion_rate"] - held / (quote["listed_shares"] * 0.49) * 100) < CENT
    assert quote["foreign_exhaustion_rate"] == days[0]["foreign_exhaustion_rate"] < 100


@asked("국고채 금리 얼마야?")
async def bond_yield(agent: Agent) -> None:
    bond = "KR2033022D33"
    quote = await agent.part("domestic_bond_inquire_price", "price", symbol=bond)
    trades = await agent.part("domestic_bond_inquire_ccnl", "trades", symbol=bond)
    assert quote["price"] == trades[0]["price"]
    assert quote["yield_at_high"] <= quote["yield_rate"] <= quote["yield_at_low"]
    assert 0 < quote["yield_rate"] < 10


@asked("How high can Samsung Electronics go today?")
async def price_limit(agent: Agent) -> None:
    quote = await agent.quote(SAMSUNG)
    days = await agent.part(f"{KR}_inquire_daily_price", "prices", symbol=SAMSUNG)
    before = int(days[1]["close"])
    # KRX: 30 % of the previous close, on the next tick inside; 50 won under 50,000, 100 won up to 200,000.
    reach = before * 3 // 10
    assert quote["previous_close"] == before
    assert 50_000 <= before + reach < 200_000
    assert quote["upper_limit_price"] == (before + reach) // 100 * 100
    tick = 50 if before - reach < 50_000 else 100
    assert quote["lower_limit_price"] == -(-(before - reach) // tick) * tick


@asked("내 돈으로 삼성전자 몇 주 살 수 있어?")
async def buying_power(agent: Agent) -> None:
    power = await agent.part("get_buying_power", "buying_power", symbol=SAMSUNG, price=70_000)
    balances = await agent.part("get_balance", "balances", market="kr")
    (won,) = [row for row in balances if row["currency"] == "KRW"]
    shares = power["max_quantity"]
    # With 0.015 % of commission at most.
    assert shares * 70_000 <= won["cash"] < (shares + 1) * 70_000 * 1.00015


def is_weekend(day: str) -> bool:
    return datetime.fromisoformat(day).weekday() > 4


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Exception | None]:
    """What came of each question, all asked in one conversation."""
    return asyncio.run(ask_all(tmp_path_factory.mktemp("data")))


async def ask_all(folder: Path) -> dict[str, Exception | None]:
    found: dict[str, Exception | None] = {}
    options = SimulatorOptions(clock=lambda: NOW, real_rate=0, demo_rate=0, token_interval_seconds=0)
    async with (
        run_simulator(options) as simulator,
        connected(settings_for(simulator, data_dir=folder), clock=lambda: NOW) as client,
    ):
        for words, answer in QUESTIONS.items():
            try:
                await answer(Agent(client))
            except Exception as failure:
                found[words] = failure
            else:
                found[words] = None
    return found


@pytest.mark.parametrize("words", QUESTIONS)
def test_an_everyday_question_has_a_true_answer(outcomes: dict[str, Exception | None], words: str) -> None:
    failure = outcomes[words]
    if failure is not None:
        raise failure


def test_at_least_twenty_four_questions_are_asked() -> None:
    assert len(QUESTIONS) >= 24
