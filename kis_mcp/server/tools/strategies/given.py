"""The strategy that a call is about: a document, or the name of one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from kis_mcp.errors import BadArgument
from kis_mcp.server.tools.call import Call
from kis_mcp.strategies.document import Strategy, read_given, read_text

GUIDE: Final = "kis://guides/strategies shows the format."
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")


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
        raise _no_strategy(document.name)
    try:
        return read_given(document)
    except BadArgument as error:
        raise led_to_guide(error) from None


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


def _no_strategy(name: str) -> BadArgument:
    return BadArgument(f"There is no strategy {name}.", remedy=f"Give a document. {GUIDE}", field="strategy")
