"""How instruments are traded, and what that costs, by market, kind and year."""

from datetime import date
from decimal import Decimal

import pytest

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.backtest.terms import terms_of
from kis_mcp.trading.guard import Commission
from kis_mcp.trading.venues import InstrumentKind

FREE = {"KR": Commission(), "US": Commission()}


@pytest.mark.parametrize(
    ("on", "kind", "tax"),
    [
        (date(2018, 5, 2), "stock", 3000),
        (date(2019, 6, 2), "stock", 3000),
        (date(2019, 6, 3), "stock", 2500),
        (date(2022, 12, 31), "stock", 2300),
        (date(2025, 12, 31), "stock", 1500),
        (date(2026, 11, 27), "stock", 2000),
        (date(2026, 11, 27), "etf", 0),
    ],
)
def test_a_sale_in_korea_is_taxed_by_its_day(on: date, kind: InstrumentKind, tax: int) -> None:
    costs = terms_of("KR", kind, FREE).costs
    assert costs.cost("sell", Decimal(1_000_000), 10, on) == tax
    assert costs.cost("buy", Decimal(1_000_000), 10, on) == 0


KINDS = (terms_of("KR", "stock", FREE), terms_of("KR", "etf", FREE), terms_of("US", "stock", FREE))


def test_prices_step_as_the_market_and_the_kind_do() -> None:
    assert [each.tick(Decimal(70_000)) for each in KINDS if each.tick] == [100, 5, Decimal("0.01")]


def test_only_korean_shares_are_assumed_to_have_a_daily_limit() -> None:
    assert [each.daily_limit_percent for each in KINDS] == [30, None, None]


@pytest.mark.parametrize(("market", "remedy"), [("HK", "KR or US"), ("VN", "KIS_COMMISSION")])
def test_an_instrument_whose_terms_are_not_known_is_refused(market: str, remedy: str) -> None:
    with pytest.raises(BadArgument) as refused:
        terms_of(market, "stock", {})
    assert refused.value.field == "market"
    assert remedy in refused.value.remedy
