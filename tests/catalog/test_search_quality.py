import re
from collections import Counter
from pathlib import Path

import pytest

from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.search import Search
from tests.benchmarks.search_questions import Answer, ask, questions, share


@pytest.fixture(scope="module")
def answers() -> list[Answer]:
    return ask(Search([api for api in catalog().apis if api.kind == "rest"]))


@pytest.mark.parametrize(("count", "least"), [(1, 0.80), (3, 0.95)])
def test_the_right_tool_is_among_the_first(answers: list[Answer], count: int, least: float) -> None:
    missed = [answer.question.text for answer in answers if not answer.within(count)]
    assert share(answers, count) >= least, missed


def short_questions() -> list[tuple[str, frozenset[str]]]:
    lines = Path(__file__).with_name("short_questions.tsv").read_text("utf-8").splitlines()[1:]
    asked = (line.split("\t") for line in lines)
    return [(question, frozenset(tools.split("|"))) for question, tools in asked]


def test_a_word_or_two_lead_to_the_tool_that_an_expert_expects() -> None:
    search = Search(catalog().tools)
    found = {question: {hit.api.tool for hit in search.find(question, limit=3)} for question, _ in short_questions()}
    assert [question for question, tools in short_questions() if tools.isdisjoint(found[question])] == []


def test_short_questions_ask_for_tools_that_exist() -> None:
    known = {api.tool for api in catalog().tools}
    assert [(question, tools - known) for question, tools in short_questions() if tools - known] == []


def test_questions_ask_for_tools_that_exist() -> None:
    tools = {api.tool for api in catalog().apis if api.kind == "rest"}
    assert {tool for question in questions() for tool in question.expected} <= tools


def test_questions_cover_both_languages_and_every_category() -> None:
    asked = questions()
    korean = sum(bool(re.search("[가-힣]", question.text)) for question in asked)
    categories = Counter(api.category for api in catalog().apis if any(api.tool in it.expected for it in asked))
    assert len(asked) >= 120
    assert 0.4 < korean / len(asked) < 0.6
    assert min(categories.values()) >= 5
    assert len(categories) == 7
