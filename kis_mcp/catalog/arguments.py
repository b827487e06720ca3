"""Arguments as a caller sends them → checked ones. A tool's pydantic model is built when it is first called."""

import re
from collections.abc import Iterator, Mapping, Sized
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictStr, ValidationError, create_model
from pydantic_core import ErrorDetails

from kis_mcp.catalog.model import Api, Parameter
from kis_mcp.catalog.reserved import ALL_FIELDS, FIELDS, RESERVED_NAMES, all_parameters
from kis_mcp.errors import BadArgument

_PLAIN_TEXT = r"[^\x00-\x1f\x7f]{0,4000}"
_MONTH = "[0-9]{4}-(0[1-9]|1[0-2])"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}")
_TIME = re.compile(r"([0-9]{2}):?([0-9]{2})(?::?([0-9]{2}))?")
_MOST_DIGITS = 28
_WANTED: Mapping[str, str] = {
    "string": "text",
    "symbol": "a symbol as text",
    "integer": "a whole number",
    "decimal": "a number",
    "boolean": "true or false",
    "date": "a date, YYYY-MM-DD",
    "month": "a month, YYYY-MM",
    "time": "a time, HH:MM or HH:MM:SS",
    "object": "an object",
}


@dataclass(frozen=True, slots=True, eq=False)
class CheckedArguments(Mapping[str, object]):
    """The arguments of one API, checked and with defaults. Only this module makes them.

    Argument → str, int, Decimal, bool, date, time or a list of them, without those that are left out and have no
    default. Months are text, ``YYYY-MM``.

    Whoever takes them need not check again, and nobody can hand in what was not checked.

    Attributes:
        api: Whose arguments they are.
    """

    api: Api
    _values: Mapping[str, object]

    def __getitem__(self, name: str) -> object:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def own(self) -> "CheckedArguments":
        """Only what the API itself takes, without `fields`, `limit`, `cursor` and `confirmation_token`."""
        return _checked(self.api, {name: value for name, value in self.items() if name not in RESERVED_NAMES})

    def including(self, more: Mapping[str, object]) -> "CheckedArguments":
        """These with others added or replaced; checked again only where that changes something.

        Raises:
            BadArgument: What is added cannot be right.
        """
        values = {**self, **more}
        return self if values == self else validate(self.api, values)


def validate(api: Api, arguments: Mapping[str, object]) -> CheckedArguments:
    """Check the arguments of a call and fill in defaults.

    Numbers may come as JSON numbers or as text; Decimal, date and time objects pass as well. None counts as left out.

    Raises:
        BadArgument: An argument is unknown, missing or wrong; the first one, with the remedy.
    """
    parameters = {parameter.name: parameter for parameter in all_parameters(api)}
    given = {name: value for name, value in arguments.items() if value is not None or name not in parameters}
    try:
        model = _model(api).model_validate(given)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        unknown_first = next((found for found in errors if found["type"] == "extra_forbidden"), errors[0])
        raise _explain(api, parameters, unknown_first) from None
    values = model.model_dump(by_alias=True, exclude_none=True)
    for parameter in parameters.values():
        _check_against_others(parameter, values)
    return _checked(api, values)


def _checked(api: Api, values: Mapping[str, object]) -> CheckedArguments:
    return CheckedArguments(api, MappingProxyType(dict(values)))


@cache
def _model(api: Api) -> type[BaseModel]:
    """The model of a tool's arguments; its own field names are neutral, so that no argument can shadow a method."""
    fields: dict[str, Any] = {}
    for number, parameter in enumerate(all_parameters(api)):
        default = ... if parameter.required else parameter.default
        optional = _type_of(parameter) if parameter.required or default is not None else _type_of(parameter) | None
        fields[f"argument_{number}"] = (optional, Field(default, alias=parameter.name, validate_default=True))
    config = ConfigDict(extra="forbid", regex_engine="python-re")
    return create_model(api.tool, __config__=config, **fields)


def _type_of(parameter: Parameter) -> Any:
    if parameter.name == FIELDS:
        return Annotated[Literal["all"] | list[str], BeforeValidator(_names)]
    item = _item_type(parameter)
    if not parameter.is_list:
        return item
    return Annotated[list[item], Field(min_length=1, max_length=parameter.max_items)]


