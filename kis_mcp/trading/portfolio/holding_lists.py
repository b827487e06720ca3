"""KIS' lists of holdings: which API lists the holdings of a market, and what it calls each fact."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from kis_mcp.trading.kis import KisReads, is_offered
from kis_mcp.trading.portfolio.exchange_rates import EVERYTHING_ABROAD, PRESENT_BALANCE
from kis_mcp.trading.venues import COUNTRIES, STOCK_MARKETS

_OVERSEAS = "overseas"
_WHOLE_US = "us"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingList:
    """One question to KIS about holdings.

    Attributes:
        market: As in `kis_mcp.trading.order.Order`; "overseas" for a list of all countries.
        names: Fact of a `Holding` → field; a fact without a name here is not in this list.
        lot: The fields that tell one loan or purchase of an instrument from another.
        exchange, currency: Of all its rows; None where each row has its own.
        in_demo: Whether only demo is asked, or only the others; None for all.
        repeats: Whether it lists what other lists have too, so that only its other rows count.
    """

    market: str
    tool: str
    names: Mapping[str, str]
    lot: tuple[str, ...] = ()
    arguments: Mapping[str, object] = field(default_factory=dict[str, object])
    block: str = "positions"
    exchange: str | None = None
    currency: str | None = None
    in_demo: bool | None = None
    repeats: bool = False


KOREAN_STOCKS = HoldingList(
    market="KR",
    tool="domestic_stock_inquire_balance",
    names={
        "quantity": "holding_quantity",
        "sellable_quantity": "orderable_quantity",
        "average_price": "purchase_average_price",
        "price": "price",
        "purchase_amount": "purchase_amount",
        "value": "valuation_amount",
        "profit": "valuation_profit_loss",
        "profit_rate": "valuation_profit_loss_rate",
        "bought_today": "today_buy_quantity",
        "sold_today": "today_sell_quantity",
        "change": "change",
    },
    lot=("trade_type_name", "loan_date"),
    exchange="krx",
    currency="KRW",
)


def _on_exchange(exchange: str, market: str, currency: str, *, in_demo: bool | None = None) -> HoldingList:
    return HoldingList(
        market=market,
        tool="overseas_stock_inquire_balance",
        names={
            "currency": "currency",
            "quantity": "overseas_balance_quantity",
            "sellable_quantity": "orderable_quantity",
            "average_price": "purchase_average_price",
            "price": "price",
            "purchase_amount": "fx_purchase_amount",
            "value": "overseas_stock_valuation_amount",
            "profit": "fx_valuation_profit_loss",
            "profit_rate": "valuation_profit_loss_rate",
        },
        lot=("loan_type_code", "loan_date"),
        arguments={"exchange": exchange, "currency": currency},
        in_demo=in_demo,
    )


LISTS: tuple[HoldingList, ...] = (
    KOREAN_STOCKS,
    _on_exchange(_WHOLE_US, "US", "USD", in_demo=False),
    *(
        _on_exchange(exchange, market, currency, in_demo=True if market == "US" else None)
        for exchange, (market, currency) in COUNTRIES.items()
    ),
    HoldingList(
        market=_OVERSEAS,
        tool=PRESENT_BALANCE,
        names={
            "currency": "buy_currency",
            "quantity": "holding_quantity",
            "sellable_quantity": "orderable_quantity",
            "average_price": "purchase_average_price",
            "price": "price",
            "purchase_amount": "fx_purchase_amount",
            "value": "fx_valuation_amount",
            "profit": "valuation_profit_loss",
            "profit_rate": "valuation_profit_loss_rate",
        },
        lot=("loan_date",),
        arguments=EVERYTHING_ABROAD,
        in_demo=False,
        repeats=True,
    ),
    HoldingList(
        market="domestic_bond",
        tool="domestic_bond_inquire_balance",
        names={
            "quantity": "balance_quantity",
            "sellable_quantity": "orderable_quantity",
            "average_price": "buy_price",
            "purchase_amount": "buy_amount",
        },
        lot=("buy_date", "buy_sequence_number"),
        block="holdings",
        currency="KRW",
    ),
    HoldingList(
        market="domestic_futureoption",
        tool="domestic_fo_inquire_balance",
        names={
            "quantity": "balance_quantity",
            "sellable_quantity": "closable_quantity",
            "average_price": "average_fill_price",
            "purchase_amount": "purchase_amount",
            "value": "valuation_amount",
            "profit": "valuation_profit_loss",
        },
        currency="KRW",
    ),
    HoldingList(
        market="overseas_futureoption",
        tool="overseas_fo_inquire_unpd",
        names={
            "currency": "currency",
            "quantity": "open_quantity",
            "sellable_quantity": "closable_quantity",
            "average_price": "average_fill_price",
            "price": "price",
            "value": "option_valuation_amount",
            "profit": "valuation_profit_loss",
        },
    ),
)
"""Every list, in the order in which holdings are shown. Demo answers the present balance abroad without rows, and lists
the US by exchange only."""


def lists_of(kis: KisReads, market: str, exchange: str | None = None) -> list[HoldingList]:
    """The lists of one market, or those of them that have one exchange's holdings."""
    lists = [item for item in _lists_in(kis) if item.market == market]
    if exchange is None:
        return lists
    return [item for item in lists if item.arguments.get("exchange") in (None, _WHOLE_US, exchange)]


def lists_of_all(kis: KisReads, markets: Collection[str] | None = None) -> list[HoldingList]:
    """The lists of these markets; without markets, every list that this environment and the accounts offer."""
    if markets is None:
        return [item for item in _lists_in(kis) if is_offered(kis, item.tool)]
    wanted = {*markets, *([_OVERSEAS] if STOCK_MARKETS - {"KR"} & set(markets) else [])}
    return [item for item in _lists_in(kis) if item.market in wanted]


def markets_with_holdings(kis: KisReads) -> list[str]:
    """The markets whose holdings this environment and the accounts offer."""
    return list(dict.fromkeys(item.market for item in lists_of_all(kis)))


def notes_on_coverage(kis: KisReads) -> list[str]:
    """Which markets' holdings are not read here, and why; empty where all are."""
    offered = markets_with_holdings(kis)
    missing = {item.market: kis.catalog.find(item.tool) for item in LISTS if item.market not in (*offered, _OVERSEAS)}
    not_set = [market for market, api in missing.items() if api is not None and api.account not in kis.accounts]
    not_in_demo = [market for market in missing if market not in not_set]
    return [
        *([f"Not in it: {', '.join(not_set)}, for which no account is set."] if not_set else []),
        *([f"Not in it: {', '.join(not_in_demo)}, which KIS' demo does not list."] if not_in_demo else []),
    ]


def _lists_in(kis: KisReads) -> list[HoldingList]:
    return [item for item in LISTS if item.in_demo in (None, kis.environment.uses_demo_api)]
