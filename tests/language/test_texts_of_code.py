"""The catalogue against the code: nothing that a person can read lacks its Korean."""

import re

import pytest

from kis_mcp.catalog import csv_rows, known_codes, resources_folder
from kis_mcp.catalog.error_codes import KnownCode
from kis_mcp.language.pattern import divided
from tests.language.texts_of_code import NOT_FOR_PEOPLE, PACKAGE, is_covered, sentences, split

ROWS = csv_rows(resources_folder() / "texts.ko.csv")
KNOWN = {divided(row["english"])[0] for row in ROWS}


def test_each_sentence_of_the_code_has_its_korean() -> None:
    assert {text: file for text, file in sentences().items() if not is_covered(text, KNOWN)} == {}


@pytest.mark.parametrize("code", known_codes().values(), ids=lambda code: code.code)
def test_each_error_code_of_kis_is_told_in_korean(code: KnownCode) -> None:
    texts = [f"{code.meaning}.", code.remedy]
    assert [sentence for text in texts for sentence in split(text) if not is_covered(sentence, KNOWN)] == []


def test_what_is_left_out_is_there() -> None:
    assert [name for name in NOT_FOR_PEOPLE if not (PACKAGE / name).exists()] == []


def test_the_catalogue_has_each_sentence_once() -> None:
    english = [divided(row["english"])[0] for row in ROWS]
    assert sorted(english) == sorted(set(english))


def test_a_row_that_is_no_frame_of_places_is_korean() -> None:
    frames = {
        row["english"] for row in ROWS if row["korean"] == row["english"].replace(":text", "").replace(":word", "")
    }
    foreign = {row["english"] for row in ROWS if not re.search("[가-힣]", row["korean"])} - frames
    assert foreign == {"{first:word} and {rest:text}", "an ELW", "the S&P 500"}
