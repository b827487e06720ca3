"""KIS' own strategy files."""

from pathlib import Path

import pytest
import yaml

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.document import Strategy, read_given, read_strategy, read_text
from kis_mcp.strategies.document.kis_file import read_kis_form, write_kis_file

TEMPLATES = sorted((Path(__file__).parents[4] / "shared/kis-strategies").glob("*.kis.yaml"))

FILE = """
version: "1.0"
metadata: {name: 골든크로스, author: kim, tags: [trend]}
strategy:
  id: golden
  category: trend
  params: {fast: {default: 5, min: 2, max: 50, type: int, description: 단기}}
  indicators:
    - {id: sma, params: {period: $fast}}
    - {id: sma, params: {period: 20}}
  entry:
    conditions:
      - {indicator: sma_1, operator: crossover, compare_to: sma_2}
      - {indicator: close, operator: "<", compare_to: sma_2, compare_scalar: 1.1}
  exit:
    conditions: [{indicator: sma_1, operator: cross_below, compare_to: sma_2}]
risk:
  stop_loss: {enabled: true, percent: 5.0}
  take_profit: {enabled: false, percent: 9}
  max_position_size: 0.25
"""


def read_kis_file(text: str) -> Strategy:
    return read_kis_form(read_text(text))


def test_one_of_kis_files_is_told_by_its_form() -> None:
    assert read_given(read_text(FILE)) == read_kis_file(FILE)


def test_a_file_becomes_a_document() -> None:
    assert read_kis_file(FILE).model_dump(mode="json", by_alias=True, exclude_defaults=True) == {
        "id": "golden",
        "name": "골든크로스",
        "about": {"author": "kim", "tags": ["trend"], "category": "trend"},
        "parameters": {"fast": {"default": 5, "min": 2, "max": 50, "type": "int", "description": "단기"}},
        "indicators": {
            "sma_1": {"kind": "sma", "params": {"period": "$fast"}},
            "sma_2": {"kind": "sma", "params": {"period": 20}},
        },
        "entry": {
            "all": [
                {"left": "sma_1", "is": "crosses_above", "right": "sma_2"},
                {"left": "close", "is": "below", "right": {"of": "sma_2", "times": 1.1}},
            ]
        },
        "exit": {"any": [{"left": "sma_1", "is": "crosses_below", "right": "sma_2"}]},
        "exits": {"stop_loss_percent": 5.0},
        "limits": {"position_percent": 25.0},
    }


def test_a_file_is_written_so_that_it_reads_the_same() -> None:
    strategy = read_kis_file(FILE)
    assert read_kis_file(write_kis_file(strategy)) == strategy


@pytest.mark.parametrize(("word", "number"), [("up", 1), ("down", -1)])
def test_a_direction_is_a_word_in_a_file_and_a_number_in_a_document(word: str, number: int) -> None:
    strategy = read_kis_file(
        FILE.replace(
            "{id: sma, params: {period: 20}}", f"{{id: consecutive, alias: sma_2, params: {{direction: {word}}}}}"
        )
    )
    assert strategy.indicators["sma_2"].params == {"direction": number}
    written = write_kis_file(strategy)
    assert yaml.safe_load(written)["strategy"]["indicators"][1]["params"] == {"direction": word}
    assert read_kis_file(written) == strategy


@pytest.mark.parametrize("word", ["equals", ">=", "indicator_cross_above", "breaks"])
def test_other_words_for_a_comparison_are_taken(word: str) -> None:
    read_kis_file(FILE.replace("crossover", f"'{word}'"))


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("crossover", "above", "strategy.entry.conditions[0].operator"),
        ("crossover", "between", "strategy.entry.conditions[0].operator"),
        ('version: "1.0"', 'version: "2.0"', "version"),
        ("compare_to: sma_2}\n      -", "}\n      -", "strategy.entry.conditions[0]"),
        ("max_position_size: 0.25", "max_position_size: 25", "risk.max_position_size"),
        ("$fast", "$quick", "indicators.sma_1.params.period"),
        (
            "compare_scalar: 1.1",
            "compare_scalar: 1.1, compare_operation: pow",
            "strategy.entry.conditions[1].compare_operation",
        ),
        ("metadata: {name", "metadata: {title", "name"),
        ("{id: sma, params: {period: 20}}", "{id: sma, alias: sma_1}", "strategy.indicators[1].alias"),
        ("entry:\n", "entry:\n    logic: [AND]\n", "strategy.entry.logic"),
        ("exit:\n", "exit:\n    logic: {all: true}\n", "strategy.exit.logic"),
        ("compare_scalar: 1.1", "compare_scalar: true", "strategy.entry.conditions[1].compare_scalar"),
        ("compare_scalar: 1.1", f"compare_scalar: {'9' * 400}", "strategy.entry.conditions[1].compare_scalar"),
        ("max_position_size: 0.25", "max_position_size: true", "risk.max_position_size"),
        ("{enabled: true, percent: 5.0}", "{enabled: true}", "risk.stop_loss.percent"),
        ("{enabled: true, percent: 5.0}", "{enabled: true, percent: true}", "risk.stop_loss.percent"),
        ("{enabled: true, percent: 5.0}", '{enabled: "false", percent: 5.0}', "risk.stop_loss.enabled"),
        ("{enabled: true, percent: 5.0}", "{percent: 5.0}", "risk.stop_loss.enabled"),
        ("{enabled: false, percent: 9}", "{enabled: 0, percent: 9}", "risk.take_profit.enabled"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_path(old: str, new: str, field: str) -> None:
    with pytest.raises(BadArgument) as refused:
        read_kis_file(FILE.replace(old, new))
    assert refused.value.field == field


def test_text_that_is_no_yaml_is_refused() -> None:
    with pytest.raises(BadArgument, match="no YAML"):
        read_kis_file("a: [")


@pytest.mark.parametrize(
    "change",
    [
        {"interval": "5m"},
        {"universe": {"symbols": ["005930"]}},
        {"entry": {"not": {"left": "close", "is": "above", "right": 1}}},
        {"entry": {"all": [{"any": [{"left": "close", "is": "above", "right": 1}]}]}},
        {"exits": {"at_session_end": True}},
        {"sizing": {"shares": 1}},
    ],
)
def test_what_the_format_cannot_say_is_refused(change: dict[str, object]) -> None:
    plain = {"id": "a", "name": "a", "entry": {"left": "close", "is": "above", "right": 1}}
    with pytest.raises(BadArgument, match="cannot say"):
        write_kis_file(read_strategy(plain | change))


@pytest.mark.skipif(not TEMPLATES, reason="KIS' templates are not beside the project")
@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_template_of_kis_is_read_and_written(path: Path) -> None:
    strategy = read_kis_file(path.read_text("utf-8"))
    assert read_kis_file(write_kis_file(strategy)) == strategy
    theirs = yaml.safe_load(path.read_text("utf-8"))
    assert set(strategy.parameters) == set(theirs["strategy"]["params"])
    assert len(strategy.conditions()) >= 2
