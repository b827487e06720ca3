"""Arguments as a caller sends them → checked ones. A tool's pydantic model is built when it is first called."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence, Sized
from contextlib import suppress
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
from kis_mcp.catalog.shares_abroad import SHARES_ABROAD, Use
from kis_mcp.catalog.spelling import (
    MOST_DIGITS,
    is_empty,
    plain,
    read_date,
    read_json,
    read_month,
    read_names,
    read_number,
    read_time,
    read_word,
)
from kis_mcp.catalog.symbols import WrittenSymbol, read_symbol
from kis_mcp.errors import BadArgument

_PLAIN_TEXT = r"[^\x00-\x1f\x7f]{0,4000}"
_MONTH = "[0-9]{4}-(0[1-9]|1[0-2])"
_LONGEST_DOCUMENT = 60_000
_MOST_NAMED = 8
"""Wrong arguments that one error names."""
_PLACES = ("exchange", "country")
"""Arguments that say where a symbol trades; the first that an API has counts."""
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
    "document": "an object, or text",
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
        return self if values == self else check_arguments(self.api, values)


def check_arguments(api: Api, arguments: Mapping[str, object]) -> CheckedArguments:
    """Check the arguments of a call and fill in defaults.

    Values may be written as :mod:`kis_mcp.catalog.spelling` and :mod:`kis_mcp.catalog.symbols` read them; Decimal, date
    and time objects pass as well. None, and an optional argument that is empty, count as left out.

    Raises:
        BadArgument: Arguments are unknown, missing or wrong; it names them all, with the remedies.
    """
    parameters = {parameter.name: parameter for parameter in all_parameters(api)}
    given = {name: value for name, value in arguments.items() if not _is_left_out(parameters.get(name), value)}
    given, problems = _with_named_exchanges(api, given)
    try:
        model = _model(api).model_validate(given)
    except ValidationError as error:
        found = sorted(error.errors(include_url=False), key=lambda each: each["type"] != "extra_forbidden")
        raise _all_of([*(_explain(api, parameters, each) for each in found), *problems]) from None
    if problems:
        raise _all_of(problems)
    values = model.model_dump(by_alias=True, exclude_none=True)
    if problems := [problem for each in parameters.values() for problem in _contradictions(each, values)]:
        raise _all_of(problems)
    return _checked(api, values)


def _is_left_out(parameter: Parameter | None, value: object) -> bool:
    """Whether an argument is as good as not given; one that is needed stays, and so does an unknown one."""
    if parameter is None:
        return False
    return value is None or (not parameter.required and (is_empty(value) or (parameter.is_list and _is_no_item(value))))


def _is_no_item(value: object) -> bool:
    """Whether a value is an empty list as JSON text."""
    return isinstance(value, str) and "".join(value.split()) == "[]"


def _with_named_exchanges(api: Api, given: Mapping[str, object]) -> tuple[dict[str, object], list[BadArgument]]:
    """The arguments with symbols as KIS writes them, and the place that comes with them where the API takes it."""
    read, problems = dict(given), list[BadArgument]()
    for parameter in api.parameters:
        if parameter.type != "symbol" or not (texts := _texts(parameter, given.get(parameter.name))):
            continue
        written = [read_symbol(api, parameter, text) for text in texts]
        symbols = [each.symbol if each.exchanges else text for each, text in zip(written, texts, strict=True)]
        read[parameter.name] = symbols if parameter.is_list else symbols[0]
        target = next(filter(None, map(api.parameter, (parameter.pairs_with or "", *_PLACES))), None)
        # An exchange of the tool's own words takes any of the places that the symbol may be at.
        words = tuple(target.codes or written[0].places) if target else ()
        shared = (word for word in written[0].places if word in words and all(word in each.places for each in written))
        if target is not None and not target.is_list and (usual := next(shared, None)):
            read.setdefault(target.name, usual)
        places = _named_places(target, words, read, len(texts))
        for text, each, place in zip(texts, written, places, strict=False):
            if target is None or not set(each.places) & set(words):
                if not _is_read_anywhere(each, target):
                    problems.append(_elsewhere(api, parameter, text, each))
            elif place is None and not each.is_korean:
                problems.append(_one_of_several(parameter, text, each, target))
            elif place in words and place not in each.places:
                problems.append(_contradiction(parameter, text, each, target, place))
    return read, problems


def _texts(parameter: Parameter, value: object) -> list[str]:
    """The symbols that an argument names; none where it is not of the type that it should be."""
    items = _items(value) if parameter.is_list else [value]
    texts = [item for item in items if isinstance(item, str)]
    return texts if len(texts) == len(items) else []


def _items(value: object) -> list[object]:
    """The items of a list, which may be JSON text; none where it is no list."""
    with suppress(ValueError):
        value = read_json(value, "[")
    return cast("list[object]", value) if isinstance(value, list) else []


def _named_places(
    target: Parameter | None, words: tuple[str, ...], read: Mapping[str, object], count: int
) -> list[object]:
    """The place that goes with each of the symbols, by the argument for it; None where that is not given."""
    value = read.get(target.name) if target else None
    if target is not None and target.is_list:
        return [read_word(each, words) for each in _items(value)]
    return [None if value is None else read_word(value, words)] * count


def _is_read_anywhere(written: WrittenSymbol, target: Parameter | None) -> bool:
    """Whether an API that does not take the place of a symbol means the same instrument without it."""
    return not written.exchanges or written.is_korean or (target is None and not written.is_at_one_venue)


def _contradiction(
    parameter: Parameter, text: str, written: WrittenSymbol, target: Parameter, place: object
) -> BadArgument:
    return BadArgument(
        f"{parameter.name} {_brief(text)} does not go with {target.name} {place}.",
        remedy=f"Give {parameter.name} as {written.symbol!r} with the {target.name} that is meant.",
        field=target.name,
    )


def _one_of_several(parameter: Parameter, text: str, written: WrittenSymbol, target: Parameter) -> BadArgument:
    """For a list whose symbols do not all name one place."""
    return BadArgument(
        f"{parameter.name} item {_brief(text)} is at {written.exchanges[0]}, and not all of the others are said to be.",
        remedy=f"{target.name} holds for all {parameter.name}: call once for each {target.name}, such as"
        f" {target.name} {written.exchanges[0]!r} with {parameter.name} {[written.symbol]!r}.",
        field=parameter.name,
    )


_USES: Mapping[str, tuple[str, Use]] = {"get_candles": ("candles", "candles"), "get_order_book": ("order book", "book")}
"""Core tool of Korean and US stocks → what it reads, in words and as a use; all others read the price."""


def _elsewhere(api: Api, parameter: Parameter, text: str, written: WrittenSymbol) -> BadArgument:
    exchange = written.exchanges[0]
    if written.is_at_one_venue:
        remedy = f"Give {written.symbol!r}, or find a tool that takes exchange {exchange} with search_tools."
    else:
        called = json.dumps({"exchange": exchange, "symbol": written.symbol})
        what, use = _USES.get(api.tool, ("price", "price"))
        remedy = f"For its {what} call call_read_tool with name={SHARES_ABROAD[use]}, arguments={called}."
    return BadArgument(
        f"{parameter.name} {_brief(text)} is at {exchange}, which {api.tool} does not take.",
        remedy=remedy,
        field=parameter.name,
    )


def _checked(api: Api, values: Mapping[str, object]) -> CheckedArguments:
    return CheckedArguments(api, MappingProxyType(dict(values)))


@cache
def _model(api: Api) -> type[BaseModel]:
    """The model of a tool's arguments; its own field names are neutral, so that no argument can shadow a method."""
    fields: dict[str, Any] = {}
    for number, parameter in enumerate(all_parameters(api)):
        default = ... if parameter.required else parameter.default
        kind = _type_of(api, parameter)
        optional = kind if parameter.required or default is not None else kind | None
        fields[f"argument_{number}"] = (optional, Field(default, alias=parameter.name, validate_default=True))
    config = ConfigDict(extra="forbid", regex_engine="python-re")
    return create_model(api.tool, __config__=config, **fields)


