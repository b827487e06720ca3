"""Where the simulator that holds a world can be asked, for commands about that world."""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kis_mcp.simulator.wire.hosts import Host


def _file(state_path: Path) -> Path:
    return state_path.with_name(f"{state_path.name}.address")


def _live(host: Host) -> str:
    return f"{host}_live"


@contextmanager
def post_address(state_path: Path, rest: Mapping[Host, str], live: Mapping[Host, str]) -> Generator[None]:
    """Keep both hosts' addresses, and those of their websockets, beside a world's file while the context lasts."""
    path = _file(state_path)
    path.touch(mode=0o600)
    urls = {**rest, **{_live(host): url for host, url in live.items()}}
    path.write_text(json.dumps(urls), "utf-8")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def address_of(state_path: Path, host: Host, *, live: bool = False) -> str | None:
    """A host's address, or that of its websocket (``live``); None where no simulator has written one."""
    try:
        urls = json.loads(_file(state_path).read_text("utf-8"))
        return str(urls[_live(host) if live else host])
    except (OSError, ValueError, KeyError):
        return None
