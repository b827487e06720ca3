"""Real frameworks do the same task on the server, each in an environment of its own, over stdio and HTTP.

    python -m tests.frameworks [FOLDER] [NAME …]

FOLDER keeps what is installed, for the next run; the first takes minutes of downloads, so this is a job of its own.
NAMEs choose among them.
"""

import os
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.frameworks.driver import Broken, driven
from tests.frameworks.story import Confirmation, faults_of

CLIENTS = Path(__file__).parent / "clients"
ROOT = Path(__file__).parents[2]
TOKEN = "a-token-of-the-frameworks"


@dataclass(frozen=True, slots=True)
class Framework:
    """One client.

    Attributes:
        requirement: What pip or npm installs.
        one_server: Over stdio its calls share a server; else each has a process of its own.
    """

    name: str
    requirement: str
    client: str
    confirmed_by: Confirmation = "person"
    one_server: bool = True


FRAMEWORKS = (
    Framework("mcp 1.x", "mcp==1.30.0", "mcp_1.py"),
    Framework("LangChain", "langchain-mcp-adapters==0.3.2", "langchain_client.py", one_server=False),
    Framework("OpenAI Agents", "openai-agents==0.24.0", "openai_agents_client.py", "token"),
    Framework("Pydantic AI", "pydantic-ai-slim[mcp]==2.68.0", "pydantic_ai_client.py"),
    Framework("TypeScript SDK", "@modelcontextprotocol/sdk@1.32.2", "typescript_client.mjs"),
)


def main(folder: Path, *names: str) -> int:
    """Have the frameworks do their tasks: all, or those whose requirement has one of the names in it."""
    wrong = 0
    for framework in FRAMEWORKS:
        if names and not any(name in framework.requirement for name in names):
            continue
        command = install(framework, folder)
        for transport in ("stdio", "http"):
            with tempfile.TemporaryDirectory() as data:
                faults = run(framework, command, transport, data)
            wrong += bool(faults)
            print(f"{'FAIL' if faults else 'ok  '} {framework.requirement:<36} {transport}", flush=True)
            for fault in faults:
                print(f"     {fault}")
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


def run(framework: Framework, command: list[str], transport: str, data: str) -> list[str]:
    """What went wrong in a framework's tasks."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("KIS_")},
        "KIS_ENV": "sim",
        "KIS_DATA_DIR": data,
        "KIS_CONFIG_FILE": f"{data}/none.yaml",
        "KIS_HTTP_TOKEN": TOKEN,
        "PYTHONPATH": str(ROOT),
    }
    server = [sys.executable, "-m", "kis_mcp", "serve"]
    keeps_server = framework.one_server or transport == "http"
    with ExitStack() as stack:
        errors = stack.enter_context(Path(data, "stderr.txt").open("w+"))
        where = ["stdio", *server]
        if transport == "http":
            where = ["http", stack.enter_context(served(server, environment)), TOKEN]
        try:
            driver = stack.enter_context(driven([*command, *where], {**environment, "PYTHONPATH": ""}, errors))
            return faults_of(driver, framework.confirmed_by, keeps_server=keeps_server)
        except Broken:
            errors.seek(0)
            return [f"the client ended: {errors.read()[-600:]}"]


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


if __name__ == "__main__":
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.gettempdir()) / "kis-mcp-frameworks"
    sys.exit(main(given.absolute(), *sys.argv[2:]))
