"""Notices of the desktop: which program is run, and that no shell and no markup sees the text."""

import os
from datetime import datetime
from pathlib import Path

import pytest

from kis_mcp.alerts import Attempt, Notice
from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.notify import DesktopChannel
from kis_mcp.notify.desktop import desktop_command

TEXT = "삼성전자 S&P $(reboot) `x` \"'; <b>up</b>"
NOTICE = Notice("f1", "a1", Environment.SIM, datetime(2026, 3, 4, tzinfo=KST), "--title", TEXT)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A notify-send that writes what it is given, one argument a line, then its variables."""
    if os.name == "nt":
        pytest.skip("a shell script")
    path = tmp_path / "notify-send"
    path.write_text(
        f"""#!/bin/sh
        printf "%s\\n" "$@" > {tmp_path}/shown
        env > {tmp_path}/variables
        [ -z "$HANGS" ] || exec sleep 60
        exit ${{CODE:-0}}
        """
    )
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return path


async def test_notify_send_gets_the_text_as_one_argument_without_markup(program: Path) -> None:
    assert await DesktopChannel(platform="linux").send(NOTICE) == Attempt("delivered", "shown")
    shown = program.with_name("shown").read_text("utf-8").splitlines()
    plain = TEXT.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert shown == ["--app-name=kis-mcp", "--", "--title", plain]


async def test_its_program_gets_no_secret(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIS_APP_SECRET", "hidden")
    await DesktopChannel(platform="linux").send(NOTICE)
    assert "hidden" not in program.with_name("variables").read_text("utf-8")


async def test_a_program_that_fails_is_tried_again_and_one_that_is_not_there_is_not(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODE", "3")
    assert await DesktopChannel(platform="linux").send(NOTICE) == Attempt("failed", "notify-send ended with 3")
    attempt = await DesktopChannel(platform="darwin").send(NOTICE)
    assert attempt == Attempt("refused", "osascript cannot be run: No such file or directory")


async def test_a_program_that_hangs_is_ended(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANGS", "1")
    attempt = await DesktopChannel(platform="linux", seconds=0.1).send(NOTICE)
    assert attempt == Attempt("unclear", "notify-send took too long; it may have been shown")


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_elsewhere_no_script_holds_the_text(platform: str) -> None:
    command, variables = desktop_command(platform, "title", TEXT)
    held = [part for part in (*command, *variables.values()) if TEXT in part]
    assert held == [TEXT]