def _item_type(parameter: Parameter) -> Any:
    bounds: dict[str, Any] = {"ge": _exact(parameter.minimum), "le": _exact(parameter.maximum)}
    match parameter.type:
        case "integer":
            return Annotated[int, BeforeValidator(_no_boolean), Field(**bounds)]
        case "decimal":
            return Annotated[Decimal, BeforeValidator(_no_boolean), Field(max_digits=_MOST_DIGITS, **bounds)]
        case "boolean":
            return bool
        case "date":
            return Annotated[date, BeforeValidator(_date)]
        case "time":
            return Annotated[time, BeforeValidator(_time)]
        case "month":
            return Annotated[StrictStr, Field(pattern=_whole(_MONTH))]
        case "enum":
            return Literal[tuple(parameter.codes or ())]
        case "object":
            return dict[str, Any]
        case "symbol" | "string":
            pattern = parameter.pattern or _PLAIN_TEXT
            upper = BeforeValidator(lambda value: _upper(value, pattern))
            text = Annotated[StrictStr, Field(pattern=_whole(pattern))]
            return Annotated[text, upper] if parameter.type == "symbol" else text


def _exact(bound: float | None) -> int | Decimal | None:
    """A bound as it is written: the float 0.0001 is more than that."""
    return Decimal(str(bound)) if isinstance(bound, float) else bound


def _whole(pattern: str) -> str:
    return rf"^(?:{pattern})\Z"


def _names(value: object) -> object:
    """Column names, also as one text with commas."""
    return value.replace(",", " ").split() if isinstance(value, str) and value != ALL_FIELDS else value


def _upper(value: object, pattern: str) -> object:
    """A symbol in capitals, unless it is right as it is."""
    return value.upper() if isinstance(value, str) and not re.fullmatch(pattern, value) else value


def _no_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("boolean")
    return value


def _date(value: object) -> object:
    """A date from ISO text; never from a number, which pydantic would take for seconds."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("date")
    return date.fromisoformat(value)


def _time(value: object) -> object:
    if isinstance(value, time):
        return value
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("time")
    hour, minute, second = match.groups(default="00")
    return time(int(hour), int(minute), int(second))


def _explain(api: Api, parameters: Mapping[str, Parameter], error: ErrorDetails) -> BadArgument:
    name, *place = error["loc"]
    parameter = parameters.get(str(name))
    if parameter is None:
        return _unknown(api, parameters, str(name))
    if error["type"] == "missing":
        what = f"{api.tool} needs {name}."
    else:
        item = f" item {place[0] + 1}" if place and isinstance(place[0], int) else ""
        what = f"{name}{item} cannot be {_brief(error['input'])}."
    return BadArgument(what, remedy=f"Give {wanted(parameter)}.", field=parameter.name)


def _unknown(api: Api, parameters: Mapping[str, Parameter], name: str) -> BadArgument:
    near = get_close_matches(name, parameters, n=1)
    if near:
        remedy = f"Did you mean {near[0]}?"
    else:
        remedy = f"It takes: {', '.join(parameters)}." if parameters else "It takes none."
    return BadArgument(f"{api.tool} has no argument {_brief(name)}.", remedy=remedy, field=name[:60])


def wanted(parameter: Parameter) -> str:
    """What a parameter takes, as the end of a sentence."""
    if parameter.name == FIELDS:
        return f'a list of column names, or "{ALL_FIELDS}"'
    wanted = f"one of {', '.join(parameter.codes or ())}" if parameter.type == "enum" else _WANTED[parameter.type]
    if parameter.minimum is not None and parameter.maximum is not None:
        wanted += f" from {parameter.minimum} to {parameter.maximum}"
    elif parameter.minimum is not None:
        wanted += f", at least {parameter.minimum}"
    elif parameter.maximum is not None:
        wanted += f", at most {parameter.maximum}"
    if parameter.is_list:
        wanted = f"a list of 1 to {parameter.max_items or 'many'} items, each {wanted}"
    if parameter.example is not None and parameter.type != "enum":
        wanted += f", such as {parameter.example!r}"
    elif parameter.pattern:
        wanted += f", in the form {parameter.pattern}"
    return wanted


def _check_against_others(parameter: Parameter, values: Mapping[str, object]) -> None:
    value = values.get(parameter.name)
    if value is None:
        return
    if parameter.pairs_with and parameter.is_list:
        others = len(cast(Sized, values.get(parameter.pairs_with, ())))
        if len(cast(Sized, value)) != others:
            raise BadArgument(
                f"{parameter.name} has {len(cast(Sized, value))} items and {parameter.pairs_with} has {others}.",
                remedy=f"Give one {parameter.name} item for each of {parameter.pairs_with}.",
                field=parameter.name,
            )
    if parameter.not_before:
        start: Any = values.get(parameter.not_before)
        end: Any = value
        if start is not None and start > end:
            raise BadArgument(
                f"{parameter.not_before} {start} is after {parameter.name} {end}.",
                remedy=f"Give a {parameter.not_before} that is not after {parameter.name}.",
                field=parameter.name,
            )


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
