"""A document as text, JSON or YAML → what it says, and nothing that YAML makes of it beside that."""

import json
import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from kis_mcp.errors import BadArgument

MOST_CHARACTERS: Final = 60_000
"""The longest of KIS' own presets has 3,000."""

_MOST_READ_DIGITS: Final = 4_000

_WORDS: Final = {
    "bool": ("true|True|TRUE|false|False|FALSE", "tTfF"),
    "null": ("~|null|Null|NULL|", ("~", "n", "N", "")),
    "int": (r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    "float": (r"[-+]?(?:0|[1-9][0-9]*)?(?:\.[0-9]+|[0-9]\.)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
}
"""What is no text, as YAML 1.2 has it. By YAML 1.1 the time 15:00 would be the number 900, and the code 000660 432."""


def read_text(text: str) -> object:
    """What a text says. Codes with leading noughts, times and dates stay text.

    Raises:
        BadArgument: It is neither JSON nor YAML, says a key twice, refers to another of its places, or is too long.
    """
    if len(text) > MOST_CHARACTERS:
        raise _unreadable(f"The strategy has more than {MOST_CHARACTERS:,} characters.")
    try:
        return _read_json(text) if text.lstrip().startswith("{") else _read_yaml(text)
    except RecursionError:
        raise _unreadable("The strategy is nested beyond reason.") from None


def _read_json(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_object, parse_int=_whole)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _unreadable(f"The strategy is no JSON: {error.msg}, {where}.") from None


def _object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    _check_keys([name for name, _ in pairs])
    return dict(pairs)


def _check_keys(names: Sequence[object]) -> None:
    """Refuse a key that is there twice: one of both would be lost."""
    seen = set[str]()
    for name in map(str, names):
        if name in seen:
            raise _unreadable(f"The strategy says {name} twice in one place.")
        seen.add(name)


def _whole(digits: str) -> int | float:
    """A whole number. One that is too long for Python to read is infinite: no place of a document takes it."""
    return int(digits) if len(digits) <= _MOST_READ_DIGITS else float(digits)


def _read_yaml(text: str) -> object:
    import yaml

    try:
        return yaml.load(text, _loader())  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
        raise _unreadable(f"The strategy is no YAML: {error.problem}, {where}.") from None
    except yaml.YAMLError:
        raise _unreadable("The strategy has characters that no text has.") from None


def _construct_whole(loader: Any, node: Any) -> int | float:
    return _whole(loader.construct_scalar(node))


@cache
def _loader() -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.events.AliasEvent):  # pyright: ignore[reportUnknownMemberType]
                raise _unreadable("The strategy refers to another of its places by *.")
            return super().compose_node(parent, index)

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            if isinstance(node, yaml.MappingNode):
                _check_keys([key.value for key, _ in node.value])
            return super().construct_mapping(node, deep)

        def construct_object(self, node: Any, deep: bool = False) -> Any:
            try:
                return super().construct_object(node, deep)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError):
                # A tag such as !!int stands before a word.
                kind = node.tag.rpartition(":")[2]
                problem = f"{node.value!r:.40} is no {kind}"
                raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None

    loader: Any = Loader
    loader.yaml_implicit_resolvers = {}
    for kind, (pattern, first) in _WORDS.items():
        loader.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", re.compile(f"^(?:{pattern})$"), list(first))
    loader.add_constructor("tag:yaml.org,2002:int", _construct_whole)
    return loader


def _unreadable(what: str) -> BadArgument:
    return BadArgument(what, remedy="Mend it and give it again.", field="strategy")
