"""What a reader is told where a document does not have the form of one: the place, what is wrong, what to give."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from kis_mcp.strategies.document.conditions import KINDS, TimeOfDay
from kis_mcp.strategies.document.operands import Derived, Part
from kis_mcp.strategies.document.strategy import (
    About,
    Exits,
    IndicatorUse,
    Limits,
    Parameter,
    PatternUse,
    Sizing,
    Strategy,
    Universe,
)

_TAGS: Final[Mapping[str, type[Part]]] = {**KINDS, "from": TimeOfDay, "derived": Derived}
_STEPS: Final = {*_TAGS, "number", "word"}
"""Steps that pydantic puts into a path for its own use."""

_PARTS: Final[Mapping[str, type[Part]]] = {
    "about": About,
    "universe": Universe,
    "parameters": Parameter,
    "indicators": IndicatorUse,
    "patterns": PatternUse,
    "sizing": Sizing,
    "exits": Exits,
    "limits": Limits,
}
_MEANT: Final[Mapping[str, str]] = {
    "type": "kind",
    "operator": "is",
    "op": "is",
    "quantity": "sizing",
    "stop_loss": "exits",
    "take_profit": "exits",
    "trailing_stop": "exits",
    "risk": "exits",
    "risk_management": "exits",
    "symbols": "universe",
    "symbol": "universe",
    "timeframe": "interval",
    "buy": "entry",
    "sell": "exit",
    "entry_conditions": "entry",
    "exit_conditions": "exit",
    "params": "parameters",
}
"""Keys that other formats have → what holds the same here."""

_MEANT_WORDS: Final[Mapping[str, str]] = {
    ">": "above",
    "<": "below",
    ">=": "at_least",
    "<=": "at_most",
    "==": "equal",
    "=": "equal",
    "!=": "not_equal",
    "cross_above": "crosses_above",
    "cross_below": "crosses_below",
}
"""Words of other formats → what says the same here."""

_MEANT_JOINTS: Final = {"and": "all", "or": "any"}

_EXAMPLES: Final[Mapping[str, str]] = {
    "id": '"golden-cross"',
    "name": '"Golden cross"',
    "entry": '{"left": "fast", "is": "crosses_above", "right": "slow"}',
    "exit": '{"left": "fast", "is": "crosses_below", "right": "slow"}',
    "kind": '"sma"',
    "is": '"crosses_above"',
    "left": '"close"',
    "right": '"slow"',
    "default": "5",
    "universe": '{"symbols": ["005930"]}',
    "symbols": '["005930"]',
    "parameters": '{"days": {"default": 5, "min": 2, "max": 20}}',
    "indicators": '{"fast": {"kind": "sma", "params": {"period": 5}}}',
    "params": '{"period": 5}',
    "patterns": '{"reversal": {"kind": "hammer"}}',
    "sizing": '{"shares": 10}',
    "exits": '{"stop_loss_percent": 3}',
    "limits": '{"positions": 5}',
}
_NUMBERS: Final[Mapping[str | int, str]] = {
    "int": "Give a number.",
    "float": "Give a number.",
    "str": "Give a number, or $name of a parameter.",
}
"""Steps that pydantic puts at the end of the path of a number, the last of which counts → what to say."""

_EXAMPLE_TIME: Final = '"09:10"'


def problems_of_form(error: ValidationError) -> list[tuple[str, str]]:
    """Each path of the document at which pydantic found a mistake, and what to do about it.

    Of a number pydantic says one thing for each way in which it could be one.
    """
    found = dict[str, str]()
    for each in error.errors():
        *steps, last = each["loc"] or ("",)
        if last in _NUMBERS:
            found[_path(steps, keeps_last=False)] = _NUMBERS[last]
        else:
            found.setdefault(_path(each["loc"], keeps_last=each["type"] == "extra_forbidden"), _text(each))
    return list(found.items())


def _path(steps: Sequence[str | int], *, keeps_last: bool) -> str:
    """``entry.all[0].left``: without the steps by which pydantic tells kinds of parts apart.

    A step such as ``all`` may be both the kind and the key; the kind comes first, so the second of two is kept.
    """
    path, earlier = "", None
    for number, step in enumerate(steps, 1):
        is_last = keeps_last and number == len(steps)
        if isinstance(step, int):
            path += f"[{step}]"
        elif step == "[key]":
            continue
        elif is_last or step not in _STEPS or step == earlier:
            path += f".{step}" if path else step
        earlier = step
    return path or "strategy"


def _text(error: ErrorDetails) -> str:
    steps, context = error["loc"], error.get("ctx", {})
    key = next((step for step in reversed(steps) if isinstance(step, str)), "")
    match error["type"]:
        case "extra_forbidden":
            return _unknown_key(steps)
        case "missing":
            return f"It is missing.{_such_as(key)}"
        case "literal_error":
            meant = _MEANT_WORDS.get(str(error["input"]))
            hint = f" Did you mean {meant}?" if meant else ""
            return f"Give one of {_words(str(context.get('expected', '')))}.{hint}"
        case "string_pattern_mismatch" if key == "id":
            return "Give letters a to z, digits, - and _ only, such as golden-cross; name takes any words."
        case "string_pattern_mismatch":
            return "A name has letters, digits and _ only, and begins with no digit."
        case "dict_type" | "model_type":
            return f"Give an object.{_such_as(key)}"
        case "tuple_type" | "list_type":
            return f"Give a list.{_such_as(key)}"
        case "bool_type" | "bool_parsing":
            return "Give true or false."
        case "time_parsing" | "time_type":
            return f"Give a time of day such as {_EXAMPLE_TIME}."
        case "condition" if isinstance(error["input"], list):
            return 'Give {"all": [...]} where each of a list has to hold, {"any": [...]} where one is enough.'
        case "condition" if joint := _joint(error["input"]):
            return f"There is no {joint} here. Did you mean {_MEANT_JOINTS[joint]}?"
        case _:
            text = error["msg"].removeprefix("Value error, ")
            return text if text.endswith(".") else f"{text}."


def _joint(condition: object) -> str | None:
    """How another format joins conditions, where a condition is joined so."""
    return next((key for key in _MEANT_JOINTS if isinstance(condition, Mapping) and key in condition), None)


def _unknown_key(steps: Sequence[str | int]) -> str:
    key, known = str(steps[-1]), _keys_beside(steps)
    words = key.casefold()
    near = [_MEANT[words]] if _MEANT.get(words) in known else get_close_matches(words, known, n=1, cutoff=0.68)
    meant = f" Did you mean {near[0]}?" if near else ""
    inside = (
        " Numbers of an indicator go into its params." if "kind" in known and "params" in known and not near else ""
    )
    return f"There is no such key here.{meant} It takes {', '.join(known)}.{inside}"


def _keys_beside(steps: Sequence[str | int]) -> list[str]:
    """The keys of the part of a document that the last step was given in."""
    part: type[Part] = Strategy
    for step in steps[:-1]:
        part = _TAGS.get(str(step), _PARTS.get(str(step), part))
    return [field.alias or name for name, field in part.model_fields.items()]


def _such_as(key: str) -> str:
    return f" Such as {_EXAMPLES[key]}." if key in _EXAMPLES else ""


def _words(expected: str) -> str:
    """``'a', 'b' or 'c'`` → ``a, b, c``."""
    return expected.replace(" or ", ", ").replace("'", "")
