"""What is watched now, as resources: each open watch is ``kis://stream/{watch}``."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import is_dataclass
from typing import TYPE_CHECKING, cast

from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, Resource, ResourceTemplate

from kis_mcp.environment import Environment
from kis_mcp.wiring import Environments

if TYPE_CHECKING:
    from kis_mcp.market import EventKind
    from kis_mcp.streams import Feed, Watch, Watches

STREAM = "kis://stream/"
JSON = "application/json"
STREAM_TEMPLATE = ResourceTemplate(
    uri_template=f"{STREAM}{{watch}}",
    name="stream",
    title="What is watched",
    description="The latest events of an open watch and how its channels are doing, as JSON. Clients may subscribe to "
    "it, and are told of changes at most once a second. The tool watch opens one.",
    mime_type=JSON,
)
_LATEST: "Mapping[EventKind, int | None]" = {"trade": 20, "book": 2, "order": 50, "status": 20}
"""How many events of each channel are shown, by kind: a book says all that the one before it said."""


class StreamResources:
    """The open watches of one server as resources that change.

    Args:
        environments: Where they were opened.
    """

    def __init__(self, environments: Environments) -> None:
        self._environments = environments

    def resources(self) -> Iterator[Resource]:
        """Each open watch."""
        for environment, _, watch in self._open():
            yield Resource(
                uri=f"{STREAM}{watch.id}",
                name=watch.id,
                title=f"Watch in {environment}: {watch}",
                description="The latest events and how its channels are doing; read_watch reads all of them.",
                mime_type=JSON,
            )

    def find(self, uri: str) -> "Watch | None":
        """The watch behind an URI: the current environment's, where several have one with this id."""
        found = self._find(uri)
        return found[2] if found else None

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` whenever a watch was opened or ended; returns what ends that."""
        return self._environments.open_watches.listen(listener)

    def text(self, uri: str) -> str:
        """The latest state of a watch, as JSON: when it was opened, its channels, its latest events, and the cursor
        behind them.

        Raises:
            MCPError: There is no such watch.
        """
        from kis_mcp.catalog import to_json
        from kis_mcp.streams import interruptions

        found = self._find(uri)
        if found is None:
            raise MCPError(INVALID_PARAMS, f"There is no open watch {uri!r}. {self._others()}", {"uri": uri})
        environment, watches, watch = found
        news, cursor = watches.read(watch.id, most=_LATEST)
        notes = interruptions({feed.name: feed.outage for feed in watch.feeds})
        state = {
            "environment": environment,
            "watch_id": watch.id,
            "watches": str(watch),
            "as_of": self._environments.clock_of(environment)(),
            "opened_at": watch.opened_at,
            **({"notes": notes} if notes else {}),
            "channels": [
                {"channel": feed.name, "kind": feed.kind, **_facts(status), **_loss(feed)}
                for feed, status in watches.status(watch)
            ],
            "events": [{"kind": event.kind, **_facts(event)} for event in news.events],
            "cursor": cursor,
        }
        return json.dumps(to_json(state), ensure_ascii=False, separators=(",", ":"))

    def _open(self) -> "Iterator[tuple[Environment, Watches, Watch]]":
        """Every open watch; those of the current environment first, and of one id only the first."""
        known = set[str]()
        for environment, watches in self._environments.open_watches.by_environment(self._environments.current):
            for watch in watches.watches():
                if watch.id not in known:
                    known.add(watch.id)
                    yield environment, watches, watch

    def _find(self, uri: str) -> "tuple[Environment, Watches, Watch] | None":
        return next((found for found in self._open() if f"{STREAM}{found[2].id}" == uri), None)

    def _others(self) -> str:
        uris = [f"{STREAM}{watch.id}" for _, _, watch in self._open()]
        return f"Open now: {', '.join(uris)}." if uris else "None is open; the tool watch opens one."


def _loss(feed: "Feed") -> dict[str, object]:
    return {"lost_because": feed.lost_because} if feed.lost_because else {}


def _facts(record: object) -> dict[str, object]:
    """A dataclass with what is in it, without what is empty."""
    from kis_mcp.server.tools.call import facts

    return {name: _plain(value) for name, value in facts(record).items()}


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(item) for item in cast("tuple[object, ...]", value)]
    return _facts(value) if is_dataclass(value) else value
