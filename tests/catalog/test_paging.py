from hypothesis import given, strategies as st

from kis_mcp.catalog.cursor import PagePosition
from kis_mcp.catalog.decode import Decoded, Record
from kis_mcp.catalog.gateway import KisReply
from kis_mcp.catalog.model import Paging
from kis_mcp.catalog.paging import NO_KEY, REPEATED, Collector, Limits, next_keys
from kis_mcp.catalog.projection import EVERYTHING

HEADER = Paging({"FK": "fk"})
KEYED = Paging({"KEYB": "keyb"}, by_header=False)
KEYLESS = Paging({})


def limits(rows: int = 100, characters: int | None = None) -> Limits:
    return Limits(rows, characters, EVERYTHING)


def page(*numbers: int, **blocks: Record) -> Decoded:
    return Decoded({"rows": [{"n": number} for number in numbers], **blocks})


def numbers(collector: Collector) -> list[object]:
    rows = collector.blocks["rows"]
    assert isinstance(rows, list)
    return [row["n"] for row in rows]


def test_the_header_says_that_there_is_more() -> None:
    body: dict[str, object] = {"FK": "A "}
    assert next_keys(HEADER, KisReply(body, "M")) == {"FK": "A "}
    assert next_keys(HEADER, KisReply(body, "D")) is None


def test_without_the_header_a_filled_key_says_it() -> None:
    assert next_keys(KEYED, KisReply({"output": {"keyb": "7"}})) == {"KEYB": "7"}
    assert next_keys(KEYED, KisReply({"output": [{"keyb": "1"}, {"keyb": "2"}]})) == {"KEYB": "2"}
    assert next_keys(KEYED, KisReply({"keyb": " "})) is None


def test_pages_become_one_list() -> None:
    collector = Collector(limits(), PagePosition(), HEADER)
    assert collector.add(page(1, 2, total={"sum": 3}), None, {"FK": "A"})
    assert not collector.add(page(3, total={"sum": 9}), {"FK": "A"}, None)
    assert numbers(collector) == [1, 2, 3]
    assert collector.blocks["total"] == {"sum": 3}
    assert (collector.complete, collector.going_on) == (True, None)


def test_a_limit_inside_a_page_goes_on_there() -> None:
    collector = Collector(limits(3), PagePosition(), HEADER)
    assert collector.add(page(1, 2), None, {"FK": "A"})
    assert not collector.add(page(3, 4), {"FK": "A"}, None)
    assert numbers(collector) == [1, 2, 3]
    assert (collector.complete, collector.going_on) == (False, PagePosition({"FK": "A"}, 1))

    rest = Collector(limits(3), PagePosition({"FK": "A"}, 1), HEADER)
    assert not rest.add(page(3, 4), {"FK": "A"}, None)
    assert (numbers(rest), rest.complete) == ([4], True)


def test_a_limit_at_the_end_of_a_page_goes_on_with_the_next() -> None:
    collector = Collector(limits(2), PagePosition(), HEADER)
    assert not collector.add(page(1, 2), None, {"FK": "A"})
    assert collector.going_on == PagePosition({"FK": "A"})


def test_a_last_page_that_is_exactly_full_is_complete() -> None:
    collector = Collector(limits(2), PagePosition(), HEADER)
    assert not collector.add(page(1, 2), None, None)
    assert collector.complete


def test_the_size_cuts_a_list_but_never_before_its_first_row() -> None:
    collector = Collector(limits(characters=1), PagePosition(), None)
    collector.add(page(1, 2), None, None)
    assert (numbers(collector), collector.going_on) == ([1], PagePosition(None, 1))


def test_a_repeated_page_ends_the_list_with_a_note() -> None:
    collector = Collector(limits(), PagePosition(), HEADER)
    assert collector.add(page(1, 2), None, {"FK": "A"})
    assert not collector.add(page(1, 2), {"FK": "A"}, {"FK": "B"})
    assert numbers(collector) == [1, 2]
    assert (collector.complete, collector.going_on, collector.notes) == (False, None, [REPEATED])


def test_a_key_that_was_asked_for_already_ends_the_list_with_a_note() -> None:
    collector = Collector(limits(), PagePosition(), HEADER)
    assert collector.add(page(1), None, {"FK": "A"})
    assert not collector.add(page(2), {"FK": "A"}, {"FK": "A"})
    assert (numbers(collector), collector.notes) == ([1, 2], [REPEATED])


def test_more_rows_without_a_key_end_the_list_with_a_note() -> None:
    collector = Collector(limits(), PagePosition(), HEADER)
    assert not collector.add(page(1), None, {"FK": " "})
    assert (collector.complete, collector.notes) == (False, [NO_KEY])


def test_an_empty_page_ends_a_keyed_list() -> None:
    collector = Collector(limits(), PagePosition(), KEYED)
    assert collector.add(page(1), None, {"KEYB": "1"})
    assert not collector.add(page(), {"KEYB": "1"}, {"KEYB": "2"})
    assert collector.complete


def test_totals_that_every_page_repeats_are_taken_once() -> None:
    collector = Collector(limits(), PagePosition(), HEADER)
    totals: list[Record] = [{"sum": 9}]
    collector.add(Decoded({"rows": [{"n": 1}], "totals": totals}), None, {"FK": "A"})
    collector.add(Decoded({"rows": [{"n": 2}], "totals": totals}), {"FK": "A"}, None)
    assert collector.blocks == {"rows": [{"n": 1}, {"n": 2}], "totals": [{"sum": 9}]}


def test_without_keys_a_list_goes_on_by_the_count_of_its_rows() -> None:
    first = Collector(limits(3), PagePosition(), KEYLESS)
    assert first.add(page(1, 2), None, {})
    assert not first.add(page(3, 4), {}, {})
    assert first.going_on == PagePosition(None, 3)

    rest = Collector(limits(3), PagePosition(None, 3), KEYLESS)
    assert rest.add(page(1, 2), None, {})
    assert rest.add(page(3, 4), {}, {})
    assert not rest.add(page(5), {}, None)
    assert (numbers(rest), rest.complete) == ([4, 5], True)


@given(
    pages=st.lists(st.integers(0, 4), min_size=1, max_size=6),
    limit=st.integers(1, 5),
    keyless=st.booleans(),
)
def test_following_the_cursor_gives_every_row_once(pages: list[int], limit: int, keyless: bool) -> None:
    """Pages of these lengths, read with this limit, whatever falls on a page's edge."""
    if keyless:
        pages = [length for length in pages if length] or [1]
    starts = [sum(pages[:index]) for index in range(len(pages))]
    paging = KEYLESS if keyless else HEADER
    position: PagePosition | None = PagePosition()
    read: list[object] = []
    for _ in range(100):
        if position is None:
            break
        collector = Collector(limits(limit), position, paging)
        keys = position.keys
        wanted = True
        index = int((keys or {}).get("FK", 0))
        while wanted:
            last = index == len(pages) - 1
            following = None if last else ({} if keyless else {"FK": str(index + 1)})
            decoded = page(*range(starts[index], starts[index] + pages[index]))
            wanted = collector.add(decoded, keys, following)
            keys, index = following, index + 1
        read += numbers(collector)
        position = collector.going_on
    assert read == list(range(sum(pages)))
