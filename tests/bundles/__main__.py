"""Install the packed bundle as a host would, and ask it for a quote in the simulator.

    python -m tests.bundles BUNDLE.mcpb NODE_MODULES

NODE_MODULES holds ``@anthropic-ai/mcpb``, whose own code unpacks the bundle and says how a host starts it.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import anyio
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from tests.cli.command import environment_of

_HOST = """
import { readFileSync } from "node:fs";
import { getMcpConfigForManifest } from "%s/@anthropic-ai/mcpb/dist/node.js";
const config = await getMcpConfigForManifest({
  manifest: JSON.parse(readFileSync("manifest.json")), extensionPath: process.cwd(), systemDirs: {}, userConfig: {},
  pathSeparator: "/", logger: console,
});
console.log(JSON.stringify(config));
"""


def install(bundle: Path, node_modules: Path, folder: Path) -> dict[str, Any]:
    """Unpack the bundle; how a host starts it whose user left every question unanswered."""
    mcpb = node_modules / ".bin" / "mcpb"
    subprocess.run([mcpb, "unpack", bundle, folder], check=True, stdout=subprocess.DEVNULL)
    script = _HOST % node_modules.resolve()
    command = ["node", "--input-type=module", "--eval", script]
    said = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return json.loads(said.stdout)


async def quote(config: dict[str, Any], data_folder: Path) -> dict[str, Any]:
    """The quote of Samsung Electronics from the server that the configuration starts."""
    variables = environment_of(data_folder, config["env"])
    server = StdioServerParameters(command=config["command"], args=config["args"], env=variables)
    async with stdio_client(server) as streams, ClientSession(*streams) as session:
        await session.initialize()
        answer = await session.call_tool("get_quote", {"symbol": "005930"})
    assert answer.structured_content is not None
    return answer.structured_content


if __name__ == "__main__":
    packed, modules = map(Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as work:
        started_by = install(packed, modules, Path(work) / "bundle")
        told = anyio.run(quote, started_by, Path(work) / "data")
    assert told["environment"] == "sim", told
    print(f"the bundle answers: {told['blocks']['quote']['name']} at {told['blocks']['quote']['price']}")
