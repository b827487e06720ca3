"""Where the simulator that holds a world can be asked, for commands about that world."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from kis_mcp.simulator.wire.hosts import Host


def _file(state_path: Path) -> Path:
    return state_path.with_name(f"{state_path.name}.address")


@contextmanager
def post_address(state_path: Path, real_url: str, demo_url: str) -> Generator[None]:
    """Keep both hosts' addresses beside a world's file while the context lasts."""
    path = _file(state_path)
    path.touch(mode=0o600)
    path.write_text(json.dumps({Host.REAL: real_url, Host.DEMO: demo_url}), "utf-8")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def address_of(state_path: Path, host: Host) -> str | None:
    """A host's address; None where no simulator has written one."""
    try:
        urls = json.loads(_file(state_path).read_text("utf-8"))
        return str(urls[host])
    except (OSError, ValueError, KeyError):
        return None
