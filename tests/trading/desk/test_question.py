from dataclasses import replace
from decimal import Decimal

import pytest

from kis_mcp.trading.desk.question import question
from tests.trading.blotter.test_reconcile import INTENT


@pytest.mark.parametrize(
    ("closes", "shown"), [(False, "at most 910 USD (about 1,274,000 KRW)"), (True, "it can be less")]
)
def test_a_short_sale_of_contracts_shows_its_bound_too(closes: bool, shown: str) -> None:
    order = replace(
        INTENT.order,
        market="overseas_futureoption",
        side="sell",
        order_type="market",
        currency="USD",
        amount=Decimal(910),
        amount_krw=Decimal(1_274_000),
        expected_amount=Decimal(700),
        closes=closes,
    )
    text = question(replace(INTENT, order=order))
    assert "Estimated amount: about 700 USD (about 980,000 KRW) at the last price" in text
    assert shown in text
