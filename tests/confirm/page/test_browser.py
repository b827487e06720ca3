import webbrowser

import pytest

from kis_mcp.confirm.page.browser import open_in_browser

URL = "http://127.0.0.1:1/a-page"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    opened = list[str]()
    monkeypatch.setattr("webbrowser.open", opened.append)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return opened


@pytest.mark.parametrize(
    ("platform", "screen", "opens"),
    [("linux", "", False), ("linux", "DISPLAY", True), ("linux", "WAYLAND_DISPLAY", True), ("darwin", "", True)],
)
async def test_a_browser_is_opened_where_there_is_a_screen(
    opened: list[str], monkeypatch: pytest.MonkeyPatch, platform: str, screen: str, opens: bool
) -> None:
    monkeypatch.setattr("sys.platform", platform)
    if screen:
        monkeypatch.setenv(screen, ":0")
    await open_in_browser(URL)
    assert opened == ([URL] if opens else [])


async def test_a_browser_that_cannot_be_opened_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(url: str) -> bool:
        raise webbrowser.Error("could not locate runnable browser")

    monkeypatch.setattr("webbrowser.open", fails)
    monkeypatch.setenv("DISPLAY", ":0")
    await open_in_browser(URL)
    assert "No browser could be opened" in caplog.text
