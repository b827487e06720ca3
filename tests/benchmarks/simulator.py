"""How fast the simulator answers quotes over loopback, on one core, beside a bare ASGI route of the same size.

    python tests/benchmarks/simulator.py [seconds]

Both run in processes of their own on the first core, in turns; the client is on another one. Figures
are for each second that their core works, so that whatever else the machine does counts little. The simulator keeps an
answer for a second; the second figure is of answers that are all worked out.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import psutil
from report import line, median

QUOTE = "/uapi/domestic-stock/v1/quotations/inquire-price?FID_COND_MRKT_DIV_CODE=J&FID_INPUT_ISCD=005930"
ROUNDS = 5
CONNECTIONS = 4

BARE = """
import socket, sys
import uvicorn
body = sys.argv[1].encode()

async def app(scope, receive, send):
    await receive()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})

listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
listener.bind(("127.0.0.1", 0))
listener.listen()
print(f"KIS_URL_REST=http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
uvicorn.Server(uvicorn.Config(app, ws="none", lifespan="off", access_log=False, log_level="warning")).run([listener])
"""


@dataclass(frozen=True)
class Server:
    address: tuple[str, int]
    process: psutil.Process

    @property
    def busy_seconds(self) -> float:
        times = self.process.cpu_times()
        return times.user + times.system


def start(stack: ExitStack, *command: str) -> "tuple[Server, float]":
    """A server on the first core, and the seconds that it worked until it answered."""
    process = subprocess.Popen(
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        text=True,
        env={"KIS_DATA_DIR": stack.enter_context(tempfile.TemporaryDirectory()), "PATH": ""},
        preexec_fn=lambda: os.sched_setaffinity(0, {0}),
    )
    stack.callback(process.wait)
    stack.callback(process.terminate)
    assert process.stdout
    host, _, port = process.stdout.readline().strip().partition("//")[2].partition(":")
    wait_until_open((host, int(port)))
    server = Server((host, int(port)), psutil.Process(process.pid))
    return server, server.busy_seconds


def wait_until_open(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(b"GET /nothing HTTP/1.1\r\nhost: localhost\r\n\r\n")
        connection.recv(1)


def ask(connection: socket.socket, request: bytes) -> bytes:
    """One answer's body, with as little work as can be."""
    connection.sendall(request)
    answer = connection.recv(65536)
    while True:
        head, _, body = answer.partition(b"\r\n\r\n")
        at = head.lower().find(b"content-length: ")
        if body and len(body) >= int(head[at + 16 :].split(b"\r\n", 1)[0]):
            return body
        answer += connection.recv(65536)


def request_of(path: str, headers: dict[str, str], body: str = "") -> bytes:
    lines = [f"{'POST' if body else 'GET'} {path} HTTP/1.1", "host: localhost", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def quote_request(address: tuple[str, int]) -> bytes:
    """A quote's request with a token of the benchmark's own."""
    keys = {"appkey": "benchmark", "appsecret": "benchmark"}
    body = json.dumps({"grant_type": "client_credentials", **keys})
    with socket.create_connection(address) as connection:
        token: dict[str, Any] = json.loads(ask(connection, request_of("/oauth2/tokenP", {}, body)))
    headers = {"accept": "*/*", "user-agent": "benchmark", "custtype": "P", "tr_id": "FHKST01010100", **keys}
    headers["content-type"] = "application/json; charset=utf-8"
    return request_of(QUOTE, {**headers, "authorization": f"Bearer {token['access_token']}"})


def answers_a_second(server: Server, request: bytes, seconds: float, *, anew: bool = False) -> float:
    """Answers in each second that the server's core works for it.

    Args:
        anew: Ask a question each time that was not asked before.
    """
    counts: list[int] = []
    began = server.busy_seconds
    end = time.perf_counter() + seconds

    def worker() -> None:
        done = 0
        with socket.create_connection(server.address) as connection:
            while time.perf_counter() < end:
                more = f"&N={threading.get_ident()}-{done} HTTP".encode()
                ask(connection, request.replace(b" HTTP", more, 1) if anew else request)
                done += 1
        counts.append(done)

    workers = [threading.Thread(target=worker) for _ in range(CONNECTIONS)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    return sum(counts) / (server.busy_seconds - began)


def main(seconds: float) -> None:
    os.sched_setaffinity(0, set(range(1, os.cpu_count() or 1)) or {0})
    with ExitStack() as stack:
        simulator, simulator_start = start(stack, "-m", "kis_mcp", "sim", "--rate-limit", "0")
        request = quote_request(simulator.address)
        with socket.create_connection(simulator.address) as connection:
            body = ask(connection, request)
        assert json.loads(body)["rt_cd"] == "0", body
        bare, bare_start = start(stack, "-c", BARE, body.decode())
        rates = [
            (
                answers_a_second(simulator, request, seconds),
                answers_a_second(simulator, request, seconds, anew=True),
                answers_a_second(bare, request, seconds),
            )
            for _ in range(ROUNDS)
        ]
        starts = [(simulator_start, bare_start)]
        for _ in range(ROUNDS - 1):
            with ExitStack() as once:
                starts.append((start(once, "-m", "kis_mcp", "sim")[1], start(once, "-c", BARE, "{}")[1]))
    kept, anew, other = (median(list(column)) for column in zip(*rates, strict=True))
    print(f"quotes of {len(body)} bytes: {kept:,.0f}/s, all worked out {anew:,.0f}/s; a bare route {other:,.0f}/s")
    line("quote answers against a bare route", median([r[0] / r[2] for r in rates]), "x", 0.4, at_least=True)
    line("quote answers that are all worked out", median([r[1] / r[2] for r in rates]), "x", 0.4, at_least=True)
    line("start beyond a bare app", median([one - other for one, other in starts]), "s", 0.3)


main(float(sys.argv[1]) if len(sys.argv) > 1 else 2)
