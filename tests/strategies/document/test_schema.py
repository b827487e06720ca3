"""The format as JSON Schema: it takes what is read, and refuses what is refused as far as a schema can."""

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from kis_mcp.catalog import resources_folder
from kis_mcp.errors import BadArgument
from kis_mcp.strategies.document import preset_names, read_preset, read_strategy, strategy_schema

SCHEMA = strategy_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
ABOVE = {"left": "close", "is": "above", "right": 1}
GOOD: dict[str, Any] = {
    "id": "cross",
    "name": "돌파",
    "parameters": {"빠른": {"default": 5}},
    "indicators": {"평균": {"kind": "sma", "params": {"period": "$빠른"}, "title": "5일선"}},
    "patterns": {"reversal": {"kind": "hammer"}},
    "entry": {
        "all": [
            {"left": {"of": "평균", "back": 1}, "is": "between", "right": 1, "and": 9},
            {"any": [{"from": "09:10", "until": "15:00"}, {"holding": False}, {"pattern": "reversal"}]},
            {"not": {"left": "close", "is": "below", "right": {"of": "평균.value", "times": 0.9}}},
        ]
    },
    "exits": {"stop_loss_percent": "$빠른"},
    "universe": {"ranking": "volume"},
    "sizing": {"shares": 10},
}


def test_it_is_a_schema_of_its_draft_and_small_enough_to_read() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert len(json.dumps(SCHEMA)) < 20_000


def test_a_document_with_a_part_of_each_kind_is_taken_by_both() -> None:
    assert list(VALIDATOR.iter_errors(GOOD)) == []
    strategy = read_strategy(GOOD)
    written = strategy.model_dump(mode="json", by_alias=True)
    assert list(VALIDATOR.iter_errors(written)) == []
    assert read_strategy(written) == strategy


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_taken_as_it_stands_in_its_file_and_as_it_is_written(name: str) -> None:
    text = (resources_folder() / "strategies" / f"{name}.yaml").read_text(encoding="utf-8")
    assert list(VALIDATOR.iter_errors(yaml.safe_load(text))) == []
    assert list(VALIDATOR.iter_errors(read_preset(name).model_dump(mode="json", by_alias=True))) == []


BROKEN: dict[str, dict[str, Any]] = {
    "no entry": {"entry": None},
    "an unknown key": {"colour": "red"},
    "an id with a space": {"id": "my cross"},
    "no name": {"name": ""},
    "another version": {"version": 2},
    "an unknown interval": {"interval": "7m"},
    "an unknown comparison": {"entry": ABOVE | {"is": "over"}},
    "a condition of no kind": {"entry": {"buy": True}},
    "an empty condition": {"entry": {}},
    "an empty group": {"entry": {"any": []}},
    "a group within with a fault": {"entry": {"all": [ABOVE, {"not": {"left": "close"}}]}},
    "between without an upper end": {"entry": ABOVE | {"is": "between"}},
    "an upper end without between": {"entry": ABOVE | {"and": 2}},
    "a misspelled operation": {"entry": ABOVE | {"right": {"of": "close", "time": 2}}},
    "a list for a number": {"entry": ABOVE | {"right": [1]}},
    "an hour that there is not": {"entry": {"from": "25:00"}},
    "a time that YAML took for a number": {"entry": {"until": 900}},
    "a word that is no number": {"exits": {"stop_loss_percent": "three"}},
    "an unknown indicator": {"indicators": {"x": {"kind": "smaa"}}},
    "an indicator's name with a dot": {"indicators": {"a.b": {"kind": "sma"}}},
    "an unknown pattern": {"patterns": {"x": {"kind": "hamer"}}},
    "two rules of size": {"sizing": {"shares": 1, "amount": 1000}},
    "no rule of size": {"sizing": {}},
    "two sources of symbols": {"universe": {"symbols": ["005930"], "index": "KOSPI200"}},
    "no symbols": {"universe": {"symbols": []}},
    "too many of a ranking": {"universe": {"ranking": "volume", "count": 500}},
    "a parameter without a default": {"parameters": {"x": {"min": 1}}},
    "a step of nothing": {"parameters": {"x": {"default": 1, "step": 0}}},
    "a flag that is none": {"exits": {"at_session_end": "later"}},
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_document_is_refused_by_both(fault: str) -> None:
    plain: dict[str, Any] = {"id": "cross", "name": "돌파", "entry": ABOVE}
    assert list(VALIDATOR.iter_errors(plain)) == []
    read_strategy(plain)
    assert list(VALIDATOR.iter_errors(plain | BROKEN[fault])) != []
    with pytest.raises(BadArgument):
        read_strategy(plain | BROKEN[fault])


def test_the_callers_copy_is_its_own() -> None:
    strategy_schema()["properties"].clear()
    assert strategy_schema() == SCHEMA
