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
import venv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kis_mcp.simulator import Simulator, SimulatorOptions, run_simulator

HERE = Path(__file__).parent
SAMPLES_NEED = ("requests", "pandas", "pyyaml", "websockets", "pycryptodome")
REFUSED_AS_KIS_WOULD = ("APBK", "INVALID_CHECK_LOAN_DT", "INVALID_CHECK_ORD_QTY2")
"""A business's words in what a script prints: it ran, but asks for what is not there: an order of somebody's past, an
expired contract, a stock that the simulator does not list, a price beyond the day's limits, a loan of 2022, one bond
where ten are the least."""

OPTIONS = SimulatorOptions(real_rate=0, demo_rate=0, token_interval_seconds=0)


@dataclass(frozen=True, slots=True)
class Library:
    """One client library.

    Attributes:
        requirement: What pip installs.
        needs: What it imports without saying so to pip.
        script: What drives it, in ``libraries``.
        switches: What has to be off for it, because KIS refuses it too.
    """

    requirement: str
    script: str
    needs: tuple[str, ...] = ()
    switches: tuple[str, ...] = ()


LIBRARIES = (
    Library("python-kis==2.1.6", "python_kis_client.py", ("typing_extensions",), ("inquiry_02_refused",)),
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
        "ops": "ws://127.0.0.1:9",
        "vps": sim.demo_url,
        "vops": "ws://127.0.0.1:9",
        "my_token": "",
        "my_agent": "tests",
    }


async def run_samples(folder: Path, checkout: Path) -> int:
    """Run every script that needs no websocket; the number of those that failed."""
    python = python_of(folder / "samples", SAMPLES_NEED)
    with tempfile.TemporaryDirectory() as home:
        config = Path(home) / "KIS" / "config"
        config.mkdir(parents=True)
        async with run_simulator(OPTIONS) as sim:
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
    options = SimulatorOptions(
        real_rate=0, demo_rate=0, token_interval_seconds=0, switches=dict.fromkeys(library.switches, False)
    )
    with tempfile.TemporaryDirectory() as home:
        async with run_simulator(options) as sim:
            ran = await asyncio.create_subprocess_exec(
                python,
                HERE / "libraries" / library.script,
                sim.real_url,
                home,
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
        else:
            print("KIS' sample scripts: skipped, no checkout was named (--samples)")
        if arguments.libraries:
            for library in LIBRARIES:
                failed += await run_library(folder, library)
        return min(failed, 1)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
