"""Which tools are offered."""

from itertools import combinations

import pytest

from kis_mcp.catalog.loader import catalog
from kis_mcp.errors import SettingsError
from kis_mcp.server.surface import SurfaceOptions, select_tools

ORDER_TOOLS = {"place_order", "modify_order", "cancel_order", "close_positions"}
TYPED = "domestic_stock_inquire_price"


def names(options: SurfaceOptions) -> list[str]:
    return [api.tool for api in select_tools(catalog(), options)]


def test_the_default_is_the_core_tools_in_the_tables_order() -> None:
    assert names(SurfaceOptions()) == [api.tool for api in catalog().core]


def test_all_offers_every_tool_the_core_ones_first() -> None:
    everything = names(SurfaceOptions("all"))
    assert everything == [api.tool for api in catalog().tools]
    assert len(everything) == len(set(everything))


def test_toolsets_replace_the_surface() -> None:
    assert {api.toolset for api in select_tools(catalog(), SurfaceOptions(toolsets=("core_market",)))} == {
        "core_market"
    }
    category = select_tools(catalog(), SurfaceOptions(toolsets=("overseas_stock",)))
    assert category
    assert {api.category for api in category} == {"overseas_stock"}


def test_tools_come_on_top_of_the_surface() -> None:
    assert names(SurfaceOptions(tools=(TYPED,))) == [*names(SurfaceOptions()), TYPED]
    assert names(SurfaceOptions(toolsets=("core_system",), tools=(TYPED,)))[-1] == TYPED


def test_read_only_beats_everything_that_includes_an_order_tool() -> None:
    for options in (
        SurfaceOptions(read_only=True),
        SurfaceOptions("all", read_only=True),
        SurfaceOptions(tools=("place_order",), read_only=True),
        SurfaceOptions(toolsets=("core_orders",), read_only=True),
    ):
        assert [api.tool for api in select_tools(catalog(), options) if api.risk == "order"] == []
    assert "get_orders" in names(SurfaceOptions(read_only=True))


def test_exclude_beats_include() -> None:
    options = SurfaceOptions("all", toolsets=("core",), tools=(TYPED, "place_order"), exclude_tools=("place_order",))
    assert "place_order" not in names(options)
    assert TYPED in names(options)


@pytest.mark.parametrize(
    ("options", "wrong", "right"),
    [
        (SurfaceOptions(toolsets=("core_markets",)), "core_markets", "core_market"),
        (SurfaceOptions(tools=("get_qoute",)), "get_qoute", "get_quote"),
        (SurfaceOptions(exclude_tools=("get_qoute",)), "get_qoute", "get_quote"),
    ],
)
def test_an_unknown_name_refuses_to_start_and_suggests_the_nearest(
    options: SurfaceOptions, wrong: str, right: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        names(options)
    assert wrong in str(refusal.value)
    assert right in refusal.value.remedy


def test_no_combination_offers_an_order_tool_when_read_only() -> None:
    includes = ["core_orders", "core", "domestic_stock", "overseas_stock_trading"]
    for size in range(len(includes) + 1):
        for toolsets in combinations(includes, size):
            offered = select_tools(
                catalog(), SurfaceOptions("all", toolsets=toolsets, tools=tuple(ORDER_TOOLS), read_only=True)
            )
            assert {api.risk for api in offered} <= {"read", "account"}
