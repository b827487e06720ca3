"""Runs KIS' own websocket sample scripts, unchanged; in an environment that has what they import.

    python live_samples_worker.py CHECKOUT KEYS [SCRIPT …]

Each script runs in a process of its own until what it subscribes to has brought a frame. KEYS is a JSON object: script,
as folder/name, → key that it subscribes to besides its own, many of which have expired. Prints one JSON line a script:
its name, how it ended, the codes that answered its registrations, and for each TR how many fields its records have and
how many the script expects.
"""

import json
import logging
import os
import signal
import sys
from collections import Counter
from functools import partial
from pathlib import Path

import samples_worker

LONGEST_SECONDS = 15
FRAMES = 3
RESULT = "result of the sample: "


def scripts(checkout: Path) -> list[Path]:
    """The scripts that subscribe."""
    found = sorted((checkout / "examples_llm").glob("*/*/chk_*.py"))
    return [path for path in found if "KISWebSocket" in path.read_text("utf-8")]


class Watch(logging.Handler):
    """Reads what the sample code logs of each message, and ends the script when there is enough."""

    def __init__(self, kis_auth: object) -> None:
        super().__init__()
        self.kis_auth = kis_auth
        self.fields: dict[str, tuple[float, int]] = {}
        self.codes: Counter[str] = Counter()
        self.errors: list[str] = []
        self.frames = 0

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage().removeprefix("received message >> ")
        if record.levelno >= logging.ERROR:
            self.errors.append(text)
        if text == record.getMessage():
            return
        if text[0] in "01":
            encrypted, tr_id, count, payload = text.split("|", 3)
            known = self.kis_auth.data_map[tr_id]
            if encrypted == "1":
                payload = self.kis_auth.aes_cbc_base64_dec(known["key"], known["iv"], payload)
            self.fields[tr_id] = (len(payload.split("^")) / int(count), len(known["columns"]))
        elif '"rt_cd"' in text:
            self.codes[json.loads(text)["body"]["msg_cd"]] += 1

    def result(self) -> str:
        return json.dumps({"fields": self.fields, "codes": self.codes, "frames": self.frames, "errors": self.errors})


def run(script: Path, home: Path, key: str) -> dict[str, object]:
    output = home / "output.txt"
    child = os.fork()
    if child == 0:
        samples_worker.become(script, output, partial(watch_over, script, key))
    _, status = os.waitpid(child, 0)
    lines = output.read_text("utf-8", errors="replace").splitlines()
    results = [json.loads(line.removeprefix(RESULT)) for line in lines if line.startswith(RESULT)]
    ended = os.waitstatus_to_exitcode(status)
    name = f"{script.parent.parent.name}/{script.parent.name}"
    errors = [line for line in lines if line.startswith("Connection exception")] + lines[-1:] * (not results)
    return {"script": name, "exit": ended, "fields": {}, "codes": {}, "errors": errors} | (results or [{}])[-1]


def watch_over(script: Path, key: str) -> None:
    """Let the sample's own session take a key more, and end when its callback has had a few frames."""
    sys.path.insert(0, str(script.parents[2]))
    import kis_auth

    watch = Watch(kis_auth)
    logging.getLogger().addHandler(watch)
    start, subscribe = kis_auth.KISWebSocket.start, kis_auth.KISWebSocket.subscribe

    def end(*_: object) -> None:
        print(RESULT + watch.result(), flush=True)
        sys.exit(0)

    def subscribe_to_more(request, data, kwargs=None):
        subscribe(request=request, data=[*data, key] if key and key not in data else data, kwargs=kwargs)

    def start_and_end(self, on_result, result_all_data=False):
        def on_frame(*given):
            on_result(*given)
            watch.frames += 1
            if watch.frames >= FRAMES:
                end()

        signal.signal(signal.SIGALRM, end)
        signal.alarm(LONGEST_SECONDS)
        logging.getLogger().setLevel(logging.INFO)
        start(self, on_result=on_frame, result_all_data=result_all_data)

    kis_auth.KISWebSocket.subscribe = staticmethod(subscribe_to_more)
    kis_auth.KISWebSocket.start = start_and_end


if __name__ == "__main__":
    keys = json.loads(sys.argv[2])
    for path in scripts(Path(sys.argv[1])):
        name = f"{path.parent.parent.name}/{path.parent.name}"
        if len(sys.argv) < 4 or name in sys.argv[3:]:
            print(json.dumps(run(path, Path.home(), keys.get(name, "")), ensure_ascii=False), flush=True)
