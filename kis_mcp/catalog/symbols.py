"""Symbols as people, charts and data vendors write them → as KIS writes them, with the exchange that they name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kis_mcp.catalog.model import Api, Parameter
from kis_mcp.catalog.spelling import plain

KRX_CODE = r"[0-9][0-9A-Z]{5}|Q[0-9]{6}"
MARKED_CODE = r"A([0-9][0-9A-Z]{5})"
"""The exchange's own A005930."""
_MARKED = re.compile(rf"{MARKED_CODE}|A?([0-9][0-9A-Z]{{5}})[. ]K[SQ]")
"""That, 005930.KS or .KQ of Yahoo, and 005930 KS of Bloomberg."""
_US_CLASS = re.compile(r"([A-Z]{1,5})[.-]([A-Z]{1,3})")
"""A share class, which KIS parts by a stroke: BRK/B."""
_PREFIXED = re.compile(r"([A-Z_]+) ?: ?(.+)")
_MARKED_US = re.compile(r"([A-Z]{1,5}(?:[./-][A-Z]{1,3})?)(?:\.US| (US|UN|UW|UQ|UA))")
"""AAPL.US of data vendors, and AAPL US of Bloomberg, which may name the exchange instead."""
_SUFFIXED = re.compile(r"([0-9]{1,6}|[0-9]{3}[0-9A-Z])[. ](HK|T|JP|JT|SS|SH|CG|SZ|CS|CN|CH)")
_KOREAN_VENUES = ("krx", "nxt", "sor", "unified")
_PREFIXES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("KRX", "KOSPI", "KOSDAQ", "KR"), _KOREAN_VENUES),
    "NXT": ("nxt",),
    "NASDAQ": ("nasdaq",),
    "NYSE": ("nyse",),
    **dict.fromkeys(("AMEX", "NYSEAMERICAN", "NYSEARCA"), ("amex",)),
    **dict.fromkeys(("HKEX", "HKG", "HK", "HONG_KONG"), ("hong_kong",)),
    **dict.fromkeys(("TYO", "JP", "TSE", "TOKYO"), ("tokyo",)),
    **dict.fromkeys(("SSE", "SHA", "SHANGHAI"), ("shanghai",)),
    **dict.fromkeys(("SZSE", "SHE", "SHENZHEN"), ("shenzhen",)),
    **dict.fromkeys(("HNX", "HANOI"), ("hanoi",)),
    **dict.fromkeys(("HOSE", "HO_CHI_MINH"), ("ho_chi_minh",)),
}
"""Prefix of charts and of the operator's lists, or the table's word → the exchanges that it may mean, the usual one
first."""
_SUFFIXES: Mapping[str, str] = {
    "HK": "hong_kong",
    **dict.fromkeys(("T", "JP", "JT"), "tokyo"),
    **dict.fromkeys(("SS", "SH", "CG"), "shanghai"),
    **dict.fromkeys(("SZ", "CS"), "shenzhen"),
}
"""Suffix of Yahoo, Bloomberg and Chinese vendors → the exchange."""
_CHINESE: Mapping[str, str] = {"6": "shanghai", "0": "shenzhen", "3": "shenzhen"}
"""First digit of a share in yuan → its exchange."""
_CHINESE_DIGITS = 6
_BLOOMBERG = " EQUITY"
_US_MARKS: Mapping[str, tuple[str, ...]] = {
    "UN": ("nyse",),
    "UW": ("nasdaq",),
    "UQ": ("nasdaq",),
    "UA": ("amex",),
}
_US = ("nasdaq", "nyse", "amex")
_COUNTRIES: Mapping[str, str] = {
    **dict.fromkeys(_US, "us"),
    **dict.fromkeys(("shanghai", "shenzhen"), "china"),
    "tokyo": "japan",
    **dict.fromkeys(("hanoi", "ho_chi_minh"), "vietnam"),
}
"""Exchange → the table's word for its country, where that is not the exchange's own."""
_KOREAN = frozenset({"domestic_stock", "etfetn", "elw", "core"})
_FOREIGN = frozenset({"overseas_stock", "core"})


