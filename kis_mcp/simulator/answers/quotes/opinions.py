"""Opinions, estimates and news. Everything in them is simulated, and says so."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from kis_mcp.clock import KST
from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.events import companies
from kis_mcp.simulator.answers.quotes.facts import FactSheet
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.answers.quotes.subjects import subject_of
from kis_mcp.simulator.market.companies import Statement
from kis_mcp.simulator.market.holidays import trading_day
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.market.news import SOURCE, Headline, headlines
from kis_mcp.simulator.market.opinions import BROKERS, Opinion, estimate, opinions
from kis_mcp.simulator.market.places import stock_exchanges
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_RATINGS = {"BUY": "2", "HOLD": "3"}
"""KIS' codes of ratings."""

_WANTED = {"buy": ("BUY",), "neutral": ("HOLD",), "sell": ()}
_OF_ONE, _OF_ALL = 100, 20
"""How many opinions KIS shows of a company, and of a broker."""

_EVERY_BROKER = "999"
_YEAR, _MONTH = timedelta(days=365), timedelta(days=30)
_TENTH = Decimal("0.1")
_HEADLINES = 40
_NOTHING: Facts = {}
_DAYS_BACK = 30


def of_company(world: World, call: Call) -> Answer:
    """The brokers' opinions on a company, newest first, against its price."""
    subject = subject_of(world, call)
    if subject is None:
        return {}
    rows = [_opinion(subject, opinion) for opinion in _between(subject, call, _YEAR)]
    return {"output": rows[::-1][:_OF_ONE]}


def of_brokers(world: World, call: Call) -> Answer:
    """The opinions of all brokers, or of one by its place in the list of them, newest first."""
    place = call.arguments.get("broker", _EVERY_BROKER)
    chosen = BROKERS if place == _EVERY_BROKER else BROKERS[int(place) - 1 : int(place)] if place.isdigit() else ()
    ratings = _WANTED.get(call.arguments.get("opinion", "all"), tuple(_RATINGS))
    found = [
        (subject, opinion)
        for subject in companies(world, call)
        for opinion in _between(subject, call, _MONTH)
        if opinion.broker in chosen and opinion.rating in ratings
    ]
    found.sort(key=lambda pair: pair[1].day, reverse=True)
    return {"output": [FactSheet(subject, _opinion(subject, opinion)) for subject, opinion in found[:_OF_ALL]]}


def estimates(world: World, call: Call) -> Answer:
    """Three known years and two estimated ones: amounts in hundred million won, ratios in tenths.

    EBITDA, its multiple and the interest cover are blank, and so are the growth rates of the income statement, whose
    unit KIS does not tell.
    """
    subject = subject_of(world, call)
    if subject is None or subject.statement is None:
        return {}
    newest = subject.statement.year
    years = [(year, year > newest) for year in range(newest - 2, newest + 3)]
    known = [_year(subject, year, estimated=estimated) for year, estimated in years]
    before = _year(subject, newest - 3, estimated=False)
    growth = [percent(now.eps - past.eps, past.eps) for past, now in zip([before, *known], known, strict=False)]
    latest = opinions(world.market, subject.instrument, subject.quote.day - _YEAR, subject.quote.day)
    return {
        "output1": {
            "symbol": subject.instrument.symbol,
            "name": subject.instrument.name_ko,
            "estimate_date": _first_trading_day(subject.quote.day),
            "recommendation_name": latest[-1].rating if latest else None,
        },
        "output2": [
            _data(year.revenue for year in known),
            _NOTHING,
            _data(year.operating_profit for year in known),
            _NOTHING,
            _data(year.net_income for year in known),
            _NOTHING,
        ],
        "output3": [
            _NOTHING,
            _data(_in_tenths(year.eps) for year in known),
            _data(map(_in_tenths, growth)),
            _data(_in_tenths(subject.quote.price / year.eps) for year in known),
            _NOTHING,
            _data(_in_tenths(percent(year.net_income, year.total_equity)) for year in known),
            _data(_in_tenths(percent(year.total_liabilities, year.total_equity)) for year in known),
            _NOTHING,
        ],
        "output4": [{"fiscal_month": f"{year}.12{'E' if estimated else ''}"} for year, estimated in years],
    }


def news_at_home(world: World, call: Call) -> Answer:
    """Headlines about a company, or about all, up to the time that was asked for, newest first."""
    found = _latest(world, call, [subject.instrument for subject in companies(world, call)])
    return {"output": [_headline(one) for one in found]}


