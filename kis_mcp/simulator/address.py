"""Where the simulator that holds a world can be asked: for commands about that world, and for others that use it."""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from kis_mcp.simulator.wire.hosts import Host

WORLD_FILE: Final = "simulator.db"
"""A world's file in the folder that has its name."""

_SHARED = "is_shared"


def _file(state_path: Path) -> Path:
    return state_path.with_name(f"{state_path.name}.address")


def _live(host: Host) -> str:
    return f"{host}_live"


@contextmanager
def post_address(
    state_path: Path, rest: Mapping[Host, str], live: Mapping[Host, str], *, is_shared: bool = False
) -> Generator[None]:
    """Keep both hosts' addresses, and those of their websockets, beside a world's file while the context lasts.

    Args:
        is_shared: As `SimulatorOptions` has it.
    """
    path = _file(state_path)
    path.touch(mode=0o600)
    told = {**rest, **{_live(host): url for host, url in live.items()}, _SHARED: is_shared}
    path.write_text(json.dumps(told), "utf-8")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def address_of(state_path: Path, host: Host, *, live: bool = False) -> str | None:
    """A host's address, or that of its websocket (``live``); None where no simulator has written one."""
    found = _read(state_path).get(_live(host) if live else host)
    return None if found is None else str(found)


def shared_address(state_path: Path) -> tuple[str, str] | None:
    """The real host's address and that of its websocket, where the simulator that holds a world is there for other
    processes too."""
    told = _read(state_path)
    rest, live = told.get(Host.REAL), told.get(_live(Host.REAL))
    return (str(rest), str(live)) if told.get(_SHARED) is True and rest and live else None


def _read(state_path: Path) -> Mapping[str, object]:
    try:
        return json.loads(_file(state_path).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
