"""One tool call, as the tools see it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, cast

from kis_mcp.catalog import Api, CheckedArguments, Page
from kis_mcp.environment import Environment
from kis_mcp.language import Say
from kis_mcp.server.elicitation import Person
from kis_mcp.server.progress import Progress
from kis_mcp.server.tools.search import Reach
from kis_mcp.wiring import Brokerage, Environments, Reads


@dataclass(frozen=True, slots=True)
class Call:
    """A call of an offered tool.

    Attributes:
        arguments: The tool's, checked.
        environment: Where it goes.
        person: Who can be asked.
        progress: Where waits are reported.
        reach: Which other tools its client reaches.
        say: In which language its texts reach people.
    """

    arguments: CheckedArguments
    environment: Environment
    environments: Environments
    person: Person
    progress: Progress
    reach: Reach
    say: Say

    @property
    def api(self) -> Api:
        """The tool."""
        return self.arguments.api

    def values(self) -> dict[str, Any]:
        """The arguments, to take apart."""
        return dict(self.arguments)

    def now(self) -> datetime:
        """What time it is in its environment: a simulator's world has its own."""
        return self.environments.clock_of(self.environment)()

    async def brokerage(self) -> Brokerage:
        return await self.environments.brokerage(self.environment)

    async def reads(self) -> Reads:
        """KIS, for this call's reads."""
        return Reads(await self.brokerage(), self.progress.waiting)


def facts(record: object) -> dict[str, Any]:
    """The fields of a dataclass without those that are empty: a null costs the model tokens and says nothing."""
    values = ((field.name, getattr(record, field.name)) for field in fields(cast(Any, record)))
    return {name: value for name, value in values if value is not None and value != ""}


def rows_of(api: Api, block: str, records: Iterable[object]) -> list[dict[str, Any]]:
    """Dataclasses as the rows of a tool's block: those of their fields that the block has, without the empty ones."""
    shown = next({field.name for field in one.fields} for one in api.blocks if one.name == block)
    return [{name: value for name, value in facts(record).items() if name in shown} for record in records]


def page_of(
    reads: Reads, *, notes: Sequence[str] = (), complete: bool = True, next_cursor: str | None = None, **blocks: Any
) -> Page:
    """The answer of a core tool that reads KIS: complete only if each read was, and with the notes of all of them."""
    return page(
        reads.as_of,
        notes=[*notes, *(note for note in reads.notes if note not in notes)],
        complete=complete and reads.complete,
        next_cursor=next_cursor,
        **blocks,
    )


def page(
    as_of: datetime,
    *,
    notes: Sequence[str] = (),
    complete: bool = True,
    next_cursor: str | None = None,
    **blocks: Any,
) -> Page:
    """A core tool's answer."""
    return Page(
        blocks=blocks,
        complete=complete and next_cursor is None,
        next_cursor=next_cursor,
        notes=list(notes),
        as_of=as_of,
    )
