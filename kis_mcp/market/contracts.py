"""What the symbol of a KRX contract says of its product."""

import re
from collections.abc import Mapping
from functools import cache

from kis_mcp.catalog import csv_rows, resources_folder
from kis_mcp.market.elsewhere import KRX_FUTURE


def krx_product(symbol: str) -> Mapping[str, str]:
    """The product of a future or option on KRX by the exchange's rules: a row of ``resources/krx_contracts.csv``; empty
    for those of single stocks."""
    return _products().get(symbol[1:3], {})


def krx_contract_kind(symbol: str) -> str:
    """``index_futures``, ``stock_options`` …: the kind in KIS' words, from the symbol alone."""
    what = "futures" if re.fullmatch(KRX_FUTURE, symbol) else "options"
    return f"{krx_product(symbol).get('kind', 'stock')}_{what}"


@cache
def _products() -> Mapping[str, Mapping[str, str]]:
    return {row["product"]: row for row in csv_rows(resources_folder() / "krx_contracts.csv")}
