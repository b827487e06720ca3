"""The tables of settings: meanings from docs/settings.toml, values and defaults from `Settings`."""

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from kis_mcp.settings import Settings

MEANINGS = Path(__file__).parents[2] / "docs" / "settings.toml"

Language = Literal["en", "ko"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """Settings that one row of a table tells: their fields, and what they mean in each language."""

    fields: tuple[str, ...]
    en: str
    ko: str


@dataclass(frozen=True, slots=True)
class Group:
    """Settings that serve one purpose."""

    en: str
    ko: str
    meanings: tuple[Meaning, ...]


def groups() -> tuple[Group, ...]:
    """What docs/settings.toml says, in its order."""
    document = tomllib.loads(MEANINGS.read_text("utf-8"))
    return tuple(
        Group(
            group["en"],
            group["ko"],
            tuple(Meaning(tuple(row["names"]), row["en"], row["ko"]) for row in group["setting"]),
        )
        for group in document["group"]
    )


def overview(language: Language) -> str:
    """One row a group: its name, and its variables."""
    heading = {"en": "| for | settings |", "ko": "| 쓰임 | 설정 |"}[language]
    rows = (
        f"| {getattr(group, language)} | {_variables([name for row in group.meanings for name in row.fields])} |"
        for group in groups()
    )
    return "\n".join([heading, "| --- | --- |", *rows])


def whole(language: Language) -> str:
    """A table a group: variables, the values that they take where these are few, defaults, and the meaning."""
    heading = {"en": "| variable | values | default | meaning |", "ko": "| 변수 | 값 | 기본 | 뜻 |"}[language]
    parts: list[str] = []
    for group in groups():
        rows = (
            f"| {_variables(row.fields)} | {_joined(map(_values, row.fields))} | {_joined(map(_default, row.fields))}"
            f" | {getattr(row, language)} |"
            for row in group.meanings
        )
        parts.append("\n".join([f"### {getattr(group, language)}", "", heading, "| --- | --- | --- | --- |", *rows]))
    return "\n\n".join(parts)


def _variables(fields: Sequence[str]) -> str:
    return ", ".join(f"`KIS_{field.upper()}`" for field in fields)


def _joined(texts: Iterable[str]) -> str:
    """What the settings of one row say; once where they agree."""
    said = list(texts)
    return said[0] if len({*said}) == 1 else ", ".join(said)


def _field(name: str) -> FieldInfo | None:
    """None for a variable that is read before the settings are."""
    return Settings.model_fields.get(name)


def _values(name: str) -> str:
    """The words that the setting takes, or its bounds where the lowest value counts too."""
    field = _field(name)
    if field is None:
        return ""
    kinds = list(_kinds(field.annotation))
    if bool in kinds:
        return "`0`, `1`"
    words = [word for kind in kinds for word in _words(kind)]
    if words:
        return ", ".join(f"`{word}`" for word in words)
    low = next((bound.ge for bound in field.metadata if isinstance(bound, Ge)), None)
    high = next((bound.le for bound in field.metadata if isinstance(bound, Le)), None)
    return "" if low is None else f"{low} …" if high is None else f"{low} … {high}"


def _kinds(annotation: Any) -> Iterator[Any]:
    """The types of which an annotation is made, without what decorates them."""
    inner: tuple[Any, ...] = get_args(annotation)
    if get_origin(annotation) is Literal or not inner:
        yield annotation
    else:
        for part in inner[:1] if get_origin(annotation) is Annotated else inner:
            yield from _kinds(part)


def _words(kind: Any) -> tuple[str, ...]:
    if get_origin(kind) is Literal:
        return get_args(kind)
    return tuple(member.value for member in kind) if isinstance(kind, type) and issubclass(kind, Enum) else ()


def _default(name: str) -> str:
    """The default; empty where the setting is left out, or depends on the machine."""
    field = _field(name)
    value = None if field is None else field.default
    if isinstance(value, bool):
        return f"`{int(value)}`"
    return f"`{value}`" if value != "" and isinstance(value, str | int | float | Decimal) else ""
