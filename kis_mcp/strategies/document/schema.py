"""The document's format as JSON Schema, for whoever writes one."""

from typing import Any, Final, cast

from kis_mcp.strategies.document.strategy import Sizing, Strategy
from kis_mcp.strategies.indicators import INDICATOR_NAMES
from kis_mcp.strategies.patterns import PATTERN_NAMES

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_GIVEN: Final[dict[str, object]] = {"not": {"type": "null"}}


def _given(name: str, rule: dict[str, object] = _GIVEN) -> dict[str, object]:
    return {"required": [name], "properties": {name: rule}}


_FURTHER: Final[dict[str, dict[str, object]]] = {
    "Universe": {"oneOf": [_given("symbols", {"minItems": 1}), _given("index"), _given("ranking")]},
    "Parameter": {"allOf": [{"properties": {"step": {"exclusiveMinimum": 0}}}]},
    "TimeOfDay": {"anyOf": [_given("from"), _given("until")]},
    "Sizing": {"oneOf": [_given(name) for name in Sizing.model_fields]},
    "Compare": {
        "if": {"properties": {"is": {"const": "between"}}},
        "then": _given("and"),
        "else": {"properties": {"and": {"type": "null"}}},
    },
}
"""Part → what its fields alone do not say."""

_NAMED: Final = ("parameters", "indicators", "patterns")
_NAMES: Final = {"pattern": r"^[A-Za-z_\u0080-\uffff][0-9A-Za-z_\u0080-\uffff]*$", "maxLength": 60}
"""As `strategy.NAME`, in a way that validators in every language take Hangul for letters."""

_KINDS: Final = {"IndicatorUse": INDICATOR_NAMES, "PatternUse": PATTERN_NAMES}


def strategy_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a strategy document.

    What it refuses, `read_strategy` refuses too, but for numbers and flags that are written as text. What only
    `read_strategy` sees is whether names within a document lead anywhere, and whether numbers lie in their ranges.
    """
    schema = cast("dict[str, Any]", _without_titles(Strategy.model_json_schema(by_alias=True)))
    parts, properties = schema["$defs"], schema["properties"]
    for part, rules in _FURTHER.items():
        parts[part] |= rules
    for part, names in _KINDS.items():
        parts[part]["properties"]["kind"]["enum"] = list(names)
    for named in _NAMED:
        (use,) = properties[named].pop("patternProperties").values()
        properties[named] |= {"propertyNames": _NAMES, "additionalProperties": use}
    return {"$schema": _DIALECT, "title": "Strategy", **schema}


def _without_titles(part: object) -> object:
    """Without the titles that pydantic makes of names; a field of that name is no text."""
    match part:
        case dict():
            items = cast("dict[str, object]", part).items()
            return {key: _without_titles(each) for key, each in items if key != "title" or not isinstance(each, str)}
        case list():
            return [_without_titles(each) for each in cast("list[object]", part)]
        case _:
            return part
