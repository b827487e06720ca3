"""``kis-mcp watch``: alerts kept in the foreground by a process of its own."""

import asyncio
import os
import signal
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from kis_mcp.alerts import new_rule
from kis_mcp.clock import system_clock
from kis_mcp.storage import SqliteAlerts, private_folder
from tests.cli.command import COMMAND, environment_of
from tests.streams.test_watches import condition


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A folder with an alert that is due as soon as it is kept."""
    now = system_clock()
    rule = new_rule(condition({"symbol": "005930", "price_above": 1}), now, now + timedelta(days=1), None)
    asyncio.run(SqliteAlerts(private_folder(tmp_path / "sim") / "alerts.db").create(rule))
    return tmp_path


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
def test_what_fires_is_printed_until_ctrl_c_and_fires_no_second_time(data_dir: Path) -> None:
    shown: list[list[str]] = []
    for wanted in (2, 1):
        watching = subprocess.Popen(
            [*COMMAND, "watch", "--env", "sim"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment_of(data_dir, {"PYTHONUNBUFFERED": "1"}),
        )
        assert watching.stdout is not None
        lines = [watching.stdout.readline() for _ in range(wanted)]
        watching.send_signal(signal.SIGINT)
        rest, problems = watching.communicate(timeout=60)
        assert (watching.returncode, problems) == (0, "")
        shown.append([*lines, *rest.splitlines(keepends=True)])
    first, second = shown
    assert first[0].startswith("1 alert in sim; what fires is shown here and goes out to nobody")
    assert "삼성전자: 005930 traded at " in first[1]
    assert second[0].startswith("0 alerts in sim;")
    assert first[2:] == second[1:] == ["Ended. Alerts are kept again by the next server or `kis-mcp watch`.\n"]
