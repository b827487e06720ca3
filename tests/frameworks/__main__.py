"""Real frameworks do the same task on the server, each in an environment of its own, over stdio and HTTP.

    python -m tests.frameworks [FOLDER]

FOLDER keeps what is installed, for the next run; the first takes minutes of downloads, so this is a job of its own.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CLIENTS = Path(__file__).parent / "clients"
ROOT = Path(__file__).parents[2]
TOKEN = "a-token-of-the-frameworks"
LONGEST_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Framework:
    """One client.

    Attributes:
        requirement: What pip or npm installs.
        confirmed_by: How an order of it is confirmed: by a form that a person fills in, or by a preview's token.
    """

    name: str
    requirement: str
    client: str
    confirmed_by: str


FRAMEWORKS = (
    Framework("mcp 1.x", "mcp==1.30.0", "mcp_1.py", "person"),
    Framework("LangChain", "langchain-mcp-adapters==0.3.2", "langchain_client.py", "token"),
    Framework("OpenAI Agents", "openai-agents==0.24.0", "openai_agents_client.py", "token"),
    Framework("Pydantic AI", "pydantic-ai-slim[mcp]==2.68.0", "pydantic_ai_client.py", "person"),
    Framework("TypeScript SDK", "@modelcontextprotocol/sdk@1.32.2", "typescript_client.mjs", "person"),
)


def main(folder: Path) -> int:
    wrong = 0
    for framework in FRAMEWORKS:
        command = install(framework, folder)
        for transport in ("stdio", "http"):
            with tempfile.TemporaryDirectory() as data:
                said = run(command, transport, data)
            faults = faults_of(said, framework)
            wrong += bool(faults)
            print(f"{'FAIL' if faults else 'ok  '} {framework.requirement:<36} {transport:<6} {'; '.join(faults)}")
    return 1 if wrong else 0


def install(framework: Framework, folder: Path) -> list[str]:
    """Install a framework where it is not yet; the command that runs its client."""
    home = folder / re.sub(r"[^a-z0-9.=-]+", "_", framework.requirement.lower())
    if framework.client.endswith(".mjs"):
        if not home.exists():
            home.mkdir(parents=True)
            (home / "package.json").write_text('{"private": true}')
            subprocess.run(["npm", "install", "--silent", framework.requirement], cwd=home, check=True)
        client = home / framework.client
        client.write_text((CLIENTS / framework.client).read_text("utf-8"), "utf-8")
        return ["node", str(client)]
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", framework.requirement], check=True)
    return [str(python), str(CLIENTS / framework.client)]


def run(command: list[str], transport: str, data: str) -> str:
    """What the client printed."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("KIS_")},
        "KIS_ENV": "sim",
        "KIS_DATA_DIR": data,
        "KIS_CONFIG_FILE": f"{data}/none.yaml",
        "KIS_HTTP_TOKEN": TOKEN,
        "PYTHONPATH": str(ROOT),
    }
    server = [sys.executable, "-m", "kis_mcp", "serve"]
    if transport == "stdio":
        return output([*command, "stdio", *server], {**environment, "PYTHONPATH": ""})
    with served(server, environment) as url:
        return output([*command, "http", url, TOKEN], {**environment, "PYTHONPATH": ""})


def output(command: list[str], environment: dict[str, str]) -> str:
    result = subprocess.run(
        command, capture_output=True, text=True, timeout=LONGEST_SECONDS, env=environment, cwd=ROOT, check=False
    )
    return result.stdout or result.stderr


@contextmanager
def served(server: list[str], environment: dict[str, str]) -> Generator[str]:
    process = subprocess.Popen(
        [*server, "--http", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    )
    try:
        assert process.stderr
        address = re.search(r"http://\S+", process.stderr.readline())
        assert address, "the server did not say where it listens"
        yield address[0]
    finally:
        process.terminate()
        process.wait()


def faults_of(said: str, framework: Framework) -> list[str]:
    """What is wrong with the client's account of its task."""
    try:
        account: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return [f"no account of the task: {said[-300:]}"]
    checks = {
        f"{account['tools']} tools": 18 <= account["tools"] <= 36,
        f"price {account['price']}": isinstance(account["price"], int | float) and account["price"] > 0,
        f"order {account['order']}": account["order"] == "accepted",
        f"confirmed by {account['confirmed_by']}": account["confirmed_by"] == framework.confirmed_by,
        f"error {account['error'][:80]}": "ZZZZZZ" in account["error"] and "search_tools" in account["error"],
    }
    return [name for name, holds in checks.items() if not holds]


if __name__ == "__main__":
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.gettempdir()) / "kis-mcp-frameworks"
    sys.exit(main(given.absolute()))
