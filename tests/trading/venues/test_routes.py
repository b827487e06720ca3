"""Which KIS API takes the orders of a market and session, by the rows of the order APIs."""

from pathlib import Path
from shutil import copytree

import pytest

from kis_mcp.catalog.data import tools_folder
from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import OrderUse
from kis_mcp.errors import BadArgument
from kis_mcp.trading.venues.markets import MARKETS
from kis_mcp.trading.venues.routes import find_route, has_session
from tests.trading.fakes import CATALOG

SESSIONS = ("regular", "daytime", "night", "reserved")
USES: tuple[OrderUse, ...] = ("new", "sell", "credit", "modify", "cancel")
ABROAD = {"new": "overseas_stock_order", **dict.fromkeys(("modify", "cancel"), "overseas_stock_order_rvsecncl")}
ASIA_RESERVED = dict.fromkeys(("new", "cancel"), "overseas_stock_order_resv")
CONTRACTS = {"new": "domestic_fo_order", **dict.fromkeys(("modify", "cancel"), "domestic_fo_order_rvsecncl")}
ROUTES = {
    ("KR", "regular"): {
        "new": "domestic_stock_order_cash",
        "credit": "domestic_stock_order_credit",
        **dict.fromkeys(("modify", "cancel"), "domestic_stock_order_rvsecncl"),
    },
    ("KR", "reserved"): {
        "new": "domestic_stock_order_resv",
        **dict.fromkeys(("modify", "cancel"), "domestic_stock_order_resv_rvsecncl"),
    },
    ("US", "regular"): ABROAD,
    ("US", "daytime"): {
        "new": "overseas_stock_daytime_order",
        **dict.fromkeys(("modify", "cancel"), "overseas_stock_daytime_order_rvsecncl"),
    },
    ("US", "reserved"): {"new": "overseas_stock_order_resv", "cancel": "overseas_stock_order_resv_ccnl"},
    **{(market, "regular"): ABROAD for market in ("HK", "CN", "JP", "VN")},
    **{(market, "reserved"): ASIA_RESERVED for market in ("HK", "CN", "JP", "VN")},
    ("domestic_futureoption", "regular"): CONTRACTS,
    ("domestic_futureoption", "night"): CONTRACTS,
    ("overseas_futureoption", "regular"): {
        "new": "overseas_fo_order",
        **dict.fromkeys(("modify", "cancel"), "overseas_fo_order_rvsecncl"),
    },
    ("domestic_bond", "regular"): {
        "new": "domestic_bond_buy",
        "sell": "domestic_bond_sell",
        **dict.fromkeys(("modify", "cancel"), "domestic_bond_order_rvsecncl"),
    },
}


@pytest.mark.parametrize("market", MARKETS)
def test_the_orders_of_a_market_and_session_go_to_their_apis(market: str) -> None:
    found = {
        (market, session): {use: route.api.tool for use in USES if (route := find_route(CATALOG, market, session, use))}
        for session in SESSIONS
        if has_session(CATALOG, market, session)
    }
    assert found == {key: tools for key, tools in ROUTES.items() if key[0] == market}


def test_what_has_no_api_of_its_own_goes_where_new_orders_go() -> None:
    for market, tool in (("KR", "domestic_stock_order_cash"), ("domestic_bond", "domestic_bond_sell")):
        route = find_route(CATALOG, market, "regular", "sell", "new")
        assert route is not None
        assert route.api.tool == tool


def test_a_session_that_a_market_lacks_is_refused_with_those_that_it_has() -> None:
    with pytest.raises(BadArgument, match="no night session for orders in market us") as caught:
        find_route(CATALOG, "US", "night", "new")
    assert caught.value.field == "session"
    assert caught.value.remedy == "Leave session out, or use daytime, or use reserved."


def test_a_route_reads_the_table_of_its_own_category_only(tmp_path: Path) -> None:
    root = Path(copytree(tools_folder(), tmp_path / "tools"))
    (root / "domestic_stock" / "trading.toml").write_text("this is no TOML", encoding="utf-8")
    assert find_route(Catalog(root), "US", "regular", "new") is not None


def test_the_night_session_is_said_to_kis_and_changed_as_a_whole() -> None:
    for session, word in (("regular", "day"), ("night", "night")):
        new, change = (find_route(CATALOG, "domestic_futureoption", session, use) for use in ("new", "modify"))
        assert new is not None
        assert change is not None
        assert new.terms.fixed == change.terms.fixed == {"session": word}
        assert change.terms.whole_only is (session == "night")
