"""KIS' own sample scripts and other people's clients run on the simulator, each in an environment of its own.

    python -m tests.clients [FOLDER] [--samples CHECKOUT] [--libraries]

FOLDER keeps what is installed, for the next run. CHECKOUT is a copy of github.com/koreainvestment/open-trading-api;
nothing of it is changed, its addresses come from ``KIS/config/kis_devlp.yaml`` below a HOME made for the run.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import venv
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from kis_mcp.catalog import catalog, check_arguments
from kis_mcp.catalog.encode import channels
from kis_mcp.clock import KST, WorldClock
from kis_mcp.simulator import Simulator, SimulatorOptions, run_simulator
from tests.clients.plain import PlainClient
from tests.clients.strategy_files import differing_templates

HERE = Path(__file__).parent
SAMPLES_NEED = ("requests", "pandas", "pyyaml", "websockets", "pycryptodome")
REFUSED_AS_KIS_WOULD = ("APBK", "INVALID_CHECK_LOAN_DT", "INVALID_CHECK_ORD_QTY2")
"""A business's words in what a script prints: it ran, but asks for what is not there: an order of somebody's past, an
expired contract, a stock that the simulator does not list, a price beyond the day's limits, a loan of 2022, one bond
where ten are the least."""

OPTIONS = SimulatorOptions(real_rate=0, demo_rate=0, token_interval_seconds=0)
SAMPLES_DAY = datetime(2026, 7, 9, 11, tzinfo=KST)
"""When KIS last wrote to its samples: their TR ids are current, and what they name that is of that year is listed."""

LIVE_DAY = datetime(2026, 6, 15, 11, tzinfo=KST)
"""When most contracts of the websocket samples are listed."""

BEFORE_OPEN = datetime(2026, 6, 16, 8, 49, 30, tzinfo=KST)
"""Half a minute before the opening auction begins."""

HURRY = 60
"""Seconds of the world for each real one while live data is waited for."""

_CONTRACT = {
    "ACNT_PRDT_CD": "03",
    "ORD_PRCS_DVSN_CD": "02",
    "SLL_BUY_DVSN_CD": "02",
    "ORD_QTY": "1",
    "UNIT_PRICE": "0",
    "ORD_DVSN_CD": "02",
}
_STOCK = {"PDNO": "005930", "ORD_DVSN": "01", "ORD_QTY": "1", "ORD_UNPR": "0"}
_STOCK_ABROAD = {"PDNO": "AAPL", "OVRS_EXCG_CD": "NASD", "ORD_QTY": "1", "OVRS_ORD_UNPR": "1", "ORD_DVSN": "00"} | {
    "ORD_SVR_DVSN_CD": "0"
}
_CONTRACT_ABROAD = {
    "ACNT_PRDT_CD": "08",
    "OVRS_FUTR_FX_PDNO": "MESZ26",
    "SLL_BUY_DVSN_CD": "02",
    "PRIC_DVSN_CD": "2",
    "FM_LIMIT_ORD_PRIC": "",
    "FM_STOP_ORD_PRIC": "",
    "FM_ORD_QTY": "1",
    "CCLD_CNDT_CD": "2",
    "CPLX_ORD_DVSN_CD": "0",
    "ECIS_RSVN_ORD_YN": "N",
    "FM_HDGE_ORD_SCRN_YN": "N",
}
ORDERS: Sequence[tuple[str, str, Mapping[str, str]]] = (
    ("domestic-stock/v1/trading/order-cash", "TTTC0012U", _STOCK),
    ("overseas-stock/v1/trading/order", "TTTT1002U", _STOCK_ABROAD),
    ("domestic-futureoption/v1/trading/order", "TTTO1101U", _CONTRACT | {"SHTN_PDNO": "101W12"}),
    ("domestic-futureoption/v1/trading/order", "STTN1101U", _CONTRACT | {"SHTN_PDNO": "101W12"}),
    ("domestic-futureoption/v1/trading/order", "STTN1101U", _CONTRACT | {"SHTN_PDNO": "B01612340"}),
    ("overseas-futureoption/v1/trading/order", "OTFM3001U", _CONTRACT_ABROAD),
)
"""Path, TR id and elements of an order in each market."""


@dataclass(frozen=True, slots=True)
class Library:
    """One client library.

    Attributes:
        requirement: What pip installs.
        needs: What it imports without saying so to pip.
        script: What drives it, in ``libraries``.
        switches: What has to be off for it, because KIS refuses it too.
        on: What has to be on for it, because KIS has changed since.
    """

    requirement: str
    script: str
    needs: tuple[str, ...] = ()
    switches: tuple[str, ...] = ()
    on: tuple[str, ...] = ()


LIBRARIES = (
    Library("python-kis==2.1.6", "python_kis_client.py", ("typing_extensions",), ("inquiry_02_refused",)),
    Library(
        "python-kis==2.1.6",
        "python_kis_live.py",
        ("typing_extensions",),
        ("inquiry_02_refused",),
        ("live_fields_of_june",),
    ),
    Library("mojito2==0.1.6", "mojito_client.py", ("requests", "pandas", "websockets", "pycryptodome")),
    Library("kis-trader==0.12.2", "kis_trader_client.py", switches=("inquiry_02_refused",)),
)


def python_of(folder: Path, requirements: Sequence[str]) -> Path:
    """The interpreter of an environment that has these."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "-q", *requirements], check=True)
    return python


