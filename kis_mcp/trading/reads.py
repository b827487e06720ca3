"""Reading KIS for an order: a block of an answer, a list to its end, several parts of which some may be refused."""

import asyncio
import logging
from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from kis_mcp.catalog import Decoded, Record
from kis_mcp.errors import BadArgument, KisMcpError, ListIncomplete
from kis_mcp.trading.kis import KisReads

_T = TypeVar("_T")

_NOTHING: Record = {}
_NO_ROWS: list[Record] = []

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PartialAnswer(Generic[_T]):
    """What was found; None where KIS could not be asked.

    Attributes:
        left_out: What KIS refuses to tell of it, because this account has no such business, and its words.
    """

    value: _T | None
    left_out: tuple[str, ...] = ()


def is_filled(answer: Record | None, *names: str) -> bool | None:
    """Whether one of these fields is filled; KIS answers for what it does not know with blanks and zeros."""
    return None if answer is None else any(answer.get(name) not in (None, "", 0) for name in names)


async def try_read_list(kis: KisReads, tool: str, arguments: Mapping[str, object]) -> Sequence[Record] | None:
    """The first list that a read API answers with; None where KIS fails."""
    try:
        return await read_list(kis, tool, arguments)
    except KisMcpError as error:
        _log.warning("%s failed while an order was looked at: %s", tool, error)
        return None


async def read_list(
    kis: KisReads, tool: str, arguments: Mapping[str, object], *, fresh: bool = False
) -> Sequence[Record]:
    """The first list that a read API answers with, whole.

    Raises:
        KisMcpError: KIS fails, or says no.
        ListIncomplete: There is more than could be read.
    """
    page = await read_whole(kis, tool, arguments, fresh=fresh)
    return next((block for block in page.blocks.values() if isinstance(block, list)), _NO_ROWS)


async def read_whole(kis: KisReads, tool: str, arguments: Mapping[str, object], *, fresh: bool = False) -> Decoded:
    """The answer of a read API with all its rows.

    Raises:
        KisMcpError: KIS fails, or says no.
        ListIncomplete: There is more than could be read.
    """
    page = await kis.rows(tool, arguments, fresh=fresh)
    if not page.complete:
        raise ListIncomplete(
            f"{tool} has more rows than could be read.",
            remedy=f"Try again, or read it page by page: call_read_tool with name={tool}.",
        )
    return page


async def read_record(
    kis: KisReads, tool: str, arguments: Mapping[str, object], *, block: str | None = None, fresh: bool = False
) -> Record:
    """A block of a read API's answer as one record, by default the first such; empty where there is none."""
    return await try_read_record(kis, tool, arguments, block=block, fresh=fresh) or _NOTHING


async def try_read_record(
    kis: KisReads, tool: str, arguments: Mapping[str, object], *, block: str | None = None, fresh: bool = False
) -> Record | None:
    """As `read_record`, but None where KIS could not be asked. What KIS refuses to answer, it knows nothing of."""
    try:
        blocks = (await kis.rows(tool, arguments, fresh=fresh)).blocks
    except KisMcpError as error:
        _log.warning("%s failed while an order was looked at: %s", tool, error)
        return _NOTHING if is_refusal(error) else None
    if block is None:
        return next((one for one in blocks.values() if isinstance(one, dict)), _NOTHING)
    found = blocks.get(block, _NOTHING)
    return found if isinstance(found, dict) else next(iter(found), _NOTHING)


def is_refusal(error: KisMcpError) -> bool:
    """Whether KIS understood the question and said no."""
    return isinstance(error, BadArgument) and error.kis_code is not None


async def read_parts(
    parts: Mapping[str, Awaitable[_T]], *, needed: Collection[str] = ()
) -> tuple[dict[str, _T], tuple[str, ...]]:
    """The parts that KIS tells, and which it refuses to.

    Raises:
        KisMcpError: KIS fails, or refuses what is needed.
    """
    found: dict[str, _T] = {}
    left_out: list[str] = []
    for name, part in zip(parts, await asyncio.gather(*parts.values(), return_exceptions=True), strict=True):
        if not isinstance(part, BaseException):
            found[name] = part
        elif isinstance(part, KisMcpError) and is_refusal(part) and name not in needed:
            left_out.append(f"{name} ({part.kis_code}: {part.kis_message or part.what})")
        else:
            raise part
    return found, tuple(left_out)
