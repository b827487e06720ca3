"""Real processes on one app key."""

import asyncio
import os
import sys
from pathlib import Path

from kis_mcp.storage.shared import LockedFile
from tests.kis.fake_kis import FakeKis

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
READER = Path(__file__).with_name("reading_process.py")


async def run(*arguments: object) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-W", "error", *map(str, arguments), env=ENVIRONMENT)
    assert await process.wait() == 0


async def test_two_processes_ask_for_one_token_and_stay_under_the_limit_together(kis: FakeKis, tmp_path: Path) -> None:
    per_second, each = 8, 10
    await asyncio.gather(*(run(READER, kis.url, tmp_path, each, per_second) for _ in range(2)))
    assert len(kis.token_requests) == 1
    times = sorted(seen.at for seen in kis.seen)
    assert len(times) == 2 * each
    # A request may be noticed late on a busy machine, so seconds are counted a little short.
    assert max(sum(start <= at < start + 0.8 for at in times) for start in times) <= per_second


async def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    hold = "import sys, pathlib, time; from kis_mcp.storage.shared import LockedFile; l = LockedFile(pathlib.Path(sys.argv[1])); print(l.try_lock(), flush=True); time.sleep(60)"  # noqa: E501
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", hold, str(path), env=ENVIRONMENT, stdout=asyncio.subprocess.PIPE
    )
    assert holder.stdout
    assert await holder.stdout.readline() == b"True\n"
    file = LockedFile(path)
    assert not file.try_lock()
    holder.kill()
    await holder.wait()
    assert file.try_lock()
    file.close()
