"""Starts the processes that keep strategies: each is forked of one that has imported everything, since a start would
cost more than all that happens until the kill.

What the nursery reads, a line each, and answers:

    start {"NAME": "value"}   a process with these variables; its id
    look ID                   how it ended, as `subprocess.Popen.returncode` has it; ``-`` while it lives
    wait ID                   the same once it has ended

It ends with its standard input, and takes all that live with it.
"""

import asyncio
import gc
import json
import os
import pkgutil
import signal
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Final

from kis_mcp.catalog.loader import catalog
from kis_mcp.market import builtin_instruments

COMMAND: Final = (sys.executable, "-m", "tests.chaos.strategies.nursery")
_LATE: Final = (
    "aiosqlite",
    "alembic.command",
    "cryptography.hazmat.primitives.ciphers",
    "httpcore",
    "httpx",
    "sqlalchemy.dialects.sqlite.aiosqlite",
    "tests.chaos.strategies.process",
    "websockets.asyncio.client",
)
"""What is imported at its first use."""

_ROOMS: Final = ("catalog", "kis", "market", "storage", "strategies", "streams", "trading", "wiring")


class Nursery:
    """The side of whoever wants processes.

    Args:
        variables: That all of them get.
        log: Where they write to.
    """

    def __init__(self, variables: Mapping[str, str], log: Path, folder: Path) -> None:
        self._variables = variables
        self._log = log
        self._folder = folder
        self._asking = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None

    async def open(self) -> None:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *COMMAND,
                cwd=self._folder,
                env={**os.environ, **self._variables},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )

    async def start(self, **variables: str) -> int:
        return int(await self._ask(f"start {json.dumps(variables)}"))

    async def end_of(self, process: int) -> int | None:
        """How it ended; None while it lives."""
        said = await self._ask(f"look {process}")
        return None if said == "-" else int(said)

    async def wait(self, process: int) -> int:
        return int(await self._ask(f"wait {process}"))

    async def aclose(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            await self._process.wait()

    async def _ask(self, line: str) -> str:
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        async with self._asking:
            process.stdin.write(f"{line}\n".encode())
            answer = await process.stdout.readline()
        assert answer, f"see {self._log}"
        return answer.decode().strip()


def _import_all() -> None:
    """So that what is forked need not import it."""
    for room in _ROOMS:
        package = import_module(f"kis_mcp.{room}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" not in module.name:
                import_module(module.name)
    for module in _LATE:
        import_module(module)
    catalog()
    builtin_instruments()


def _fork(variables: Mapping[str, str]) -> int:
    if child := os.fork():
        return child
    for stream in (0, 1):
        os.dup2(os.open(os.devnull, os.O_RDWR), stream)
    os.environ.update(variables)
    code = 1
    try:
        from tests.chaos.strategies import process

        process.run()
        code = 0
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    _import_all()
    gc.collect()
    gc.freeze()  # or each child copies what it looks through
    living: set[int] = set()
    ended: dict[int, int] = {}
    for line in sys.stdin:
        what, _, rest = line.strip().partition(" ")
        if what == "start":
            living.add(answer := _fork(json.loads(rest)))
            print(answer, flush=True)
            continue
        process = int(rest)
        if process not in ended:
            found, status = os.waitpid(process, 0 if what == "wait" else os.WNOHANG)
            if found:
                living.discard(process)
                ended[process] = os.waitstatus_to_exitcode(status)
        print(ended.get(process, "-"), flush=True)
    for process in living:
        os.kill(process, signal.SIGKILL)


if __name__ == "__main__":
    main()
