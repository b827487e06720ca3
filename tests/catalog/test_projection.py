from collections.abc import Callable
from dataclasses import replace

import pytest

from kis_mcp.catalog.model import Api
from kis_mcp.catalog.projection import EVERYTHING, Projection, read_projection
from kis_mcp.catalog.reserved import all_parameters
from kis_mcp.errors import BadArgument

FindApi = Callable[[str], Api]


@pytest.fixture
def wide(api: FindApi) -> Api:
    """A quote of one record, of whose five fields one is shown, beside a list that is shown whole."""
    [record] = api("quote").blocks
    return replace(api("quote"), blocks=(replace(record, columns=("price",)), *api("many").blocks))


def test_a_record_shows_its_columns_and_says_how_many_fields_it_hides(wide: Api) -> None:
    shown = read_projection(wide, None)
    assert shown.shown("quote", {"name": "x", "price": 1}) == {"price": 1}
    assert shown.shown("quotes", {"name": "x", "price": 1}) == {"name": "x", "price": 1}
    assert shown.note == '4 more fields with fields="all".'


def test_blank_fields_are_left_out_unless_asked_for(wide: Api) -> None:
    row: dict[str, object] = {"name": None, "price": 0}
    assert read_projection(wide, None).shown("quotes", row) == {"price": 0}
    assert read_projection(wide, ["price", "name"]).shown("quotes", row) == {"price": 0, "name": None}
    assert read_projection(wide, "all").shown("quotes", row) == row


def test_chosen_fields_come_in_their_order_and_other_blocks_stay_as_they_are(wide: Api) -> None:
    assert read_projection(wide, ["name", "price"]).columns == {"quote": ("name", "price"), "quotes": ("name", "price")}
    assert read_projection(wide, ["direction"]).columns == {"quote": ("direction",), "quotes": ()}


def test_all_hides_nothing(wide: Api) -> None:
    assert read_projection(wide, "all") == EVERYTHING


def test_a_field_that_is_in_no_block_is_refused_with_the_nearest(wide: Api) -> None:
    with pytest.raises(BadArgument, match="Did you mean direction"):
        read_projection(wide, ["directions"])


def test_a_row_keeps_what_it_is() -> None:
    assert Projection({"rows": ("price",)}).shown("rows", {"item": "stocks", "price": 1, "name": "x"}) == {
        "item": "stocks",
        "price": 1,
    }


def test_fields_is_an_argument_wherever_something_is_hidden_and_of_every_list(wide: Api, api: FindApi) -> None:
    def reserved(found: Api) -> list[str]:
        return [parameter.name for parameter in all_parameters(found)[len(found.parameters) :]]

    assert reserved(api("quote")) == []
    assert reserved(replace(wide, blocks=wide.blocks[:1])) == ["fields"]
    assert reserved(api("many")) == ["fields", "limit", "cursor"]


def test_all_unknown_fields_are_named_at_once(api: Callable[[str], Api]) -> None:
    with pytest.raises(BadArgument) as raised:
        read_projection(api("quote"), ["directoin", "price", "nmae"])
    assert "'directoin' or 'nmae'" in raised.value.what
    assert raised.value.remedy == "Did you mean direction and name?"
