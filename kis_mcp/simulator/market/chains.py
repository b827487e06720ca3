"""Futures and options of the Korean exchange: which months and strikes are listed on a day, by the exchange's rules.

A code is a letter (A future, B call, C put), the product, the last digit of the year from 2026 on, the month, and of
an option the strike: ``A01612``, ``B01612350``. KIS' documents print the older form with a letter for the year,
``101W12``: here W is 2026 and X 2027, so that what the documents show can be tried. Boards list the newer codes alone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from kis_mcp.catalog import csv_rows, resources_folder
from kis_mcp.simulator.market.holidays import trades_on, trading_day
from kis_mcp.simulator.market.index_members import indices
from kis_mcp.simulator.market.instruments import Instrument, contracts, instruments
from kis_mcp.simulator.market.places import Ladder, ladder

_CODE = re.compile(r"([ABC])(\w\w)(\d)(0[1-9]|1[0-2])(\d{3})?")
_OLD_CODE = re.compile(r"([123])(\w\w)([WX])(0[1-9]|1[0-2])(\d{3})?")
_OLD_YEARS = {"W": 2026, "X": 2027}
_FIRST_YEAR = 2026
_QUARTER, _ONE_DAY = 3, timedelta(days=1)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
_LETTERS = {"future": "A", "call": "B", "put": "C"}
_KINDS = {letter: kind for kind, letter in _LETTERS.items()} | {"1": "future", "2": "call", "3": "put"}
_OLD_CODES = (
    "101W12 101X03 105W12 106W12 201W12340 201W12345 201W12350 201W12355 201W12360"
    " 301W12340 301W12345 301W12350 301W12355 301W12360 111W12 175W12"
)
"""Older codes that are listed beside the shares; any other is found when it is asked for."""

_STOCK_MULTIPLIER = Decimal(10)
_VOLATILITY = 0.01
"""Of a day, as far as it is not read off what a contract follows."""


@dataclass(frozen=True, slots=True)
class Product:
    """A row of products.csv: what futures and options there are on one underlying.

    The codes of stock futures but Samsung's are the simulator's own: KIS documents none.

    Attributes:
        underlying: The Korean name of what it is on.
        follows: The code of an index or share, a currency, or KTB and years.
        futures_months, option_months: Which expiries are listed at a time.
        expiry: Which weekday of its month is a future's last trading day; the trading day before, at a holiday.
        strikes: How many strikes an option month has, around the index' base; 0 where there are no options.
    """

    code: str
    sector: str
    name_ko: str
    name_en: str
    underlying: str
    follows: str
    decimals: int
    futures_months: "Months"
    option_months: "Months"
    daily_volume: int
    margin_rate: Decimal
    expiry: str
    strike_step: Decimal
    strikes: int
    option_volume: int
    multiplier: Decimal
    futures_ticks: Ladder
    option_ticks: Ladder

    def expires_on(self, year: int, month: int) -> date:
        """The last trading day of a month's contracts."""
        return _expiry(self.expiry, year, month)

    def all_strikes(self) -> Sequence[Decimal]:
        """From the lowest up."""
        if not self.strikes:
            return ()
        middle = round(indices()[self.follows].base / self.strike_step) * self.strike_step
        return [middle + self.strike_step * (number - self.strikes // 2) for number in range(self.strikes)]

    def months(self, kind: str) -> "Months":
        return self.futures_months if kind == "future" else self.option_months

    def listed_months(self, kind: str, day: date) -> Sequence[tuple[int, int]]:
        """Years and months whose contracts trade on a day, the nearest first."""
        coming = (_later(day.year, day.month, months) for months in range(40))
        alive = [month for month in coming if self.expires_on(*month) >= day]
        quarters = [month for month in alive if month[1] % _QUARTER == 0]
        months = self.months(kind)
        return sorted({*alive[: months.near], *quarters[: months.quarters]})

    def first_day(self, contract: Instrument) -> date:
        """When a contract was listed: after the expiry that made room for it."""
        assert contract.expiry is not None
        year, month, months = contract.expiry.year, contract.expiry.month, self.months(contract.kind)
        span = months.near if months.near and month % _QUARTER else max(months.near, months.quarters * _QUARTER)
        return self.expires_on(*_later(year, month, -span)) + _ONE_DAY


@dataclass(frozen=True, slots=True)
class Months:
    """Which expiries are listed: the nearest months, and the nearest of March, June, September and December."""

    near: int
    quarters: int

    def has(self, month: int) -> bool:
        return self.near > 0 or (self.quarters > 0 and month % _QUARTER == 0)


@cache
def products() -> Mapping[str, Product]:
    """The products by their codes."""
    terms = {row["product"]: row for row in csv_rows(resources_folder() / "krx_contracts.csv")}
    rows = csv_rows(resources_folder() / "simulator" / "products.csv")
    return {row["product"]: _product(row, terms.get(row["product"])) for row in rows}


def product_of(contract: Instrument) -> Product | None:
    """The product of a Korean contract; None of anything else."""
    code = contract.same_as or contract.symbol
    return products().get(code[1:3]) if contract.category == "domestic_futureoption" else None


def chain(product: Product, kind: str, day: date) -> Sequence[Instrument]:
    """The futures, calls or puts of a product that trade on a day: the nearest month first, by rising strikes."""
    strikes = (Decimal(0),) if kind == "future" else product.all_strikes()
    return [
        _contract(product, kind, year, month, strike)
        for year, month in product.listed_months(kind, day)
        for strike in strikes
    ]


def forward(option: Instrument) -> Instrument:
    """The future of an option's month, whether or not the exchange lists one."""
    product, expiry = product_of(option), option.expiry
    assert product is not None
    assert expiry is not None
    return _contract(product, "future", expiry.year, expiry.month, Decimal(0))


@cache
def contract_of(code: str) -> Instrument | None:
    """The contract that a code of the exchange's form names, past ones too; None where the exchange lists no such."""
    match = _CODE.fullmatch(code) or _OLD_CODE.fullmatch(code)
    if match is None or match[2] not in products():
        return None
    product, kind, month = products()[match[2]], _KINDS[match[1]], int(match[4])
    year = _OLD_YEARS.get(match[3]) or _FIRST_YEAR + (int(match[3]) - _FIRST_YEAR) % 10
    if kind == "future":
        strike = Decimal(0) if match[5] is None and product.futures_months.has(month) else None
    else:
        strike = next((each for each in product.all_strikes() if f"{int(each):03}" == match[5]), None)
    if strike is None:
        return None
    contract = _contract(product, kind, year, month, strike)
    return contract if contract.symbol == code else replace(contract, symbol=code, same_as=contract.symbol)


class Listing(Mapping[str, Instrument]):
    """Every instrument by its symbol.

    Contracts of the Korean exchange are found by their codes. They are too many, and others every month, to be among
    what it goes through; see :func:`chain`.
    """

    def __init__(self, more: Mapping[str, Instrument]) -> None:
        old = (contract_of(code) for code in _OLD_CODES.split())
        named = {contract.symbol: contract for contract in old if contract is not None}
        self._named = {**instruments(), **contracts(), **named, **more}

    def __getitem__(self, symbol: str) -> Instrument:
        found = self._named.get(symbol) or contract_of(symbol)
        if found is None:
            raise KeyError(symbol)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._named)

    def __len__(self) -> int:
        return len(self._named)


@cache
def _expiry(rule: str, year: int, month: int) -> date:
    place, weekday = rule.split()
    first = date(year, month, 1)
    ahead = (_WEEKDAYS.index(weekday) - first.weekday()) % 7
    day = first + timedelta(days=ahead + 7 * (int(place) - 1))
    return day if trades_on("KR", day) else trading_day("KR", day, -1)


def _later(year: int, month: int, months: int) -> tuple[int, int]:
    years, rest = divmod(month - 1 + months, 12)
    return year + years, rest + 1


@cache
def _contract(product: Product, kind: str, year: int, month: int, strike: Decimal) -> Instrument:
    is_future = kind == "future"
    letter, expiry = _LETTERS[kind], product.expires_on(year, month)
    words = {"future": "F", "call": "C", "put": "P"}[kind]
    english = {"future": "Futures", "call": "Call", "put": "Put"}[kind]
    prefix, ending = (f"{product.name_ko} " if product.name_ko else ""), "" if is_future else f" {strike:.1f}"
    return Instrument(
        symbol=f"{letter}{product.code}{year % 10}{month:02}{'' if is_future else f'{int(strike):03}'}",
        country="KR",
        exchange="krx",
        name_ko=f"{prefix}{words} {year}{month:02}{ending}",
        name_en=f"{product.name_en} {english} {expiry:%b %Y}{ending}",
        kind=kind,
        base_units=_base_units(product),
        daily_volume=product.daily_volume if is_future else _option_volume(product, strike),
        listed_shares=0,
        sector=product.sector,
        decimals=product.decimals,
        ticks=product.futures_ticks if is_future else product.option_ticks,
        multiplier=product.multiplier,
        margin_rate=product.margin_rate if is_future else Decimal(1),
        strike=strike,
        expiry=expiry,
        moves_with=product.follows,
        volatility=-_VOLATILITY if kind == "put" else _VOLATILITY,
    )


def _base_units(product: Product) -> int:
    index, share = indices().get(product.follows), instruments().get(product.follows)
    if index is not None:
        return int(index.base.scaleb(product.decimals))
    return share.base_units if share is not None else 10 ** (product.decimals + 2)


def _option_volume(product: Product, strike: Decimal) -> int:
    """Less the farther the strike is from the middle."""
    strikes = product.all_strikes()
    steps = abs(strikes.index(strike) - len(strikes) // 2)
    return max(product.option_volume * 4 // (4 + steps * steps), 500)


def _product(row: Mapping[str, str], terms: Mapping[str, str] | None) -> Product:
    decimals = int(row["decimals"])
    share = instruments().get(row["follows"])
    return Product(
        code=row["product"],
        sector=row["sector"],
        name_ko=row["name_ko"],
        name_en=row["name_en"],
        underlying=row["underlying"],
        follows=row["follows"],
        decimals=decimals,
        futures_months=Months(int(row["near"]), int(row["quarters"])),
        option_months=Months(int(row["option_near"]), int(row["option_quarters"])),
        daily_volume=int(row["daily_volume"]),
        margin_rate=Decimal(row["margin_rate"]),
        expiry=row["expiry"],
        strike_step=Decimal(row["strike_step"] or 0),
        strikes=int(row["strikes"]),
        option_volume=int(row["option_volume"]),
        multiplier=Decimal(terms["multiplier"]) if terms else _STOCK_MULTIPLIER,
        futures_ticks=share.ticks if share else ladder((terms or {})["futures_tick"], decimals),
        option_ticks=ladder((terms or {}).get("options_tick") or "1", decimals),
    )
