"""What is accepted is what a person would read, and nothing is dropped."""

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from kis_mcp.errors import SettingsError
from kis_mcp.settings import Settings
from kis_mcp.settings.texts import parts_of, trimmed, words_of

FULL_WIDTH = {ord(character): ord(character) + 0xFEE0 for character in "0123456789,."}
BLANKS = st.text(" \t\u3000\ufeff\u00a0", max_size=3)


def notional(text: str) -> Decimal | None:
    return Settings.load(max_order_notional=text).max_order_notional


@given(
    value=st.decimals(min_value="0.01", max_value=10**12, places=2),
    grouped=st.booleans(),
    wide=st.booleans(),
)
def test_a_number_is_read_as_people_write_it(value: Decimal, grouped: bool, wide: bool) -> None:
    text = f"{value:,}" if grouped else f"{value:f}"
    assert notional(text.translate(FULL_WIDTH) if wide else text) == value


@given(st.text("0123456789,.-+eE_ 만원", max_size=14))
def test_a_number_is_what_its_digits_say_or_is_refused(text: str) -> None:
    try:
        read = notional(text)
    except SettingsError as refused:
        assert refused.field == "KIS_MAX_ORDER_NOTIONAL"
        return
    assert read == Decimal(text.replace(",", ""))
    whole = text.partition(".")[0]
    assert whole in (whole.replace(",", ""), f"{int(whole.replace(',', '')):,}".zfill(len(whole)))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "0",
            "-1",
            "-0",
            "+5",
            "NaN",
            "nan",
            "Infinity",
            "inf",
            "1e400",
            "1e6",
            "0x10",
            "1_000",
            "1 000",
            "1.000.000",
        ),
        *(
            "1,5",
            "10,00",
            "1,0000",
            ",100",
            "100,",
            "1,000,00",
            "1,,000",
            "100만",
            "1억",
            "5원",
            "10%",
            "½",
            "10²",
            "①",
        ),
        *("٣", "1.", ".5", "1" * 400),
    ],
)
@pytest.mark.parametrize("name", ["max_order_notional", "max_order_quantity", "max_daily_loss", "max_orders_per_day"])
def test_what_is_no_plain_number_above_nothing_is_refused(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"KIS_{name.upper()}"):
        Settings.load(**{name: text})


@pytest.mark.parametrize(("text", "value"), [("1,000", 1000), ("１０", 10), ("10.0", 10), ("010", 10)])
def test_a_count_is_whole(text: str, value: int) -> None:
    assert Settings.load(max_order_quantity=text).max_order_quantity == value
    with pytest.raises(SettingsError, match="KIS_MAX_ORDER_QUANTITY"):
        Settings.load(max_order_quantity="1.5")


@given(
    word=st.text("abcXYZ0189-/=+", min_size=1),
    quotes=st.sampled_from(["", '""', "''", "“”", "‘’", "``"]),
    blanks=st.tuples(BLANKS, BLANKS, BLANKS, BLANKS),
)
def test_blanks_and_one_pair_of_quotes_do_not_count(word: str, quotes: str, blanks: tuple[str, ...]) -> None:
    left, right = quotes[:1], quotes[1:]
    assert trimmed(f"{blanks[0]}{left}{blanks[1]}{word}{blanks[2]}{right}{blanks[3]}") == word


@pytest.mark.parametrize("text", ["'a", 'a"', "'a\"", "“a", '"'])
def test_a_quote_without_its_partner_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="quote"):
        trimmed(text)


@given(
    entries=st.lists(st.text("abcAZ059.:/-", min_size=1, max_size=8), min_size=1, max_size=6),
    separator=st.sampled_from([",", ", ", ";", " ; ", "\n", "\r\n", "、", "，", "；", ",\n", " , ,"]),
)
def test_a_list_keeps_every_entry_in_order(entries: list[str], separator: str) -> None:
    assert parts_of(separator.join(entries)) == entries
    assert words_of(separator.join(entries)) == entries
    assert words_of(" ".join(entries)) == entries
