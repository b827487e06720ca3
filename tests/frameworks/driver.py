"""A framework's client in a process of its own, and what the framework hands its model."""

import json
import subprocess
import threading
from base64 import b64decode
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

LONGEST_SECONDS = 120
"""Of one call: the first look at an index takes long in the simulator."""


class Broken(Exception):
    """The client ended before it answered."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call.

    Attributes:
        text: For the model; of a failure too.
        pictures: For the model.
        asked: What was put to the framework's person.
        progress: What the framework was told meanwhile.
        given_up: The framework waited no longer.
    """

    text: str
    pictures: Sequence[bytes]
    asked: Sequence[str]
    progress: Sequence[str]
    given_up: bool

    @property
    def facts(self) -> Mapping[str, Any]:
        """The text as JSON; nothing where it is none, as of a failure."""
        try:
            return json.loads(self.text)
        except ValueError:
            return {}

    def record(self, block: str) -> Mapping[str, Any]:
        """A block that is one record; without fields where there is none."""
        return self.facts.get("blocks", {}).get(block, {})

    def rows(self, block: str) -> list[dict[str, Any]]:
        """A block that is a list, as records."""
        found = self.record(block)
        shared = found.get("every_row", {})
        return [dict(zip(found["columns"], row, strict=True)) | shared for row in found.get("rows", [])]


class Driver:
    """Has a client make calls."""

    def __init__(self, process: subprocess.Popen[str], to_it: IO[str], from_it: IO[str]) -> None:
        self._process, self._to_it, self._from_it = process, to_it, from_it
        self.tools: int = self._line()["tools"]

    def call(self, tool: str, *, give_up_after: float = LONGEST_SECONDS, **arguments: object) -> Answer:
        return self._ask({"tool": tool, "arguments": arguments, "seconds": give_up_after})

    def read(self, uri: str) -> str:
        """A resource, by the framework's way of reading one."""
        return self._ask({"read": uri}).text

    def _ask(self, request: Mapping[str, object]) -> Answer:
        self._to_it.write(json.dumps(request) + "\n")
        self._to_it.flush()
        line = self._line()
        line["pictures"] = [b64decode(each) for each in line["pictures"]]
        return Answer(**line)

    def _line(self) -> dict[str, Any]:
        """The next line that is the client's own: frameworks print too.

        Raises:
            Broken: There is none.
        """
        impatience = threading.Timer(LONGEST_SECONDS + 10, self._process.kill)
        impatience.start()
        try:
            return json.loads(next(line for line in self._from_it if line.startswith("{")))
        except StopIteration:
            raise Broken from None
        finally:
            impatience.cancel()


@contextmanager
def driven(command: Sequence[str], environment: Mapping[str, str], errors: IO[str]) -> Generator[Driver]:
    """A client that runs; what it says on stderr goes to a file.

    Raises:
        Broken: It does not get so far as to see the tools.
    """
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield Driver(process, process.stdin, process.stdout)
        finally:
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
