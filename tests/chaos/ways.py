"""The ways to order: the tools of each, how they name a standing order, and which of KIS' APIs should be reached."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from kis_mcp.clock import KST, NEW_YORK
from kis_mcp.simulator.market.bonds import bonds, terms_of
from kis_mcp.simulator.market.chains import Listing
from kis_mcp.simulator.market.instruments import Category, Instrument

CORE_TOOLS = ("place_order", "modify_order", "cancel_order")


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to order.

    Attributes:
        weight: How many of a hundred orders take it.
        category: Of its instruments.
        place, modify, cancel: Its tools. None where orders cannot be changed.
        api, change_api: What they reach at KIS.
        more: Arguments beside the order's own.
        more_changing: The same of a change or cancel.
        naming: Argument of a change or cancel → what of the standing order it repeats.
        zone: Whose day an order is of.
        lot: Quantities are multiples of it.
        sides: Those that are ordered.
        takes_key: Whether its tools take an idempotency key.
    """

    weight: int = 6
    category: Category
    place: str
    modify: str | None = None
    cancel: str
    api: str
    change_api: str
    more: Mapping[str, object] = field(default_factory=dict[str, object])
    more_changing: Mapping[str, object] = field(default_factory=dict[str, object])
    naming: Mapping[str, str] = field(default_factory=lambda: {"order_id": "order_id"})
    zone: ZoneInfo = KST
    lot: int = 1
    sides: tuple[str, ...] = ("buy", "sell")
    takes_key: bool = False

    @property
    def instruments(self) -> list[Instrument]:
        """Without options, which move too fast to be priced beforehand, and futures of a single share, whose value
        nobody can tell."""
        return [
            one
            for one in EVERY_INSTRUMENT.values()
            if one.category == self.category and one.strike == 0 and one.sector != "stock" and is_issued(one)
        ]

    @property
    def is_often_filled(self) -> bool:
        return self.takes_key or self.category == "domestic_bond"

    def can_sell(self, instrument: Instrument) -> bool:
        """Whether an order to sell it may well go out: of a contract always, of a share only if some are held."""
        return "stock" not in self.category or (self.takes_key and instrument.symbol in _MUCH_TRADED)


START = datetime(2026, 3, 4, 10, 30, tzinfo=KST)
"""When a run begins."""


def is_issued(instrument: Instrument) -> bool:
    """Whether a bond was issued before a run begins; true of all else."""
    return instrument.kind != "bond" or terms_of(instrument.symbol).issued < START.date()


_MUCH_TRADED = ("005930", "000660", "035420", "AAPL", "NVDA", "MSFT")
EVERY_INSTRUMENT: Mapping[str, Instrument] = Listing(bonds())


def _core(category: Category, market: str, api: str) -> Way:
    return Way(
        weight=25,
        category=category,
        place="place_order",
        modify="modify_order",
        cancel="cancel_order",
        api=api,
        change_api=f"{api.removesuffix('_cash')}_rvsecncl",
        more_changing={"market": market},
        takes_key=True,
    )


def _typed(category: Category, api: str, **more: object) -> Way:
    change = f"{api}_rvsecncl"
    return Way(category=category, place=api, modify=change, cancel=change, api=api, change_api=change, **more)  # pyright: ignore[reportArgumentType]


_BY_NUMBER_AND_BOND = {"order_id": "order_id", "symbol": "symbol"}
_BOND_CHANGE = "domestic_bond_order_rvsecncl"

WAYS: Mapping[str, Way] = {
    "Korean shares": _core("domestic_stock", "kr", "domestic_stock_order_cash"),
    "US shares": _core("overseas_stock", "us", "overseas_stock_order"),
    "Korean shares on credit": Way(
        category="domestic_stock",
        place="domestic_stock_order_credit",
        modify="modify_order",
        cancel="cancel_order",
        api="domestic_stock_order_credit",
        change_api="domestic_stock_order_rvsecncl",
        more={"credit_type": "broker_margin_open"},
        more_changing={"market": "kr"},
        sides=("buy",),
    ),
    "Korean reservations": _typed(
        "domestic_stock",
        "domestic_stock_order_resv",
        naming={
            "reservation_id": "order_id",
            "reservation_date": "day",
            "symbol": "symbol",
            "side": "side",
            "quantity": "quantity",
        },
    ),
    "US reservations": Way(
        category="overseas_stock",
        place="overseas_stock_order_resv",
        cancel="overseas_stock_order_resv_ccnl",
        api="overseas_stock_order_resv",
        change_api="overseas_stock_order_resv_ccnl",
        naming={"reservation_id": "order_id", "reservation_date": "day"},
    ),
    "US shares by day": _typed(
        "overseas_stock",
        "overseas_stock_daytime_order",
        naming={"order_id": "order_id", "symbol": "symbol", "exchange": "exchange", "quantity": "quantity"},
    ),
    "Korean futures": _typed("domestic_futureoption", "domestic_fo_order"),
    "futures abroad": _typed(
        "overseas_futureoption",
        "overseas_fo_order",
        naming={"order_id": "order_id", "order_date": "day"},
        zone=NEW_YORK,
    ),
    "bonds": Way(
        category="domestic_bond",
        place="domestic_bond_buy",
        modify=_BOND_CHANGE,
        cancel=_BOND_CHANGE,
        api="domestic_bond_buy",
        change_api=_BOND_CHANGE,
        naming=_BY_NUMBER_AND_BOND,
        lot=10,
        sides=("buy",),
    ),
    "bonds sold": Way(
        weight=4,
        category="domestic_bond",
        place="domestic_bond_sell",
        modify=_BOND_CHANGE,
        cancel=_BOND_CHANGE,
        api="domestic_bond_sell",
        change_api=_BOND_CHANGE,
        naming=_BY_NUMBER_AND_BOND,
        lot=10,
        sides=("sell",),
    ),
}

TYPED_TOOLS = sorted(
    {tool for way in WAYS.values() for tool in (way.place, way.modify, way.cancel) if tool and tool not in CORE_TOOLS}
)
"""What a server has to offer beside the core tools."""
