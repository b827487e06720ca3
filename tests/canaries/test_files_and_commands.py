"""Commands, refused settings, the journal's export, the approval page and the bundle tell no secret either."""

import asyncio
import traceback
from collections.abc import Mapping
from pathlib import Path

import pytest

from bundles.__main__ import write_bundle
from kis_mcp.confirm import Approvals, Pin
from kis_mcp.errors import SettingsError
from kis_mcp.settings import Settings
from kis_mcp.simulator import Simulator
from tests.canaries.canaries import HIDDEN, HOOK_PATH, SETTINGS, TOPIC, Sweep, every_log
from tests.cli.command import run
from tests.confirm.page.conftest import FakeTime, nobody, waiting

PIN = "739584"
ADDRESSES = {
    "alert_ntfy_url": f"https://ntfy.invalid/{TOPIC}",
    "alert_webhook_url": f"https://hook.invalid/{HOOK_PATH}",
}


def variables(values: Mapping[str, str]) -> dict[str, str]:
    return {f"KIS_{name.upper()}": value for name, value in values.items()}


def look_at_files(sweep: Sweep, folder: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_file():
            sweep.look(file.name, file.read_bytes())


@pytest.mark.parametrize("name", [*SETTINGS, *ADDRESSES])
@pytest.mark.parametrize("slip", ["{} and more", "{}é", "'{}", "https://user:{}@elsewhere.invalid/{}"])
def test_a_refused_setting_is_not_repeated(name: str, slip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = {**SETTINGS, **ADDRESSES}
    for variable, value in variables({**right, name: slip.replace("{}", right[name])}).items():
        monkeypatch.setenv(variable, value)
    sweep = Sweep(dict(HIDDEN))
    try:
        sweep.look("settings", repr(Settings.load(env="real")))
    except SettingsError as error:
        sweep.look("error", f"{error.facts()}{''.join(traceback.format_exception(error))}")
    assert sweep.looked_at > 0
    assert sweep.found == set()


def test_the_bundle_holds_nothing_of_who_built_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in variables({**SETTINGS, **ADDRESSES}).items():
        monkeypatch.setenv(variable, value)
    write_bundle(tmp_path / "bundle")
    sweep = Sweep(dict(HIDDEN))
    look_at_files(sweep, tmp_path)
    assert sweep.looked_at > 1_000_000
    assert sweep.found == set()


async def test_the_pin_that_approves_stands_nowhere(tmp_path: Path) -> None:
    sweep, time = Sweep({"pin": PIN}), FakeTime()
    with every_log() as logs:
        Pin(tmp_path).set(PIN)
        approvals = Approvals(tmp_path, seconds=120, clock=time.clock, sleep=time.sleep, show=nobody)
        async with waiting(approvals, time) as (question, visitor):
            sweep.look("the page after a wrong PIN", (await visitor.answer("approve", f"{PIN}1")).text)
            sweep.look("the page after the PIN", (await visitor.answer("approve", PIN)).text)
            await question.done.wait()
        sweep.look("reports", f"{question.reports}{question.decision}")
    # The client of this test logs as well, but not what it sends in a body.
    for logger, lines in logs.lines.items():
        sweep.look(f"the log of {logger}", "\n".join(lines))
    await asyncio.to_thread(look_at_files, sweep, tmp_path)
    assert question.decision is not None
    assert question.decision.verdict == "accepted"
    assert sweep.found == set()


@pytest.mark.slow
async def test_no_command_tells_a_secret(simulator: Simulator, tmp_path: Path) -> None:
    urls = {"url_rest": simulator.real_url, "url_ws": simulator.real_ws_url}
    more = {"env": "real", "allow_real_orders": "1", "max_order_notional": "1000000", "max_order_quantity": "10"}
    environment = variables({**SETTINGS, **ADDRESSES, **urls, **more})
    sweep, exports = Sweep(dict(HIDDEN)), tmp_path / "exports"
    for words in (
        ("call", "get_balance", "{}"),
        ("call", "place_order", '{"symbol": "005930", "side": "buy", "quantity": 1, "price": 60000}'),
        ("orders", "--json"),
        ("orders", "--export", str(exports)),
        ("doctor",),
        ("doctor", "--json"),
        ("tools", "--json"),
    ):
        ended = await asyncio.to_thread(run, *words, data_dir=tmp_path / "data", **environment)
        sweep.look(" ".join(words[:2]), ended.stdout + ended.stderr)
    (export,) = exports.iterdir()
    sweep.look("export", export.read_bytes())
    assert sweep.found == set()
