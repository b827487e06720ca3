"""The strategy that a call is about: a document, or the name of one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from kis_mcp.errors import BadArgument
from kis_mcp.server.tools.call import Call
from kis_mcp.strategies.document import Strategy, preset_names, read_given, read_preset, read_text
from kis_mcp.strategies.records import StrategyRecords

GUIDE: Final = "kis://guides/strategies shows the format."
_NAME: Final = re.compile(r"\w[\w-]{0,59}")
"""One word in any script: a document is never one."""


@dataclass(frozen=True, slots=True)
class Named:
    """A name that stands in place of a document."""

    name: str


async def given_strategy(call: Call) -> Strategy:
    """The strategy of the argument of that name.

    Raises:
        BadArgument: It is no document that can be read, or no name of one.
    """
    document = given_document(call)
    if isinstance(document, Named):
        return await _kept(call, document.name)
    try:
        return read_given(document)
    except BadArgument as error:
        raise led_to_guide(error) from None


async def records_of(call: Call) -> StrategyRecords:
    """Where the strategies of a call's environment are kept."""
    return await (await call.brokerage()).strategy_records()


def name_of(call: Call) -> str:
    """The name that a call gives.

    Raises:
        BadArgument: It gives a document instead.
    """
    document = given_document(call)
    if not isinstance(document, Named):
        raise BadArgument("strategy is no name.", remedy="Give the name of a saved strategy.", field="strategy")
    return document.name


async def _kept(call: Call, name: str) -> Strategy:
    stored = await (await records_of(call)).find(name)
    if stored is not None:
        return stored.document
    if name not in preset_names():
        raise no_strategy(name)
    return read_preset(name)


def given_document(call: Call) -> object:
    """The document, parsed; or the name that stands in place of one.

    Raises:
        BadArgument: It is text that cannot be read.
    """
    value = call.values()["strategy"]
    if isinstance(value, Mapping):
        return cast("Mapping[str, Any]", value)
    text = str(value).strip()
    if _NAME.fullmatch(text):
        return Named(text)
    try:
        return read_text(text)
    except BadArgument as error:
        raise led_to_guide(error) from None


def led_to_guide(error: BadArgument) -> BadArgument:
    """The error of a document, with where its format is told."""
    return BadArgument(error.what, remedy=f"{error.remedy} {GUIDE}", field=error.field)


def no_strategy(name: str) -> BadArgument:
    return BadArgument(
        f"There is no strategy {name}.",
        remedy=f"`kis-mcp strategies list`, or a call to list them, shows which there are; or give a document. {GUIDE}",
        field="strategy",
    )