def _type_of(api: Api, parameter: Parameter) -> Any:
    if parameter.name == FIELDS:
        return Annotated[Literal["all"] | list[str], BeforeValidator(_names)]
    item = _item_type(api, parameter)
    if not parameter.is_list:
        return item
    several = Field(min_length=1, max_length=parameter.max_items)
    return Annotated[list[item], several, BeforeValidator(lambda value: read_json(value, "["))]


def _item_type(api: Api, parameter: Parameter) -> Any:
    bounds: dict[str, Any] = {"ge": _exact(parameter.minimum), "le": _exact(parameter.maximum)}
    match parameter.type:
        case "integer":
            return Annotated[int, Field(**bounds), BeforeValidator(read_number)]
        case "decimal":
            return Annotated[Decimal, Field(max_digits=MOST_DIGITS, **bounds), BeforeValidator(read_number)]
        case "boolean":
            return Annotated[bool, BeforeValidator(lambda value: plain(value) if isinstance(value, str) else value)]
        case "date":
            return Annotated[date, BeforeValidator(read_date)]
        case "time":
            return Annotated[time, BeforeValidator(read_time)]
        case "month":
            return Annotated[StrictStr, Field(pattern=_whole(_MONTH)), BeforeValidator(read_month)]
        case "enum":
            words = tuple(parameter.codes or ())
            return Annotated[Literal[words], BeforeValidator(lambda value: read_word(value, words))]
        case "object":
            return Annotated[dict[str, Any], BeforeValidator(lambda value: read_json(value, "{"))]
        case "document":
            text = Annotated[StrictStr, Field(min_length=1, max_length=_LONGEST_DOCUMENT)]
            return dict[str, Any] | text
        case "symbol" | "string":
            return _text_type(api, parameter)


