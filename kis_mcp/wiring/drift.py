"""The spec table held against KIS' portal."""

from collections.abc import Callable, Sequence
from datetime import date

from kis_mcp.catalog import Api, Difference, Drift, Notice, differences
from kis_mcp.errors import KisUnavailable
from kis_mcp.kis import NOTICES_A_PAGE, PORTAL_URL, Portal, PortalError, Timer

MOST_FAILURES = 5
"""The portal is given up after so many documents in a row that could not be read."""


async def read_drift(
    apis: Sequence[Api],
    edition: date,
    progress: Callable[[int], None],
    *,
    base_url: str = PORTAL_URL,
    timer: Timer | None = None,
) -> Drift:
    """Compare these APIs with the portal, and list the notices since the edition. It takes half a second for each.

    Args:
        apis: As KIS documents them, without corrections.
        edition: The edition that they follow.
        progress: Told after each API how many are done.
        base_url: Where the portal is; only tests have another.
        timer: How the pauses between requests are made.

    Raises:
        KisUnavailable: The portal could not be reached.
    """
    try:
        portal = Portal(timer or Timer(), base_url)
    except PortalError as error:
        raise _unavailable(error) from None
    unread: list[tuple[str, str]] = []
    try:
        notices = await _newer_notices(portal, edition, unread)
        found, compared = await _compare(portal, apis, edition, progress, unread)
    finally:
        await portal.aclose()
    return Drift(edition, compared, notices, tuple(found), tuple(unread))


async def _newer_notices(portal: Portal, edition: date, unread: list[tuple[str, str]]) -> tuple[Notice, ...]:
    try:
        notices = await portal.notices()
    except PortalError as error:
        if error.is_unreachable:
            raise _unavailable(error) from None
        unread.append(("notices", str(error)))
        return ()
    newer = tuple(notice for notice in notices if notice.date > edition)
    if len(newer) == NOTICES_A_PAGE:
        unread.append(("notices", f"There may be more than the newest {NOTICES_A_PAGE}."))
    return newer


async def _compare(
    portal: Portal,
    apis: Sequence[Api],
    edition: date,
    progress: Callable[[int], None],
    unread: list[tuple[str, str]],
) -> tuple[list[Difference], int]:
    """The differences, and how many APIs could be compared."""
    found, failures = list[Difference](), 0
    for done, api in enumerate(apis, 1):
        if failures == MOST_FAILURES:
            unread += [(left.tool, "Not asked: the portal could not be read before.") for left in apis[done - 1 :]]
            break
        try:
            found += differences(api, await portal.api(api.path), edition)
            failures = 0
        except PortalError as error:
            unread.append((api.tool, str(error)))
            failures += 1
        progress(done)
    not_compared = {tool for tool, _ in unread}
    return found, sum(api.tool not in not_compared for api in apis)


def _unavailable(error: PortalError) -> KisUnavailable:
    return KisUnavailable(
        f"{error} Whether the table still holds is not known.",
        remedy=f"Check that this machine reaches {PORTAL_URL}, and ask again; for fewer requests name some tools.",
    )
