"""The container image. No Docker is needed: what its file names exists, and its check of health is tried."""

import json
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import pytest

from bundles.documents import ROOT, project
from bundles.healthcheck import fault, http_address
from kis_mcp.settings import Settings
from tests.server.test_transports import served

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
IGNORED = (ROOT / ".dockerignore").read_text("utf-8").splitlines()


def lines(instruction: str) -> list[str]:
    return re.findall(rf"^{instruction} (.+)$", DOCKERFILE, re.MULTILINE)


def sources() -> list[str]:
    """What is copied from the project."""
    return [name for line in lines("COPY") if "--from" not in line for name in line.split()[:-1]]


@asynccontextmanager
async def answering(status: bytes) -> "AsyncGenerator[str]":
    """A server that answers every request with a status; its address."""

    async def answer(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(b"HTTP/1.1 %s\r\ncontent-length: 0\r\n\r\n" % status)

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, answer)
        yield f"127.0.0.1:{listener.extra(anyio.abc.SocketAttribute.local_port)}"
        tasks.cancel_scope.cancel()


def test_what_is_copied_exists_and_reaches_the_build() -> None:
    assert [name for name in sources() if not (ROOT / name).exists()] == []
    assert IGNORED[0] == "*"
    assert {f"!{name}" for name in sources()} == {line for line in IGNORED if line.startswith("!")}


def test_all_that_the_wheel_is_built_from_is_copied() -> None:
    build = project()["tool"]["hatch"]["build"]["targets"]["wheel"]
    about = project()["project"]
    needed = {*build["packages"], *build["force-include"], about["readme"], *about["license-files"], "pyproject.toml"}
    folders = tuple(f"{name}/" for name in sources())
    assert [name for name in needed if name not in sources() and not name.startswith(folders)] == []


def test_it_starts_a_command_of_the_package_without_root() -> None:
    (entry_point,), (command,) = lines("ENTRYPOINT"), lines("CMD")
    assert set(json.loads(entry_point)) <= project()["project"]["scripts"].keys()
    assert json.loads(command) == ["serve"]
    assert DOCKERFILE.index("\nUSER 10001:10001\n") < DOCKERFILE.index("\nENTRYPOINT ")


@pytest.mark.parametrize(
    ("command", "address"),
    [
        (["python", "kis-mcp", "serve", ""], ""),
        (["python", "kis-mcp", "serve", "--http", "127.0.0.1:8765", "--read-only", ""], "127.0.0.1:8765"),
        (["docker-init", "--", "kis-mcp", "serve", "--http=127.0.0.1:1", ""], "127.0.0.1:1"),
    ],
)
def test_the_check_of_health_knows_where_the_server_listens(command: list[str], address: str) -> None:
    assert http_address(command) == address


async def test_a_server_that_asks_for_its_token_is_healthy_and_one_that_fails_is_not(tmp_path: Path) -> None:
    async with served(Settings.load()) as url:
        assert await anyio.to_thread.run_sync(fault, ["--http", urlsplit(url).netloc], str(tmp_path)) == ""
    async with answering(b"500 Internal Server Error") as address:
        assert "answers 500" in await anyio.to_thread.run_sync(fault, ["--http", address], str(tmp_path))
    assert "does not answer" in fault(["--http", address], str(tmp_path))


def test_a_data_folder_that_is_missing_is_unhealthy(tmp_path: Path) -> None:
    assert "cannot be written to" in fault(["kis-mcp", "serve"], str(tmp_path / "absent"))
    assert fault(["kis-mcp", "serve"], str(tmp_path)) == ""
