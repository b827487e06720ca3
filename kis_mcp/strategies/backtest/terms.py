"""How instruments of a market are traded: ticks, lots, limits and costs by year."""

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Final

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.backtest.options import Costs, InstrumentTerms, Rates
from kis_mcp.trading.guard import Commission, fee_rates
from kis_mcp.trading.venues import InstrumentKind, krx_tick, us_tick

KRX_LIMIT_PERCENT: Final = Decimal(30)
"""Of the close of the day before, for shares since 2015-06-15. Funds may have twice that: none is assumed for them."""


def costs_of(market: str, kind: InstrumentKind, own: Mapping[str, Commission]) -> Costs:
    """Commission and taxes of an instrument, by year.

    Args:
        own: The account's own commissions by market, in place of the usual ones.

    Raises:
        BadArgument: The market's commission is not known.
    """
    rates = fee_rates(market, kind, own)
    if rates is None:
        raise BadArgument(
            f"What trading costs in {market} is not known.",
            remedy=f"Set KIS_COMMISSION, such as `{market} 0.3%`.",
            field="market",
        )
    return Costs(tuple(Rates(*each) for each in rates))


def terms_of(
    market: str, kind: InstrumentKind, own: Mapping[str, Commission], *, interval: str = "1d"
) -> InstrumentTerms:
    """How an instrument is traded that candles can be had of: Korean and US shares and funds.

    Args:
        own: The account's own commissions by market, in place of the usual ones.
        interval: Of the bars; those of a week show no limit of a day.

    Raises:
        BadArgument: It is of another market.
    """
    costs = costs_of(market, kind, own)
    match market:
        case "KR":
            is_limited = kind == "stock" and interval != "1w"
            limit = KRX_LIMIT_PERCENT if is_limited else None
            return InstrumentTerms(costs, partial(krx_tick, kind=kind), daily_limit_percent=limit)
        case "US":
            return InstrumentTerms(costs, us_tick)
        case _:
            raise BadArgument(
                f"Backtests know no ticks and lots of {market}.",
                remedy="Choose instruments of KR or US.",
                field="market",
            )
