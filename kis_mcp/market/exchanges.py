"""The exchanges that KIS deals with, by the spec table's words: the one list that all others are made from."""

from collections.abc import Mapping
from dataclasses import dataclass

KOREA = "KR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One exchange, or one of the ways to it.

    Attributes:
        word: The table's.
        country: ISO code, which also is the name of its market for stocks.
        currency: ISO code of its prices.
        is_usual: Whether an order that names only the country goes there.
        takes_orders: Whether an order may name it; otherwise only quotes do.
        other_counters: The words of KIS' reservations for shares that trade there in another currency.
    """

    word: str
    country: str
    currency: str
    is_usual: bool = False
    takes_orders: bool = True
    other_counters: tuple[str, ...] = ()


EXCHANGES = (
    Exchange(word="krx", country=KOREA, currency="KRW", is_usual=True),
    Exchange(word="nxt", country=KOREA, currency="KRW"),
    Exchange(word="sor", country=KOREA, currency="KRW"),
    Exchange(word="unified", country=KOREA, currency="KRW", takes_orders=False),
    Exchange(word="nasdaq", country="US", currency="USD"),
    Exchange(word="nyse", country="US", currency="USD"),
    Exchange(word="amex", country="US", currency="USD"),
    Exchange(
        word="hong_kong",
        country="HK",
        currency="HKD",
        is_usual=True,
        other_counters=("hong_kong_cny", "hong_kong_usd"),
    ),
    Exchange(word="shanghai", country="CN", currency="CNY"),
    Exchange(word="shenzhen", country="CN", currency="CNY"),
    Exchange(word="tokyo", country="JP", currency="JPY", is_usual=True),
    Exchange(word="hanoi", country="VN", currency="VND"),
    Exchange(word="ho_chi_minh", country="VN", currency="VND"),
)

CURRENCIES: Mapping[str, str] = {exchange.country: exchange.currency for exchange in EXCHANGES}
"""Country → the currency of its exchanges."""

COUNTRIES: Mapping[str, str] = {
    **{word: each.country for each in EXCHANGES for word in (each.word, *each.other_counters)},
    "shanghai_b": "CN",
    "shenzhen_b": "CN",
    "otcbb": "US",
}
"""The word of an exchange, with those that only notices of orders use → its country."""


def words_of(country: str) -> tuple[str, ...]:
    """The words for the exchanges of a country, those for quotes alone included."""
    return tuple(exchange.word for exchange in EXCHANGES if exchange.country == country)


def find_country(word: str) -> str | None:
    """The country that a caller's word for a country or an exchange stands for; None where there is none such."""
    word = word.strip().lower().replace(" ", "_").replace("-", "_")
    country = COUNTRIES.get(word)
    return country or (word.upper() if word.upper() in CURRENCIES else None)