def _text_type(api: Api, parameter: Parameter) -> Any:
    pattern = parameter.pattern or _PLAIN_TEXT

    def read(value: object) -> object:
        if not isinstance(value, str):
            return value
        if parameter.type == "symbol":
            written = read_symbol(api, parameter, value)
            if written.exchanges and not written.is_korean:
                raise ValueError(f"{written.exchanges[0]} would be lost")
            return written.symbol
        return value if re.fullmatch(pattern, value) else plain(value)

    return Annotated[StrictStr, Field(pattern=_whole(pattern)), BeforeValidator(read)]


def _exact(bound: float | None) -> int | Decimal | None:
    """A bound as it is written: the float 0.0001 is more than that."""
    return Decimal(str(bound)) if isinstance(bound, float) else bound


def _whole(pattern: str) -> str:
    return rf"^(?:{pattern})\Z"


def _names(value: object) -> object:
    """Column names, also as one text with commas."""
    return ALL_FIELDS if isinstance(value, str) and plain(value).lower() == ALL_FIELDS else read_names(value)


def _all_of(problems: Sequence[BadArgument]) -> BadArgument:
    """One error for several; its field is that of the first."""
    each: dict[str | None, BadArgument] = {}
    for problem in problems:
        each.setdefault(problem.field, problem)
    named = list(each.values())[:_MOST_NAMED]
    if len(named) == 1:
        return named[0]
    more = f" {len(each) - len(named)} more are wrong." if len(each) > len(named) else ""
    return BadArgument(
        " ".join(problem.what for problem in named) + more,
        remedy=" ".join(f"{problem.field}: {problem.remedy}" for problem in named),
        field=named[0].field,
    )


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
    otherwise = "" if parameter.required else ", or leave it out"
    return BadArgument(what, remedy=f"Give {wanted(parameter)}{otherwise}.", field=parameter.name)


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


def _contradictions(parameter: Parameter, values: Mapping[str, object]) -> Iterator[BadArgument]:
    """What is wrong with an argument beside the others."""
    value = values.get(parameter.name)
    if value is None:
        return
    if parameter.pairs_with and parameter.is_list:
        others = len(cast(Sized, values.get(parameter.pairs_with, ())))
        if len(cast(Sized, value)) != others:
            yield BadArgument(
                f"{parameter.name} has {len(cast(Sized, value))} items and {parameter.pairs_with} has {others}.",
                remedy=f"Give one {parameter.name} item for each of {parameter.pairs_with}.",
                field=parameter.name,
            )
    if parameter.not_before:
        start: Any = values.get(parameter.not_before)
        end: Any = value
        if start is not None and start > end:
            yield BadArgument(
                f"{parameter.not_before} {start} is after {parameter.name} {end}.",
                remedy=f"Give a {parameter.not_before} that is not after {parameter.name}.",
                field=parameter.name,
            )


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
