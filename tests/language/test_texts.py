"""Texts into Korean, sentence by sentence."""

import csv
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from kis_mcp.catalog import csv_rows, resources_folder
from kis_mcp.errors import OrderRejected
from kis_mcp.language import said_error, say_in
from kis_mcp.language.pattern import Pattern
from kis_mcp.language.texts import Texts
from kis_mcp.strategies.document.ranges import Range
from kis_mcp.streams import Simple, condition_text
from kis_mcp.streams.condition_tests import EVENT_KINDS, ORDER_STEPS, TESTS
from kis_mcp.streams.conditions import Compound

ROWS = csv_rows(resources_folder() / "texts.ko.csv")
PATTERNS = [Pattern.of(row["english"], row["korean"]) for row in ROWS]

korean = say_in("ko")


def texts(folder: Path, *rows: tuple[str, str]) -> Texts:
    with (folder / "texts.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("english", "korean"), *rows])
    return Texts(folder / "texts.csv")


@pytest.mark.parametrize(
    ("english", "said"),
    [
        (
            "The price 72,501 KRW is off the tick of 100. Use 72,500 or 72,600.",
            "가격 72,501 KRW이(가) 호가단위 100에 맞지 않습니다. 72,500 또는 72,600을 쓰십시오.",
        ),
        (
            "Order 12 cannot be cancelled: Order 3 has ended (cancelled or expired): nothing of it is open.",
            "주문 12를 취소할 수 없습니다: 주문 3은 끝났습니다(취소 또는 만료). 남은 수량이 없습니다.",
        ),
        (
            "KIS could not be reached through the proxy that HTTPS_PROXY names (ConnectError).",
            "KIS에 연결할 수 없었습니다(HTTPS_PROXY의 프록시를 거쳐) (ConnectError).",
        ),
        ("Nothing was sent.", "아무것도 보내지 않았습니다."),
        ("Give a whole number from 1 to 30, or leave it out.", "1부터 30까지의 정수를 주십시오. 빼도 됩니다."),
        ("1. BUY 3 KODEX; Type: limit; intent X", "1. KODEX 3 매수; 주문 유형: 지정가; intent X"),
        ("주문가능금액을 초과 했습니다", "주문가능금액을 초과 했습니다"),
        ("Nobody wrote this. Nothing was sent.", "Nobody wrote this. 아무것도 보내지 않았습니다."),
        ("", ""),
    ],
)
def test_a_text_is_said_sentence_by_sentence_and_what_is_not_ours_stays(english: str, said: str) -> None:
    assert korean(english) == said


@given(st.data())
def test_what_stands_in_a_place_stays_as_it_is(data: st.DataObject) -> None:
    pattern = data.draw(st.sampled_from(PATTERNS))
    odd = st.text("가é7漢X-_🙂", min_size=1, max_size=8)
    values = [data.draw(odd) for _ in pattern.places]
    english = "".join(part for pair in zip(pattern.literals, [*values, ""], strict=True) for part in pair)
    said = korean(english)
    assert all(value in said for value in values)


@given(st.text())
def test_any_text_can_be_said(text: str) -> None:
    assert isinstance(korean(text), str)


@given(
    st.lists(
        st.sampled_from(["Nothing was sent. ", "not closed: ", "x: y. ", "; ", ") (", "Order ", " or ", " is missing."])
    )
)
def test_a_text_of_many_parts_is_said_too(parts: list[str]) -> None:
    korean("".join(parts))


def test_english_stays_english_and_reads_no_catalogue() -> None:
    assert say_in("en")("Nothing was sent.") == "Nothing was sent."


def test_the_sentence_of_most_own_words_is_taken(tmp_path: Path) -> None:
    say = texts(tmp_path, ("{what} is {value}.", "{what}: {value}"), ("The price is {price}.", "가격 {price}"))
    assert say("The price is 5.") == "가격 5"
    assert say("The lot is 5.") == "The lot: 5"


def test_a_place_is_said_only_where_it_is_a_text(tmp_path: Path) -> None:
    rows = ("Nothing.", "없음."), ("First: {what}", "첫째: {what}"), ("Second: {what:text}", "둘째: {what}")
    say = texts(tmp_path, *rows)
    assert say("Second: Nothing.") == "둘째: 없음."
    assert Pattern.of(*rows[1]).korean(["Nothing."]) == "첫째: Nothing."


@pytest.mark.parametrize(
    ("english", "said"), [("{a} is {b}.", "{a}"), ("{a}.", "{a} {b}"), ("{a} {a}.", "{a}"), ("{a:odd}.", "{a}.")]
)
def test_a_row_whose_places_differ_is_refused(english: str, said: str) -> None:
    with pytest.raises(ValueError, match="place"):
        Pattern.of(english, said)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("삼성전자", "삼성전자는 삼성전자를 삼성전자로"),
        ("현대차증권", "현대차증권은 현대차증권을 현대차증권으로"),
        ("서울", "서울은 서울을 서울로"),
        ("5", "5는 5를 5로"),
        ("10", "10은 10을 10으로"),
        ("AAPL", "AAPL은(는) AAPL을(를) AAPL(으)로"),
    ],
)
def test_a_particle_goes_with_the_sound_before_it(value: str, said: str) -> None:
    pattern = Pattern.of("{a} {b} {c}.", "{a}은(는) {b}을(를) {c}(으)로")
    assert pattern.korean([value] * 3) == said


