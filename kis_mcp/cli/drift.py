"""``kis-mcp doctor --drift``: what KIS' developer portal says that the spec table does not."""

import json
from collections.abc import Sequence
from difflib import get_close_matches
from functools import partial

import anyio
import typer

from kis_mcp.catalog import Api, Catalog, Drift, one_line
from kis_mcp.errors import BadArgument
from kis_mcp.wiring import read_drift

NOTHING_DIFFERS, SOMETHING_DIFFERS, NOT_ALL_READ = 0, 1, 2
_PROGRESS_EVERY = 10


def run(tools: Sequence[str], *, as_json: bool) -> int:
    """Print the report, its progress on stderr, and return the exit code.

    Raises:
        BadArgument: A tool that is no KIS API.
        KisUnavailable: The portal could not be reached.
    """
    catalog = Catalog(corrected=False)
    apis = choose(catalog, tools)

    def show_progress(done: int) -> None:
        if done % _PROGRESS_EVERY == 0 or done == len(apis):
            typer.echo(f"{done} of {len(apis)} APIs asked", err=True)

    drift = anyio.run(partial(read_drift, apis, catalog.edition, show_progress))
    if as_json:
        typer.echo(json.dumps(as_facts(drift), ensure_ascii=False, indent=1))
    else:
        typer.echo("\n".join(lines(drift)))
    return exit_code(drift)


def choose(catalog: Catalog, tools: Sequence[str]) -> tuple[Api, ...]:
    """The APIs of these tools, all where none is named.

    Raises:
        BadArgument: One is no KIS API.
    """
    apis = {api.tool: api for api in catalog.apis}
    for tool in tools:
        if tool not in apis:
            near = get_close_matches(tool, apis, 1)
            raise BadArgument(
                f"{tool} is no typed tool, so KIS' portal has no document of it.",
                remedy=f"Name {near[0]}?" if near else "List the typed tools with `kis-mcp tools --surface all`.",
                field="tools",
            )
    return tuple(apis[tool] for tool in dict.fromkeys(tools)) or tuple(apis.values())


def exit_code(drift: Drift) -> int:
    if drift.differences or drift.notices:
        return SOMETHING_DIFFERS
    return NOT_ALL_READ if drift.unread else NOTHING_DIFFERS


def as_facts(drift: Drift) -> dict[str, object]:
    """The report as plain JSON."""
    return {
        "edition": drift.edition.isoformat(),
        "compared": drift.compared,
        "notices": [
            {"date": notice.date.isoformat(), "title": notice.title, "url": notice.url} for notice in drift.notices
        ],
        "differences": [
            {
                "tool": difference.tool,
                "part": difference.part,
                "what": difference.what,
                "elements": list(difference.elements),
                "table_count": difference.table_count,
                "portal_count": difference.portal_count,
            }
            for difference in drift.differences
        ],
        "unread": [{"what": what, "why": why} for what, why in drift.unread],
    }


def lines(drift: Drift) -> list[str]:
    """The report as people read it."""
    differing = {difference.tool for difference in drift.differences}
    return [
        f"The table follows KIS' edition of {drift.edition}. {drift.compared} APIs compared, {len(differing)} differ,"
        f" {len(drift.notices)} notices are newer, {len(drift.unread)} could not be read.",
        *(f"notice {notice.date}: {one_line(notice.title)} {notice.url}" for notice in drift.notices),
        *(
            f"{difference.tool} {difference.part}: {difference.what}: {one_line(', '.join(difference.elements))}"
            f" ({difference.table_count} in the table, {difference.portal_count} on the portal)"
            for difference in drift.differences
        ),
        *(f"could not be read: {what}: {why}" for what, why in drift.unread),
    ]