@dataclass(frozen=True, slots=True)
class WrittenSymbol:
    """What a caller wrote.

    Attributes:
        symbol: As KIS writes it, or as it came where no form of it is known.
        exchanges: Where it was said to trade, by the table's words, the usual one first; empty where nothing was said.
    """

    symbol: str
    exchanges: tuple[str, ...] = ()

    @property
    def is_korean(self) -> bool:
        return self.exchanges == _KOREAN_VENUES

    @property
    def is_at_one_venue(self) -> bool:
        """Whether it is a Korean share at one of the venues only."""
        return len(self.exchanges) == 1 and self.exchanges[0] in _KOREAN_VENUES

    @property
    def places(self) -> tuple[str, ...]:
        """The table's words for an exchange or a country that the symbol goes with, the nearest first."""
        countries = dict.fromkeys(_COUNTRIES[each] for each in self.exchanges if each in _COUNTRIES)
        return (*self.exchanges, *countries, "all") if self.exchanges else ()


def read_symbol(api: Api, parameter: Parameter, text: str) -> WrittenSymbol:
    """A symbol for one of an API's parameters: in capitals unless it is right as it is, and without what others add.

    Forms of stocks are known to the APIs of stocks only: A01612 is a contract, A005930 a share.
    """
    symbol = plain(text)
    if parameter.pattern is None or not re.fullmatch(parameter.pattern, symbol):
        symbol = symbol.upper()
    reads_shares_abroad = api.category in _FOREIGN and not _takes_indices(parameter)
    return _read_share(symbol, korean=api.category in _KOREAN, foreign=reads_shares_abroad) or WrittenSymbol(symbol)


def read_share(text: str) -> WrittenSymbol:
    """A share's symbol of any market; what is none stays as it is, in capitals."""
    symbol = plain(text).upper()
    return _read_share(symbol, korean=True, foreign=True) or WrittenSymbol(symbol)


def _read_share(symbol: str, *, korean: bool, foreign: bool) -> WrittenSymbol | None:
    prefix, rest = _parted(symbol.removesuffix(_BLOOMBERG))
    return (_korean(prefix, rest) if korean else None) or (_foreign(prefix, rest) if foreign else None)


def _korean(prefix: str, rest: str) -> WrittenSymbol | None:
    venues = _PREFIXES.get(prefix, ()) if prefix else _KOREAN_VENUES
    if not set(venues) & set(_KOREAN_VENUES):
        return None
    if marked := _MARKED.fullmatch(rest):
        return WrittenSymbol(marked[1] or marked[2], venues)
    return WrittenSymbol(rest, venues) if prefix and re.fullmatch(KRX_CODE, rest) else None


def _foreign(prefix: str, rest: str) -> WrittenSymbol | None:
    if prefix == "US":
        prefix, rest = "", f"{rest} US"
    elif prefix == "CN":
        prefix, rest = "", f"{rest} CN"
    if not prefix and (marked := _MARKED_US.fullmatch(rest)):
        return WrittenSymbol(_parted_by_stroke(marked[1]), _US_MARKS.get(marked[2] or "", ()))
    exchanges = _PREFIXES.get(prefix, ())
    if prefix and (not exchanges or set(exchanges) & set(_KOREAN_VENUES)):
        return None
    if not prefix and (suffixed := read_suffixed(rest)):
        return suffixed
    if _US_CLASS.fullmatch(rest) and set(exchanges) <= set(_US):
        return WrittenSymbol(_parted_by_stroke(rest), exchanges)
    return _at(rest, exchanges) if exchanges else None


def _parted_by_stroke(symbol: str) -> str:
    return _US_CLASS.sub(r"\1/\2", symbol)


def read_suffixed(symbol: str) -> WrittenSymbol | None:
    """A share abroad with its exchange or country, such as 0700.HK; None where the symbol, in capitals, is none."""
    if not (found := _SUFFIXED.fullmatch(symbol)):
        return None
    exchange = _SUFFIXES.get(found[2]) or (_CHINESE.get(found[1][0]) if len(found[1]) == _CHINESE_DIGITS else None)
    return _at(found[1], (exchange,)) if exchange else None


def _at(code: str, exchanges: tuple[str, ...]) -> WrittenSymbol:
    """Hong Kong's codes have five digits."""
    is_short = exchanges == ("hong_kong",) and code.isdigit()
    return WrittenSymbol(code.zfill(5) if is_short else code, exchanges)


def _takes_indices(parameter: Parameter) -> bool:
    """Whether it takes codes of KIS' world index list, which have points and strokes of their own."""
    return parameter.pattern is not None and re.fullmatch(parameter.pattern, "FX@KRW") is not None


def _parted(symbol: str) -> tuple[str, str]:
    """The prefix, if there is one, and the rest."""
    match = _PREFIXED.fullmatch(symbol)
    return (match[1], match[2]) if match else ("", symbol)