def environment(home: Path) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KIS_")}
    korea = {"TZ": "Asia/Seoul"}  # they take the machine's date for the market's
    return kept | korea | {"HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}


def configuration(sim: Simulator) -> Mapping[str, str]:
    """The sample code's own settings, all made up."""
    return {
        "my_app": "key",
        "my_sec": "secret",
        "paper_app": "paper-key",
        "paper_sec": "paper-secret",
        "my_htsid": "tester",
        "my_acct_stock": "11112222",
        "my_acct_future": "11113333",
        "my_paper_stock": "51112222",
        "my_paper_future": "51113333",
        "my_prod": "01",
        "prod": sim.real_url,
        "ops": sim.real_ws_url,
        "vps": sim.demo_url,
        "vops": sim.demo_ws_url,
        "my_token": "",
        "my_agent": "tests",
    }


async def run_samples(folder: Path, checkout: Path) -> int:
    """Run every script that needs no websocket; the number of those that failed."""
    python = python_of(folder / "samples", SAMPLES_NEED)
    with tempfile.TemporaryDirectory() as home:
        config = Path(home) / "KIS" / "config"
        config.mkdir(parents=True)
        async with run_simulator(replace(OPTIONS, clock=WorldClock(at=SAMPLES_DAY))) as sim:
            (config / "kis_devlp.yaml").write_text(json.dumps(configuration(sim)))
            ran = await asyncio.create_subprocess_exec(
                python, HERE / "samples_worker.py", checkout, env=environment(Path(home)), stdout=subprocess.PIPE
            )
            output, _ = await ran.communicate()
    results = [json.loads(line) for line in output.splitlines()]
    counts = Counter(result_of(result["exit"], result["problems"]) for result in results)
    for result in results:
        if (how := result_of(result["exit"], result["problems"])) != "ran":
            print(f"{how:<9} {result['script']:<58} {result['problems'][0][:150]}")
    print(f"sample scripts: {len(results)}, {dict(counts)}")
    return counts["FAILED"] + (ran.returncode != 0) + (not results)


async def run_live_samples(folder: Path, checkout: Path) -> int:
    """Run every script that needs a websocket, until each has had some frames; the number of those that failed.

    What has none while the market never closes is run again before the open of one that keeps hours.
    """
    python = python_of(folder / "samples", SAMPLES_NEED)
    results = await live_results(python, checkout, WorldClock(at=LIVE_DAY, speed=HURRY))
    for number, result in enumerate(results):
        if live_result_of(result) == "silent":
            again = await live_results(python, checkout, WorldClock(at=BEFORE_OPEN, speed=HURRY), result["script"])
            results[number] = again[0]
    counts: Counter[str] = Counter()
    for result in results:
        how = live_result_of(result)
        counts[how] += 1
        if how != "ran":
            print(f"{how:<9} {result['script']:<58} {result['fields'] or result['codes']} {result['errors'][:2]}")
    print(f"websocket sample scripts: {len(results)}, {dict(counts)}")
    return counts["FAILED"] + (not results)


async def live_results(python: Path, checkout: Path, clock: WorldClock, *only: str) -> list[dict[str, Any]]:
    """How the scripts went, all or some."""
    switches = {"live_fields_of_june": True}
    options = replace(
        OPTIONS,
        clock=clock,
        market_hours=bool(only),
        switches=switches,
        starting_krw=Decimal(10**13),
        starting_usd=Decimal(10**10),
    )
    with tempfile.TemporaryDirectory() as home:
        config = Path(home) / "KIS" / "config"
        config.mkdir(parents=True)
        async with run_simulator(options) as sim:
            (config / "kis_devlp.yaml").write_text(json.dumps(configuration(sim)))
            with ordering(sim.real_url):
                command = [python, HERE / "live_samples_worker.py", checkout, json.dumps(listed_keys()), *only]
                ran = await asyncio.create_subprocess_exec(
                    *command, env=environment(Path(home)), stdout=subprocess.PIPE
                )
                output, _ = await ran.communicate()
    return [json.loads(line) for line in output.splitlines()]


def live_result_of(result: Mapping[str, Any]) -> str:
    """Whether frames came, and whether the script's own list of columns has a name for each of their fields."""
    if result["exit"] or result["errors"]:
        return "FAILED"
    if not result["fields"]:
        return "silent"
    fits = all(came == named for came, named in result["fields"].values())
    return "ran" if fits else "differs"


def listed_keys() -> Mapping[str, str]:
    """Script → a key that the simulator lists, since many of the scripts' own have expired."""
    folders = {"domestic_fo": "domestic_futureoption", "overseas_fo": "overseas_futureoption"}
    keys: dict[str, str] = {}
    for api in catalog().apis:
        if api.kind == "websocket" and api.parameters:
            prefix = api.tool.removesuffix(f"_{api.slug}")
            arguments = check_arguments(api, api.example)
            key = channels(api, arguments, demo=False, today=LIVE_DAY.date())[0].key
            keys[f"{folders.get(prefix, prefix)}/{api.slug}"] = key
    return keys


@contextmanager
def ordering(url: str) -> Generator[None]:
    """Place an order in each market now and then, so that there is something to give notice of."""
    stopped = threading.Event()

    def order() -> None:
        client = PlainClient(url, "key", "secret", ("11112222", "01"))
        client.log_in()
        while not stopped.wait(1):
            for path, tr_id, elements in ORDERS:
                client.post(f"/uapi/{path}", tr_id, {**client.account, **elements})

    thread = threading.Thread(target=order)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def compare_strategy_files(checkout: Path) -> int:
    """Have KIS' parser read strategy files that were written here; how many it reads otherwise than its own."""
    wrong = differing_templates(checkout)
    for line in wrong:
        print(f"FAILED    {line}")
    print(f"strategy files that KIS' parser reads otherwise: {len(wrong)}")
    return len(wrong)


def result_of(code: int, problems: Sequence[str]) -> str:
    if code:
        return "FAILED"
    if not problems:
        return "ran"
    explained = any(word in line for line in problems for word in REFUSED_AS_KIS_WOULD)
    return "refused" if explained else "FAILED"


async def run_library(folder: Path, library: Library) -> int:
    """Put one library through its steps; how many went wrong."""
    python = python_of(folder / library.script.removesuffix(".py"), [library.requirement, *library.needs])
    switches = dict.fromkeys(library.switches, False) | dict.fromkeys(library.on, True)
    options = replace(OPTIONS, clock=WorldClock(speed=HURRY if library.on else 1), switches=switches)
    with tempfile.TemporaryDirectory() as home:
        async with run_simulator(options) as sim:
            ran = await asyncio.create_subprocess_exec(
                python,
                HERE / "libraries" / library.script,
                sim.real_url,
                home,
                sim.real_ws_url,
                cwd=home,
                env=environment(Path(home)),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            output, trouble = await ran.communicate()
    lines = output.splitlines()
    went: dict[str, str] = json.loads(lines[-1]) if lines and lines[-1].startswith(b"{") else {"start": "no result"}
    wrong = {step: said for step, said in went.items() if said != "ok"}
    print(f"{library.requirement:<20} {len(went) - len(wrong)} of {len(went)} steps ran")
    for step, said in wrong.items():
        print(f"  FAILED {step}: {said}")
    if wrong and "-v" in sys.argv:
        print(trouble.decode()[-6000:])
    return len(wrong)


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--samples", type=Path, metavar="CHECKOUT")
    parser.add_argument("--libraries", action="store_true")
    parser.add_argument("-v", action="store_true", help="show what went wrong at length")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (arguments.folder or Path(temporary)).resolve()
        failed = 0
        if arguments.samples:
            failed += await run_samples(folder, arguments.samples.resolve())
            failed += await run_live_samples(folder, arguments.samples.resolve())
            failed += compare_strategy_files(arguments.samples.resolve())
        else:
            print("KIS' sample scripts: skipped, no checkout was named (--samples)")
        if arguments.libraries:
            for library in LIBRARIES:
                failed += await run_library(folder, library)
        return min(failed, 1)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
