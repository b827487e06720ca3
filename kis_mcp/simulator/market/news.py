"""Headlines of what happens in the simulated market, in words that say that they are simulated.

Each tells a fact that other answers have as well: a price that moved, an announced event, a statement, a target.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zlib import crc32

from kis_mcp.clock import KST
from kis_mcp.simulator.market.companies import company_of, last_year, statement
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import Market, percent
from kis_mcp.simulator.market.opinions import opinions
from kis_mcp.simulator.market.rights import Right, dividend, events

SOURCE = "모의"
"""Who writes it."""

_EVENTS = {
    "bonus_issue": "보통주 1주당 {rate}주 무상증자 결정",
    "paid_in_issue": "보통주 1주당 {rate}주 유상증자 결정",
    "public_offer": "일반공모 유상증자 결정",
    "split": "주식분할 결정 (1주를 {rate}주로)",
    "reverse_split": "주식병합 결정 (1주를 {rate}주로)",
    "capital_reduction": "감자 결정 (1주를 {rate}주로)",
    "merger": "{other} 흡수합병 결정",
}
_BIG_MOVE, _BIG_MOVE_ABROAD = 8, 4
"""Percent of a day that are news."""

_FIRST_HOUR, _SECONDS = 8, 8 * 3600
"""News come within eight hours from eight o'clock."""


@dataclass(frozen=True, slots=True)
class Headline:
    """One headline.

    Attributes:
        at: When it came, in Korean time.
    """

    at: datetime
    instrument: Instrument
    title: str

    @property
    def number(self) -> str:
        """Its serial number, which no other headline has."""
        return f"{self.at:%Y%m%d%H%M%S}{crc32(self.title.encode()) % 1_000_000:06}"


def headlines(market: Market, instrument: Instrument, day: date) -> list[Headline]:
    """The headlines about a share on a day in Korea, oldest first."""
    if instrument.kind != "stock":
        return []
    titles = [*_moved(market, instrument, day)]
    if instrument.country == "KR":
        titles += _told(market, instrument, day)
    found = [Headline(_time(market, instrument, day, title), instrument, f"[모의] {title}") for title in titles]
    return sorted(found, key=lambda headline: headline.at)


def _told(market: Market, company: Instrument, day: date) -> Iterator[str]:
    """What a company, or somebody about it, announces."""
    name = company.name_ko
    for right in events(company):
        if right.announced == day:
            yield f"{name}, {_words(right)}"
    if (day.month, day.day) == (4, 1):
        year = last_year(day)
        known = statement(market.seed, company_of(company), year)
        yield f"{name}, {year}년 매출 {known.revenue:,}억원·영업이익 {known.operating_profit:,}억원"
        paid = dividend(market.seed, company, year)
        if paid is not None:
            yield f"{name}, {year}년 결산배당 주당 {paid.cash:,}원"
    for opinion in opinions(market, company, day, day):
        yield f"{opinion.broker}, {name} 목표주가 {opinion.target:,}원 제시"


def _moved(market: Market, company: Instrument, day: date) -> Iterator[str]:
    """On a weekday, that the day before it the price moved much."""
    before = market.calendar(company).before(day)
    if day.weekday() < 5 and market.history(company).bar(before) is not None:
        rate = _rate(market, company, before)
        if abs(rate) >= (_BIG_MOVE if company.country == "KR" else _BIG_MOVE_ABROAD):
            yield f"{company.name_ko}, 전 거래일 {rate:+}% 마감"


def _rate(market: Market, company: Instrument, day: date) -> Decimal:
    """The change of a whole day, in percent of the close before."""
    history = market.history(company)
    bar = history.bar(day)
    assert bar is not None
    base = company.price(history.previous_close(day))
    return percent(company.price(bar.close) - base, base)


def _words(right: Right) -> str:
    return _EVENTS[right.kind].format(rate=right.rate, other=right.other)


def _time(market: Market, instrument: Instrument, day: date, title: str) -> datetime:
    seconds = crc32(f"{market.seed}:{instrument.symbol}:{day}:{title}".encode()) % _SECONDS
    return datetime.combine(day, time(_FIRST_HOUR), KST) + timedelta(seconds=seconds)
