"""The approval page in a real browser: Debian's Chromium, headless."""

from collections.abc import Iterator
from pathlib import Path

import anyio.to_thread
import pytest

from kis_mcp.confirm.page.approvals import Approvals
from tests.confirm.page.conftest import PIN, SECONDS, FakeTime, Visitor, Waiting, nobody, waiting

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
SCREENSHOT = Path(__file__).parents[3] / "docs" / "approval-page.png"
WINDOW = (640, 1120)
SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    f"--window-size={WINDOW[0]},{WINDOW[1]}",
)

pytestmark = pytest.mark.skipif(
    not (CHROMIUM.exists() and DRIVER.exists()), reason=f"{CHROMIUM} and {DRIVER} are not installed"
)


class Browser:
    """What a person does, with calls that do not block the server."""

    def __init__(self, profile: Path) -> None:
        from selenium.webdriver import Chrome, ChromeOptions, ChromeService

        options = ChromeOptions()
        options.binary_location = str(CHROMIUM)
        for switch in (*SWITCHES, f"--user-data-dir={profile}"):
            options.add_argument(switch)
        self.driver = Chrome(options=options, service=ChromeService(str(DRIVER)))

    async def open(self, url: str) -> None:
        await anyio.to_thread.run_sync(self.driver.get, url)

    async def answer(self, answer: str, pin: str = "") -> None:
        await anyio.to_thread.run_sync(self._answer, answer, pin)

    async def sees(self, text: str) -> str:
        """Wait until it can be seen; all that can be seen then."""
        return await anyio.to_thread.run_sync(self._sees, text)

    async def reload(self) -> None:
        await anyio.to_thread.run_sync(self.driver.refresh)

    def _answer(self, answer: str, pin: str) -> None:
        if pin:
            self.driver.find_element("id", "pin").send_keys(pin)
        self.driver.find_element("css selector", f"button[value={answer}]").click()

    def _sees(self, text: str) -> str:
        from selenium.common.exceptions import WebDriverException
        from selenium.webdriver.support.ui import WebDriverWait

        wait = WebDriverWait(self.driver, 20, 0.05, (WebDriverException,))
        main = wait.until(lambda driver: text in (shown := driver.find_element("tag name", "main").text) and shown)
        return str(main)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.driver.quit()


async def test_a_person_approves_with_the_pin(
    page: tuple[Waiting, Visitor], browser: Browser, regenerate: bool
) -> None:
    question, _ = page
    await browser.open(question.url)
    shown = await browser.sees("REAL")
    for fact in ("REAL", "매수 BUY", "삼성전자 (005930)", "180,000 KRW", "Approve", "승인", "until 10:32:00 KST"):
        assert fact in shown
    assert "Time is up" not in shown
    if regenerate:
        SCREENSHOT.write_bytes(await anyio.to_thread.run_sync(browser.driver.get_screenshot_as_png))
    await browser.answer("approve", PIN)
    await browser.sees("You approved.")
    await question.done.wait()
    assert question.decision
    assert question.decision.verdict == "accepted"


async def test_a_person_comes_through_the_private_file_and_may_load_the_page_again(
    approvals: Approvals, browser: Browser, time: FakeTime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr("webbrowser.open", browser.driver.get)
    opening = Approvals(tmp_path, seconds=SECONDS, clock=time.clock, sleep=time.sleep)
    async with waiting(opening, time) as (question, thief):
        await browser.sees("삼성전자")
        await browser.reload()
        await browser.sees("삼성전자")
        assert (await thief.look()).status_code == 403
        await browser.answer("approve", PIN)
        await browser.sees("You approved.")
        await question.done.wait()
        assert question.decision
        assert question.decision.verdict == "accepted"


async def test_a_person_rejects_without_the_pin(page: tuple[Waiting, Visitor], browser: Browser) -> None:
    question, _ = page
    await browser.open(question.url)
    await browser.sees("REAL")
    await browser.answer("reject")
    await browser.sees("Rejected.")
    await question.done.wait()
    assert question.decision
    assert question.decision.verdict == "declined"


async def test_three_wrong_pins_and_a_reload_between_them(page: tuple[Waiting, Visitor], browser: Browser) -> None:
    question, _ = page
    await browser.open(question.url)
    await browser.sees("REAL")
    await browser.answer("approve", "0000")
    await browser.sees("That is not the PIN.")
    await browser.reload()
    await browser.sees("2 tries left")
    await browser.answer("approve", "0000")
    await browser.sees("1 tries left")
    await browser.answer("approve", "0000")
    await browser.sees("too many wrong PINs")
    await question.done.wait()
    assert question.decision
    assert question.decision.verdict == "declined"


async def test_the_form_goes_when_the_time_is_up(tmp_path: Path, approvals: Approvals, browser: Browser) -> None:
    """The page closes itself without scripts and without the server, which is gone by then."""
    time = FakeTime()
    short = Approvals(tmp_path, seconds=2, clock=time.clock, sleep=time.sleep, show=nobody)
    async with waiting(short, time) as (question, _):
        await browser.open(question.url)
        await browser.sees("REAL")
        time.pass_by(2)
        await question.done.wait()
        shown = await browser.sees("Time is up. Nothing was sent.")
    assert "Approve" not in shown
    assert question.decision
    assert question.decision.verdict == "cancelled"


def test_the_screenshot_is_part_of_the_documents() -> None:
    assert SCREENSHOT.read_bytes().startswith(b"\x89PNG")
