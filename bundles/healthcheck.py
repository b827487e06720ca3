"""Whether the server in this container works: its data folder can be written to and, where it serves HTTP, it answers.

Run by Docker, which takes an exit code other than 0 as unhealthy.
"""

import http.client
import os
import sys
from pathlib import Path

SECONDS = 4


def fault(command: list[str], data_folder: str) -> str:
    """What is wrong with the server that was started by a command; empty where nothing is."""
    if not os.access(data_folder, os.W_OK):
        return f"{data_folder} cannot be written to."
    address = http_address(command)
    if not address:
        return ""
    connection = http.client.HTTPConnection(address, timeout=SECONDS)
    try:
        connection.request("GET", "/mcp")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"{address} does not answer: {error}."
    finally:
        connection.close()
    # Without the bearer token this is the answer of a server that works.
    return "" if status == http.client.UNAUTHORIZED else f"{address} answers {status}."


def http_address(command: list[str]) -> str:
    """The HOST:PORT of ``--http``, empty for a server on stdio."""
    for word, following in zip(command, [*command[1:], ""], strict=True):
        if word == "--http":
            return following
        if word.startswith("--http="):
            return word.removeprefix("--http=")
    return ""


if __name__ == "__main__":
    started_by = Path("/proc/1/cmdline").read_bytes().decode().split("\0")
    sys.exit(fault(started_by, os.environ["KIS_DATA_DIR"]) or 0)
