"""``kis-mcp doctor --drift``, with a portal on loopback."""

import asyncio
import json
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from threading import Thread

import pytest

from kis_mcp.catalog.drift import Difference, Drift, Notice, request_elements
from kis_mcp.catalog.loader import Catalog
from kis_mcp.cli import drift as command
from kis_mcp.errors import BadArgument, KisUnavailable
from kis_mcp.kis.timer import Timer
from kis_mcp.wiring import read_drift
from tests.cli.command import run
from tests.kis.fake_kis import Answered, Break, FakeKis
from tests.kis.portal_pages import document, notices

TOOL = "domestic_stock_ccnl_krx"
EDITION = date(2026, 9, 11)


async def at_once(seconds: float) -> None:
    pass


@pytest.fixture
def portal(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeKis]:
    """Answers from a thread of its own, since the command runs its own loop."""
    loop, portal = asyncio.new_event_loop(), FakeKis()
    server = portal.running()
    thread = Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result()
    monkeypatch.setattr(command, "read_drift", partial(read_drift, base_url=portal.url, timer=Timer(sleep=at_once)))
    yield portal
    asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def answers(*more: str) -> list[Answered]:
    api = Catalog(corrected=False).find(TOOL)
    assert api
    fields = [field.element for field in api.blocks[0].fields]
    page = document(api.path, sorted(request_elements(api)), {"": [*fields, *more]})
    return [Answered(notices(("2026-09-01T10:00:00+09:00", "old"))), Answered(page)]


def test_it_says_what_differs_on_stdout_and_its_progress_on_stderr(
    portal: FakeKis, capsys: pytest.CaptureFixture[str]
) -> None:
    portal.script.extend(answers("NEW_CODE"))
    assert command.run([TOOL], as_json=False) == 1
    shown = capsys.readouterr()
    assert "edition of 2026-09-11. 1 APIs compared, 1 differ" in shown.out
    assert f"{TOOL} response: only on the portal: NEW_CODE (47 in the table, 48 on the portal)" in shown.out
    assert shown.err == "1 of 1 APIs asked\n"


def test_json_holds_all_of_it_and_zero_says_that_nothing_differs(
    portal: FakeKis, capsys: pytest.CaptureFixture[str]
) -> None:
    portal.script.extend(answers())
    assert command.run([TOOL], as_json=True) == 0
    assert json.loads(capsys.readouterr().out) == {
        "edition": "2026-09-11",
        "compared": 1,
        "notices": [],
        "differences": [],
        "unread": [],
    }


def test_without_a_network_it_says_so(portal: FakeKis) -> None:
    portal.script.append(Break.RESET)
    with pytest.raises(KisUnavailable, match="could not be reached"):
        command.run([TOOL], as_json=True)


@pytest.mark.parametrize(
    ("drift", "code"),
    [
        (Drift(EDITION, 1, (), (), ()), 0),
        (Drift(EDITION, 1, (Notice(EDITION, "new", "url"),), (), ()), 1),
        (Drift(EDITION, 1, (), (Difference(TOOL, "response", "other order", ("A",), 1, 1),), (("b", "why"),)), 1),
        (Drift(EDITION, 0, (), (), (("a", "why"),)), 2),
    ],
)
def test_the_exit_code_never_calls_unread_pages_equal(drift: Drift, code: int) -> None:
    assert command.exit_code(drift) == code


def test_all_apis_are_asked_where_none_is_named_and_each_once() -> None:
    catalog = Catalog(corrected=False)
    assert len(command.choose(catalog, [])) == 335
    assert [api.tool for api in command.choose(catalog, [TOOL, TOOL])] == [TOOL]


@pytest.mark.parametrize(("tool", "remedy"), [("domestic_stock_ccnl_kr", TOOL), ("get_quote", "kis-mcp tools")])
def test_a_tool_without_a_document_is_refused(tool: str, remedy: str) -> None:
    with pytest.raises(BadArgument) as raised:
        command.choose(Catalog(corrected=False), [tool])
    assert remedy in raised.value.remedy


def test_the_portals_text_cannot_steer_the_terminal() -> None:
    drift = Drift(EDITION, 1, (Notice(EDITION, "a\x1b[2Jb\nc", "url"),), (), ())
    assert command.lines(drift)[1] == f"notice {EDITION}: a [2Jb c url"


def test_tools_are_taken_with_drift_only(tmp_path: Path) -> None:
    finished = run("doctor", TOOL, data_dir=tmp_path)
    assert finished.returncode == 2
    assert "--drift" in finished.stderr
