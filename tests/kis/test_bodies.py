"""Bytes of an answer → JSON, or one error of ours."""

import json

import pytest
from hypothesis import given, strategies as st

from kis_mcp.kis.bodies import MOST_DEPTH, UnreadableBody, json_object

WORDS = "장운영일자가 주문일과 상이합니다 뷁"
BODY = json.dumps({"msg1": WORDS, "price": 0.1}, ensure_ascii=False)
READ = {"msg1": WORDS, "price": "0.1"}
CHARSETS = ["", "utf-8", "EUC-KR", "euc_kr", "cp949", "MS949", "ks_c_5601-1987", "latin-1", "no such thing"]


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_a_body_is_read_in_the_encoding_that_it_is_in(encoding: str, charset: str) -> None:
    assert json_object(BODY.encode(encoding), charset) == READ


def test_the_named_encoding_decides_where_both_fit() -> None:
    both = b'{"a": "\xc2\xa1"}'
    assert json_object(both, "EUC-KR") == {"a": "징"}
    assert json_object(both) == {"a": "¡"}


def test_raw_control_characters_in_a_text_are_read() -> None:
    assert json_object(b'{"ODNO": "0000117057", "msg1": "a\tb\nc\x00"}') == {
        "ODNO": "0000117057",
        "msg1": "a\tb\nc\x00",
    }


def test_a_character_that_was_cut_in_half_costs_only_itself() -> None:
    """KIS fills fields of a fixed number of bytes."""
    cut = '{"ODNO": "0000117057", "msg1": "가나'.encode()[:-1] + b'"}'
    assert json_object(cut)["ODNO"] == "0000117057"
    assert json_object(b'{"msg1": "\\ud800!", "\\udc00": ["\\ud83d\\ude00"]}') == {"msg1": "\ufffd!", "\ufffd": ["😀"]}


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_a_body_may_be_as_deep_as_the_bound_and_no_deeper(opening: str) -> None:
    closing = {"[": "]", '{"a":': "}"}[opening]

    def nested(depth: int) -> bytes:
        inner = depth - 1
        return f'{{"top": {opening * inner}{"1" if inner and opening != "[" else ""}{closing * inner}}}'.encode()

    assert "top" in json_object(nested(MOST_DEPTH))
    for depth in (MOST_DEPTH + 1, 500, 100_000):
        with pytest.raises(UnreadableBody, match="levels deep"):
            json_object(nested(depth))


@given(st.binary() | st.text().map(lambda text: f'{{"a": "{text}"}}'.encode("utf-8", "replace")), st.text(max_size=9))
def test_any_bytes_are_an_object_that_can_be_written_or_unreadable(body: bytes, charset: str) -> None:
    try:
        found = json_object(body, charset)
    except UnreadableBody:
        return
    json.dumps(found, ensure_ascii=False).encode()
