"""Runs KIS' own sample scripts, unchanged; in an environment that has what they import.

    python samples_worker.py CHECKOUT

Each script runs in a process of its own, forked after their heavy imports, in its own folder. Prints one JSON line a
script: its name, how it ended, the problems that it printed. ``HOME`` must hold their configuration.
"""

import json
import os
import re
import runpy
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pandas  # noqa: F401
import requests  # noqa: F401
import websockets  # noqa: F401
import yaml  # noqa: F401
from Crypto.Cipher import AES  # noqa: F401

LONGEST_SECONDS = 60
WEBSOCKET = re.compile(r"auth_ws|KISWebSocket")
PROBLEM = re.compile(r"^(?:Error Code : .*|rt_cd : .*|ERROR:.*|ERROR - .*|.*fail!.*)$", re.MULTILINE)


def scripts(checkout: Path) -> list[Path]:
    """The scripts that call REST APIs."""
    found = sorted((checkout / "examples_llm").glob("*/*/chk_*.py"))
    return [path for path in found if not WEBSOCKET.search(path.read_text("utf-8"))]


def run(script: Path, home: Path) -> dict[str, object]:
    for token in (home / "KIS" / "config").glob("KIS2*"):
        token.unlink()  # one file serves both hosts' tokens, so a script could find the other host's
    output = home / "output.txt"
    child = os.fork()
    if child == 0:
        become(script, output)
    _, status = os.waitpid(child, 0)
    text = output.read_text("utf-8", errors="replace")
    ended = os.waitstatus_to_exitcode(status)
    lines = PROBLEM.findall(text)
    if ended:
        lines += text.strip().splitlines()[-1:]
    return {"script": f"{script.parent.parent.name}/{script.parent.name}", "exit": ended, "problems": lines}


def become(script: Path, output: Path, prepare: Callable[[], None] = lambda: None) -> None:
    """Be the script, after some preparation, and end as it does."""
    signal.alarm(LONGEST_SECONDS)
    with output.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    code = 1
    try:
        prepare()
        os.chdir(script.parent)
        sys.path.insert(0, str(script.parent))
        sys.argv = [script.name]
        runpy.run_path(script.name, run_name="__main__")
        code = 0
    except SystemExit as end:
        code = int(end.code or 0) if isinstance(end.code, int | None) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    for path in scripts(Path(sys.argv[1])):
        if len(sys.argv) < 3 or any(word in str(path) for word in sys.argv[2:]):
            print(json.dumps(run(path, Path.home()), ensure_ascii=False), flush=True)
