"""The report as a file."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser

from kis_mcp.clock import KST
from kis_mcp.strategies.backtest.report import DayProfit, Report, profits_by_day, write_report
from kis_mcp.strategies.backtest.result import BacktestResult, Trade
from kis_mcp.strategies.backtest.statistics import measure

BEGIN = datetime(2026, 3, 2, 15, 30, tzinfo=KST)
PICTURE = '<svg viewBox="0 0 1 1"><circle cx="1" cy="1" r="1"/></svg>'
HOSTILE = '<script>alert("1")</script>&\''


def result(count: int = 5, trades: int = 1, step: timedelta = timedelta(days=1)) -> BacktestResult:
    times = [BEGIN + number * step for number in range(count)]
    equity = [Decimal(1_000 + (number * 37) % 101) for number in range(count)]
    trade = Trade(HOSTILE, 1, times[0], Decimal(100), Decimal(1), times[-1], Decimal(120), 3, "stop_loss")
    return BacktestResult(equity[-1], times, equity, trades=[trade] * trades, warm_up=1)


def report(found: BacktestResult, words: str = "words") -> str:
    statistics = measure(found, Decimal(1_000))
    return write_report(Report(words, words, "KRW", found, statistics, [words], [words], PICTURE))


class Page(HTMLParser):
    """Notes every element, what it names outside, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.outside: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.outside += [name for name, _ in attrs if name in ("src", "href", "xlink:href") or name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_report_shows_the_picture_the_figures_and_the_trades() -> None:
    page = Page(report(result()))
    assert page.elements.count("svg") == 1
    assert page.elements.count("circle") == 1
    texts = set(page.texts)
    assert {"sharpe", "win rate, %", "deepest drawdown, %", "stop_loss", "2026-03-02 15:30", "19.00"} <= texts


def test_nothing_that_a_person_wrote_becomes_a_part_of_the_page() -> None:
    page = Page(report(result(), HOSTILE))
    assert "script" not in page.elements
    assert page.texts.count(HOSTILE) == 6


def test_a_report_loads_and_runs_nothing() -> None:
    text = report(result())
    page = Page(text)
    assert page.outside == []
    assert "url(" not in text
    assert "default-src 'none'" in text


def test_trades_beyond_a_thousand_are_counted() -> None:
    assert "And 200 more." in report(result(trades=1_200))


def test_profits_are_told_day_by_day() -> None:
    found = BacktestResult(
        Decimal(90),
        [BEGIN, BEGIN + timedelta(hours=1), BEGIN + timedelta(days=1)],
        [Decimal(110), Decimal(120), Decimal(90)],
    )
    assert profits_by_day(found, Decimal(100)) == [
        DayProfit(date(2026, 3, 2), Decimal(20)),
        DayProfit(date(2026, 3, 3), Decimal(-30)),
    ]
