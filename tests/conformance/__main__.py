"""The protocol's own judge on the server, over HTTP, by both wires.

    python -m tests.conformance NODE_MODULES

NODE_MODULES holds ``@modelcontextprotocol/conformance``. What does not apply is in ``exempt.toml``, with its reason.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.cli.command import COMMAND, environment_of
from tests.conformance.authorizing_relay import AuthorizingRelay

REVISIONS = ("2025-11-25", "2026-07-28")
TOKEN = "a-token-of-the-conformance-judge"
LONGEST_SECONDS = 300
MOST_RUNS = 12
"""Node's own HTTP client sometimes breaks off the judge where a connection ends while it is not read (undici's
``assert(!this.paused)``): a judgement that did not come to its end says nothing, and is made again."""

ALWAYS = frozenset({"wire-schema-valid"})


@dataclass(frozen=True, slots=True)
class Exemption:
    """Scenarios that do not apply; of their checks only ``checks``, where some are named."""

    reason: str
    scenarios: frozenset[str]
    checks: frozenset[str]

    def excuses(self, scenario: str, check: str) -> bool:
        return scenario in self.scenarios and check not in ALWAYS and (not self.checks or check in self.checks)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the judge looked at."""

    scenario: str
    name: str
    passed: bool
    message: str


def exemptions(capabilities: set[str]) -> list[Exemption]:
    """The rows of ``exempt.toml`` that hold for a server with these capabilities."""
    rows = tomllib.loads((Path(__file__).parent / "exempt.toml").read_text("utf-8"))["exempt"]
    return [
        Exemption(row["reason"], frozenset(row["scenarios"]), frozenset(row.get("checks", ())))
        for row in rows
        if row.get("unless") not in capabilities
    ]


@asynccontextmanager
async def served(data_folder: Path) -> AsyncGenerator[int]:
    """A server of its own process; its port."""
    variables = environment_of(data_folder, {"KIS_ENV": "sim", "KIS_HTTP_TOKEN": TOKEN})
    command = [*COMMAND, "serve", "--http", "127.0.0.1:0"]
    async with await anyio.open_process(command, env=variables, stdout=None, stdin=subprocess.DEVNULL) as process:
        assert process.stderr is not None
        said = b""
        while not (found := re.search(rb"http://127\.0\.0\.1:(\d+)/mcp", said)):
            said += await process.stderr.receive()
        try:
            yield int(found[1])
        finally:
            process.terminate()


async def capabilities_of(port: int) -> set[str]:
    """What the server declares."""
    async with httpx2.AsyncClient(headers={"authorization": f"Bearer {TOKEN}"}) as http:
        transport = streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=http)
        async with Client(transport, mode="legacy") as client:
            return set(client.server_capabilities.model_dump(exclude_none=True))


async def judge(revision: str, port: int, node_modules: Path, results: Path) -> list[Check]:
    """Every check of the scenarios that a revision of the protocol requires."""
    script = node_modules / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
    url = f"http://127.0.0.1:{port}/mcp"
    said = ""
    for run in range(MOST_RUNS):
        folder = results / str(run)
        command = ["node", str(script), "server", "--url", url, "--requirements", revision, "-o", str(folder)]
        with anyio.fail_after(LONGEST_SECONDS):
            finished = await anyio.run_process(command, check=False, env=dict(os.environ))
        said = f"{finished.stdout.decode()[-1000:]}{finished.stderr.decode()}"
        if b"\nTotal: " in finished.stdout and (checks := read_checks(folder)):
            return checks
    raise RuntimeError(f"The judge did not come to its end: {said}")


def read_checks(results: Path) -> list[Check]:
    """What the judge wrote, a folder for each scenario."""
    return [
        Check(
            re.sub(r"^server-(.+)-\d{4}-\d\d-\d\dT.*$", r"\1", file.parent.name),
            found["id"],
            found["status"] != "FAILURE",
            found.get("errorMessage") or found["description"],
        )
        for file in sorted(results.glob("*/checks.json"))
        for found in json.loads(file.read_text("utf-8"))
    ]


def report(revision: str, checks: list[Check], exempt: list[Exemption]) -> int:
    """Print what applied and how it went; how many checks failed that have no excuse."""
    failed = [
        check
        for check in checks
        if not check.passed and not any(row.excuses(check.scenario, check.name) for row in exempt)
    ]
    whole = {name for row in exempt if not row.checks for name in row.scenarios}
    judged = sorted({check.scenario for check in checks} - whole)
    print(f"{revision}: {len(judged)} scenarios apply: {', '.join(judged)}")
    for check in failed:
        print(f"FAIL {revision} {check.scenario} {check.name}: {check.message}")
    return len(failed)


async def main(node_modules: Path) -> int:
    with tempfile.TemporaryDirectory() as work:
        async with served(Path(work) / "data") as port:
            exempt = exemptions(await capabilities_of(port))
            async with relayed(port) as port_of_relay:
                judged = {
                    revision: await judge(revision, port_of_relay, node_modules, Path(work) / revision)
                    for revision in REVISIONS
                }
    faults = sum(report(revision, checks, exempt) for revision, checks in judged.items())
    for row in exempt:
        print(f"does not apply ({row.reason}): {', '.join(sorted(row.checks or row.scenarios))}")
    existing = {check.scenario for checks in judged.values() for check in checks}
    absent = {name for row in exempt for name in row.scenarios} - existing
    if absent:
        print(f"FAIL exempt.toml names what the judge does not have: {', '.join(sorted(absent))}")
    return faults + len(absent)


@asynccontextmanager
async def relayed(port: int) -> AsyncGenerator[int]:
    """The port of a relay that adds the token."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, AuthorizingRelay(port, TOKEN).serve)
        yield listener.extra(anyio.abc.SocketAttribute.local_port)
        tasks.cancel_scope.cancel()


if __name__ == "__main__":
    sys.exit(min(anyio.run(main, Path(sys.argv[1]).resolve()), 1))
