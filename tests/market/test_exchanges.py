"""The one list of exchanges."""

from collections import Counter

from kis_mcp.catalog.loader import catalog
from kis_mcp.market.exchanges import CURRENCIES, EXCHANGES, words_of


def test_an_exchange_stands_once_and_its_country_has_one_currency_and_at_most_one_usual_exchange() -> None:
    words = [word for exchange in EXCHANGES for word in (exchange.word, *exchange.other_counters)]
    assert max(Counter(words).values()) == 1
    assert {(exchange.country, exchange.currency) for exchange in EXCHANGES} == set(CURRENCIES.items())
    assert max(Counter(exchange.country for exchange in EXCHANGES if exchange.is_usual).values()) == 1


def test_every_exchange_that_an_order_may_name_is_in_the_list() -> None:
    orders = [api for api in catalog().apis if api.order]
    named = {word for api in orders if (exchange := api.parameter("exchange")) for word in exchange.codes or ()}
    may_be_ordered_at = [exchange for exchange in EXCHANGES if exchange.takes_orders]
    assert named == {word for exchange in may_be_ordered_at for word in (exchange.word, *exchange.other_counters)}


def test_the_exchanges_of_a_country_include_those_for_quotes_alone() -> None:
    assert words_of("KR") == ("krx", "nxt", "sor", "unified")
    assert words_of("US") == ("nasdaq", "nyse", "amex")
