"""Twenty-four things that people ask, and the calls that answer them.

A task has ways, the shortest first: the first one whose tools are all offered is taken, and the last one is how it goes
with a quote of one instrument, a search and KIS' own APIs alone. A tool that answers a task in fewer calls is one way
more, in front of the others.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

Call: TypeAlias = tuple[str, dict[str, Any]]
Way: TypeAlias = tuple[Call, ...]

KR, US, BOND = "domestic_stock", "overseas_stock", "domestic_bond"
SAMSUNG, HYNIX = "005930", "000660"
TODAY = "2026-03-04"
SOME_YEARS = {"start_date": "2021-01-01", "end_date": TODAY}


@dataclass(frozen=True, slots=True)
class Task:
    """What a person asks.

    Attributes:
        question: In their words.
        answer: The fields that answer it, of the last call of every way.
        ways: The calls, the shortest way first.
    """

    question: str
    answer: tuple[str, ...]
    ways: tuple[Way, ...]


def core(tool: str, **arguments: Any) -> Way:
    """A tool of the core surface, which a model sees."""
    return ((tool, arguments),)


def searched(query: str, tool: str, **arguments: Any) -> Way:
    """One of KIS' own APIs, which a model has to find first; the search has to name it."""
    return (("search_tools", {"query": query}), ("call_read_tool", {"name": tool, "arguments": arguments}))


def quotes(*symbols: str) -> Way:
    return core("get_quotes", symbols=list(symbols))


def each_quote(*symbols: str) -> Way:
    return tuple(("get_quote", {"symbol": symbol}) for symbol in symbols)


TASKS: tuple[Task, ...] = (
    Task(
        "삼성전자 지금 얼마야?",
        ("price",),
        ((*core("find_instrument", query="삼성전자"), *each_quote(SAMSUNG)),),
    ),
    Task(
        "Which rose more today, Samsung Electronics or SK hynix?",
        ("change_rate",),
        (quotes(SAMSUNG, HYNIX), each_quote(SAMSUNG, HYNIX)),
    ),
    Task(
        "오늘 코스피 어때?",
        ("price", "index_price"),
        (quotes("KOSPI"), searched("코스피 지수", f"{KR}_inquire_index_price", index="0001")),
    ),
    Task(
        "What are today's top gainers on KOSDAQ?",
        ("change_rate",),
        (
            core("get_rankings", by="gainers", market="kosdaq"),
            searched("top gainers", f"{KR}_fluctuation", sort="rise", universe="kosdaq"),
        ),
    ),
    Task(
        "오늘 거래대금 1위 종목은?",
        ("turnover", "value"),
        (core("get_rankings", by="turnover"), searched("거래대금 순위", f"{KR}_volume_rank", sort="traded_value")),
    ),
    Task(
        "외국인이 오늘 제일 많이 산 종목은?",
        ("foreign_net_buy_quantity", "value"),
        (
            core("get_rankings", by="foreign_net_buy"),
            searched("외국인 순매수 상위", f"{KR}_foreign_institution_total", investor="foreign", sort="quantity"),
        ),
    ),
    Task(
        "삼성전자 배당금 얼마야?",
        ("dividend_per_share", "per_share"),
        (
            core("get_fundamentals", symbol=SAMSUNG, sections=["dividends"]),
            searched("배당금", f"{KR}_ksdinfo_dividend", symbol=SAMSUNG, **SOME_YEARS),
        ),
    ),
    Task(
        "Which stocks have the highest dividend yield?",
        ("dividend_rate", "value"),
        (
            core("get_rankings", by="dividend_yield"),
            searched("highest dividend yield", f"{KR}_dividend_rate", dividend_kind="cash", **SOME_YEARS),
        ),
    ),
    Task("삼성전자 PER이 몇이야?", ("per",), (core("get_quote", symbol=SAMSUNG),)),
    Task(
        "What is Samsung Electronics' ROE?",
        ("roe",),
        (
            core("get_fundamentals", symbol=SAMSUNG, sections=["ratios"]),
            searched("ROE financial ratios", f"{KR}_finance_financial_ratio", symbol=SAMSUNG),
        ),
    ),
    Task(
        "다음 휴장일이 언제야?",
        ("date", "market_open"),
        (core("get_market_hours", market="kr", days=90), searched("휴장일", f"{KR}_chk_holiday", date=TODAY)),
    ),
    Task(
        "How much of Samsung Electronics was sold short today?",
        ("short_sale_quantity",),
        (searched("short sales of one stock", f"{KR}_daily_short_sale", symbol=SAMSUNG),),
    ),
    Task(
        "How did Samsung Electronics do over the last five days?",
        ("close",),
        (core("get_candles", symbol=SAMSUNG, limit=6),),
    ),
    Task("삼성전자 52주 최고가는?", ("high_52_week",), (core("get_quote", symbol=SAMSUNG),)),
    Task(
        "What are the five largest companies by market cap?",
        ("market_cap", "value"),
        (core("get_rankings", by="market_cap", limit=5), searched("market cap ranking", f"{KR}_market_cap", limit=5)),
    ),
    Task(
        "애플 주가는 원화로 얼마야?",
        ("krw_price",),
        (searched("해외주식 현재가상세 원화", f"{US}_price_detail", exchange="nasdaq", symbol="AAPL"),),
    ),
    Task("What is the dollar worth in won?", ("krw_rate",), (core("get_account_summary"),)),
    Task(
        "오늘 나스닥 급등주는?",
        ("change_rate",),
        (
            core("get_rankings", by="gainers", market="nasdaq"),
            searched("해외주식 상승률 순위", f"{US}_updown_rate", exchange="nasdaq", direction="up"),
        ),
    ),
    Task("Show me the order book of Samsung Electronics.", ("quantity",), (core("get_order_book", symbol=SAMSUNG),)),
    Task(
        "삼성전자 매수 상위 창구는?",
        ("buy_member_name_1",),
        (searched("매수 상위 회원사", f"{KR}_inquire_member", symbol=SAMSUNG),),
    ),
    Task(
        "고객예탁금 지금 얼마나 돼?",
        ("customer_deposit_amount",),
        (searched("고객예탁금", f"{KR}_mktfunds"),),
    ),
    Task(
        "국고채 금리 얼마야?",
        ("yield_rate",),
        (searched("채권 현재가", f"{BOND}_inquire_price", symbol="KR2033022D33"),),
    ),
    Task("How high can Samsung Electronics go today?", ("upper_limit_price",), (core("get_quote", symbol=SAMSUNG),)),
    Task("내 돈으로 삼성전자 몇 주 살 수 있어?", ("max_quantity",), (core("get_buying_power", symbol=SAMSUNG),)),
)
