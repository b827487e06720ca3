import pytest
from hypothesis import given, strategies as st

from kis_mcp.catalog.cursor import Cursor, PagePosition
from kis_mcp.errors import BadArgument

NUMBER = "50000001"
PLACE = PagePosition({"CTX_AREA_FK100": f"{NUMBER}^01^    "}, 7)


def cursor(tool: str = "fills", environment: str = "sim", **values: object) -> Cursor:
    return Cursor(environment, tool, values, NUMBER)


def test_a_cursor_leads_back_to_its_place() -> None:
    assert cursor(side="buy").read(cursor(side="buy").write(PLACE)) == PLACE
    assert cursor().read(cursor().write(PagePosition(None, 3))) == PagePosition(None, 3)


def test_limit_and_fields_may_change_from_page_to_page() -> None:
    text = cursor(side="buy", limit=10).write(PLACE)
    assert cursor(side="buy", limit=20, fields="all", cursor=text).read(text) == PLACE


@pytest.mark.parametrize("other", [cursor("orders"), cursor(side="sell"), cursor(environment="demo")])
def test_a_cursor_of_another_call_is_refused(other: Cursor) -> None:
    with pytest.raises(BadArgument, match="another call") as raised:
        cursor(side="buy").read(other.write(PLACE))
    assert raised.value.field == "cursor"


def test_a_cursor_does_not_carry_the_account_number() -> None:
    import base64
    import zlib

    text = cursor().write(PLACE)
    content = zlib.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    assert NUMBER.encode() not in content


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(BadArgument):
        cursor().read(text)
