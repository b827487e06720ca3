"""Halting trading from the shell; lifting the halt takes a person at a terminal."""

import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import COMMAND, run


def resume_typing(text: str, data_dir: Path) -> int:
    """Run ``kis-mcp resume`` in a terminal and type a line; the exit code."""
    person, terminal = pty.openpty()
    environment = {**os.environ, "KIS_DATA_DIR": str(data_dir), "KIS_CONFIG_FILE": str(data_dir / "absent.yaml")}
    process = subprocess.Popen([*COMMAND, "resume"], stdin=terminal, stdout=subprocess.DEVNULL, env=environment)
    os.close(terminal)
    os.write(person, f"{text}\n".encode())
    try:
        return process.wait(timeout=60)
    finally:
        os.close(person)


def test_kill_refuses_orders_and_keeps_reads(tmp_path: Path) -> None:
    assert run("kill", "--reason", "enough for today", data_dir=tmp_path).returncode == 0
    order = '{"symbol": "005930", "side": "buy", "quantity": 1}'
    refused = run("call", "place_order", order, data_dir=tmp_path, KIS_CONFIRM="never")
    assert refused.returncode == 1
    assert "enough for today" in refused.stdout
    assert "kis-mcp resume" in refused.stdout
    assert "halted" in run("call", "get_environment", data_dir=tmp_path).stdout


def test_resume_needs_a_terminal(tmp_path: Path) -> None:
    assert "not halted" in run("resume", data_dir=tmp_path).stdout
    run("kill", data_dir=tmp_path)
    refused = run("resume", data_dir=tmp_path)
    assert refused.returncode == 2
    assert "Only a person" in refused.stderr
    assert (tmp_path / "HALTED").exists()


@pytest.mark.parametrize(("typed", "code"), [("resume", 1), ("", 1), ("RESUME", 0)])
def test_resume_needs_the_word(typed: str, code: int, tmp_path: Path) -> None:
    run("kill", data_dir=tmp_path)
    assert resume_typing(typed, tmp_path) == code
    assert (tmp_path / "HALTED").exists() is (code != 0)