def test_an_error_keeps_what_is_not_a_sentence_of_ours() -> None:
    error = OrderRejected(
        "Nothing was sent.",
        remedy="See get_positions.",
        field="price",
        kis_code="APBK1",
        kis_message="Nothing was sent.",
    )
    assert said_error(error, korean).facts() == {
        "class": "order_rejected",
        "what": "아무것도 보내지 않았습니다.",
        "next_step": "get_positions를 보십시오.",
        "field": "price",
        "kis_code": "APBK1",
        "kis_message": "Nothing was sent.",
    }


def test_what_fires_and_what_held_already_is_korean() -> None:
    said = say_in("ko")
    fired = said("삼성전자: 005930 traded at 72,600, up through 72,500 at 10:31:05 KST.")
    assert fired == "삼성전자: 005930 72,600에 거래(72,500 상향 돌파), 10:31:05 KST."
    held = said("It held already: A01606 has a spread of 0.05 as of 10:30:00 KST")
    assert held == "이미 성립해 있었습니다: A01606 호가 차이 0.05, 10:30:00 KST 기준"


CONDITIONS = [
    Simple(name, value, symbol, order_id=order_id)
    for name, test in TESTS.items()
    for value in {
        "number": (Decimal("72500"),),
        "flag": (True, False),
        "step": ORDER_STEPS,
        "kind": EVENT_KINDS,
    }[test.wants]
    for symbol, order_id in ((("005930", ""), ("", ""), ("", "0000000012")) if name == "order" else (("005930", ""),))
]


@pytest.mark.parametrize("condition", CONDITIONS, ids=str)
def test_what_is_waited_for_is_korean(condition: Simple) -> None:
    said = condition_text(condition, korean)
    assert re.search("[가-힣]", said)
    assert re.findall("[A-Za-z]+", said) in ([], ["VI"])


@pytest.mark.parametrize("condition", CONDITIONS, ids=str)
@pytest.mark.parametrize("when", ["at", "as of"])
@pytest.mark.parametrize("frame", ["{}", "{}.", "삼성전자: {}.", "{}; {}"])
def test_what_met_a_condition_is_korean_alone_and_in_a_notice(condition: Simple, when: str, frame: str) -> None:
    shown = ("on" if condition.value else "off") if isinstance(condition.value, bool) else str(condition.value)
    met = condition.rule.met.format(got=shown, wanted=shown)
    for order in [" (0000000012)", " (0000000012, 3 at 72,500)"] if condition.test == "order" else [""]:
        said = korean(frame.replace("{}", f"005930 {met}{order} {when} 10:31:05 KST"))
        assert set(re.findall("[A-Za-z]+", said)) - {"VI"} == {"KST"}


def test_joined_conditions_are_joined_in_korean() -> None:
    up, halted = Simple("price_above", Decimal(2), "A"), Simple("halted", value=True, symbol="B")
    joined = Compound("any", (up, Compound("all", (up, halted))))
    assert condition_text(joined) == "A trades at or above 2 or (A trades at or above 2 and B has its trading halt on)"
    assert condition_text(joined, korean) == "A 2 이상에 거래 또는 (A 2 이상에 거래 및 B 거래정지)"


@pytest.mark.parametrize("is_whole", [True, False])
@pytest.mark.parametrize("bounds", [{"least": 1}, {"above": 0}, {"above": 0, "most": 100}, {"least": 1, "most": 9}])
def test_the_range_of_a_number_is_korean(bounds: dict[str, float], is_whole: bool) -> None:
    assert not re.search("[A-Za-z]", korean(f"Give {Range(**bounds, is_whole=is_whole)}."))
