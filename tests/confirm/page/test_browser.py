"""What a browser is started with: other users of the machine can read it."""

import os
import re
import stat
import webbrowser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import anyio
import pytest

from kis_mcp.confirm.page.approvals import Approvals
from kis_mcp.confirm.page.browser import open_in_browser
from tests.confirm.page.conftest import FACTS, PIN, SECONDS, FakeTime, Visitor

URL = "http://127.0.0.1:1/a-page"


class Launcher:
    """Stands in for the program that opens browsers."""

    def __init__(self) -> None:
        self.opened = list[str]()
        self.read = list[str]()
        self.modes = list[tuple[int, int]]()
        self.has_opened = anyio.Event()

    def __call__(self, url: str) -> bool:
        path = Path(unquote(urlsplit(url).path))
        self.opened.append(url)
        self.read.append(path.read_text())
        self.modes.append((stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)))
        anyio.from_thread.run_sync(self.has_opened.set)
        return True

    def links(self) -> list[str]:
        """The addresses that the opened files lead to."""
        return re.findall(r'content="0; url=([^"]+)"', "".join(self.read))


@pytest.fixture
def launcher(monkeypatch: pytest.MonkeyPatch) -> Launcher:
    launcher = Launcher()
    monkeypatch.setattr("webbrowser.open", launcher)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return launcher


@pytest.mark.parametrize(("platform", "screen"), [("linux", "DISPLAY"), ("linux", "WAYLAND_DISPLAY"), ("darwin", "")])
async def test_a_browser_gets_a_private_file_that_leads_to_the_page_and_goes_with_it(
    launcher: Launcher, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, platform: str, screen: str
) -> None:
    folder = tmp_path / "승인 pages"
    monkeypatch.setattr("sys.platform", platform)
    if screen:
        monkeypatch.setenv(screen, ":0")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(open_in_browser, URL, folder)
        await launcher.has_opened.wait()
        tasks.cancel_scope.cancel()
    assert launcher.links() == [URL]
    assert [address.startswith("file:///") for address in launcher.opened] == [True]
    assert "a-page" not in launcher.opened[0]
    assert launcher.modes == [(0o600, 0o700)]
    assert files(folder) == []


async def test_without_a_screen_nothing_is_opened_or_written(
    launcher: Launcher, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    await open_in_browser(URL, tmp_path / "approvals")
    assert launcher.opened == []
    assert files(tmp_path) == []


async def test_a_person_approves_through_the_file(
    launcher: Launcher, approvals: Approvals, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    time = FakeTime()
    opening = Approvals(tmp_path, seconds=SECONDS, clock=time.clock, sleep=time.sleep)

    async def approve() -> None:
        await launcher.has_opened.wait()
        (url,) = launcher.links()
        visitor = Visitor(url)
        async with visitor.http:
            await visitor.answer("approve", PIN)

    async def no_report(message: str) -> None:
        pass

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(approve)
        assert (await opening.ask("an-intent", FACTS, no_report)).verdict == "accepted"
    assert files(tmp_path / "approvals") == []


async def test_a_browser_that_cannot_be_opened_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    def fails(url: str) -> bool:
        raise webbrowser.Error("could not locate runnable browser")

    monkeypatch.setattr("webbrowser.open", fails)
    monkeypatch.setenv("DISPLAY", ":0")
    await open_in_browser(URL, tmp_path)
    assert "No browser could be opened" in caplog.text
    assert files(tmp_path) == []


async def test_a_file_that_cannot_be_written_stops_nothing(
    launcher: Launcher, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    await open_in_browser(URL, Path(__file__) / "approvals")
    assert "No browser could be opened" in caplog.text
    assert launcher.opened == []


async def test_files_of_killed_servers_are_removed_and_those_of_others_kept(
    launcher: Launcher, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    old, fresh = tmp_path / "old.html", tmp_path / "fresh.html"
    for path in (old, fresh):
        write(path)
    os.utime(old, (0, 0))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(open_in_browser, URL, tmp_path)
        await launcher.has_opened.wait()
        tasks.cancel_scope.cancel()
    assert files(tmp_path) == ["fresh.html"]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def write(path: Path) -> None:
    path.write_text("<p>")