def news_abroad(world: World, call: Call) -> Answer:
    """Headlines about shares abroad: of one, of an exchange, of a country, or of all."""
    exchange = stock_exchanges().get(call.text("EXCHANGE_CD"))
    country, symbol = call.text("NATION_CD"), call.text("SYMB")
    chosen = [
        instrument
        for instrument in _abroad(world)
        if (not country or instrument.country == country)
        and (exchange is None or instrument.listed_on is exchange)
        and symbol in ("", instrument.symbol)
    ]
    rows: list[Facts] = [
        {
            "news_key": one.number,
            "written_date": one.at.date(),
            "written_time": one.at.timetz(),
            "source": SOURCE,
            "country_code": one.instrument.country,
            "exchange_code": one.instrument.listed_on.quote_code,
            "symbol": one.instrument.symbol,
            "name": one.instrument.name_ko,
            "title": one.title,
        }
        for one in _latest(world, call, chosen)
    ]
    return {"outblock1": rows}


def breaking_news(world: World, call: Call) -> Answer:
    """The latest headlines about shares abroad."""
    found = _latest(world, call, _abroad(world))
    return {"output": [{**_headline(one), "name_1": one.instrument.name_ko} for one in found]}


def _abroad(world: World) -> list[Instrument]:
    return [i for i in world.market.instruments.values() if i.category == "overseas_stock" and i.kind == "stock"]


def _latest(world: World, call: Call, chosen: list[Instrument]) -> list[Headline]:
    """The newest headlines about these until the time of the call, or until the day and time that it names."""
    found: list[Headline] = []
    asked, until = call.day("date"), call.arguments.get("time", "")
    today = call.now.astimezone(KST).date()
    last = min(asked or today, today)
    for back in range(_DAYS_BACK):
        of_day: list[Headline] = []
        for instrument in chosen:
            of_day += [
                one
                for one in headlines(world.market, instrument, last - timedelta(days=back))
                if one.at <= call.now and (back or not until or f"{one.at:%H%M%S}" <= until)
            ]
        found += sorted(of_day, key=lambda one: one.at, reverse=True)
        if len(found) >= _HEADLINES:
            break
    return found[:_HEADLINES]


def _headline(one: Headline) -> Facts:
    return {
        "content_serial_number": one.number,
        "written_date": one.at.date(),
        "written_time": one.at.timetz(),
        "title": one.title,
        "source": SOURCE,
        "symbol_1": one.instrument.symbol,
    }


def _between(subject: Subject, call: Call, usual: timedelta) -> list[Opinion]:
    today = subject.quote.day
    start, end = call.day("start_date") or today - usual, call.day("end_date") or today
    return opinions(subject.market, subject.instrument, start, min(end, today))


def _opinion(subject: Subject, opinion: Opinion) -> Facts:
    """The divergence is the price now against the target."""
    price, stock = subject.quote.price, subject.instrument
    target = stock.price(opinion.target)
    return {
        "trade_date": opinion.day,
        "investment_opinion": opinion.rating,
        "investment_opinion_code": _RATINGS[opinion.rating],
        "previous_investment_opinion": opinion.previous,
        "previous_investment_opinion_code": _RATINGS[opinion.previous],
        "member_name": opinion.broker,
        "target_price": target,
        "previous_close": stock.price(subject.market.history(stock).previous_close(opinion.day)),
        "divergence": price - target,
        "divergence_rate": percent(price - target, target),
    }


def _year(subject: Subject, year: int, *, estimated: bool) -> Statement:
    return (
        subject.restated(estimate(subject.market.seed, subject.instrument, year))
        if estimated
        else (subject.statement_of(year))
    )


def _first_trading_day(day: date) -> date:
    return trading_day("KR", day.replace(day=1) - timedelta(days=1), 1)


def _in_tenths(value: Decimal) -> Decimal:
    return (value * 10).quantize(_TENTH)


def _data(values: Iterable[Decimal]) -> Facts:
    return {f"estimate_{number}": value for number, value in enumerate(values, start=1)}


OPINIONS: Mapping[str, Callable[[World, Call], Answer]] = {
    "domestic_stock_invest_opinion": of_company,
    "domestic_stock_invest_opbysec": of_brokers,
    "domestic_stock_estimate_perform": estimates,
    "domestic_stock_news_title": news_at_home,
    "overseas_stock_news_title": news_abroad,
    "overseas_stock_brknews_title": breaking_news,
}
