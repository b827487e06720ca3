"""Which tool reads a stock of any market abroad, by what a caller wants of it."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

Use: TypeAlias = Literal["price", "candles", "book"]
"""What a caller wants of an instrument."""

SHARES_ABROAD: Mapping[Use, str] = {
    "price": "overseas_stock_price",
    "candles": "overseas_stock_dailyprice",
    "book": "overseas_stock_inquire_asking_price",
}
