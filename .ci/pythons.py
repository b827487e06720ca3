"""Print the oldest and the newest Python on this machine that the project supports, one path a line.

Looks on PATH and among pyenv's versions; nothing is downloaded. What is missing is said on stderr.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from shutil import which

NEWEST_MINOR = 20
"""Higher than any Python 3 there is."""


def main() -> None:
    text = Path("pyproject.toml").read_text("utf-8")
    project = tomllib.loads(text)["project"]
    oldest = int(re.fullmatch(r">=3\.(\d+)", project["requires-python"])[1])
    found = {minor: path for minor in range(oldest, NEWEST_MINOR) if (path := interpreter(minor))}
    tested = [int(minor) for minor in re.findall(r"Python :: 3\.(\d+)", text)]
    missing = [f"3.{minor}" for minor in (min(tested), max(tested)) if minor not in found]
    if missing:
        print(f"note: not on this machine, so not tried: Python {', '.join(missing)}", file=sys.stderr)
    print(*dict.fromkeys((found[min(found)], found[max(found)])), sep="\n")


def interpreter(minor: int) -> str | None:
    """A Python 3.``minor`` that runs; a shim of pyenv may name one that is not active."""
    candidates = [which(f"python3.{minor}"), *Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python")]
    return next((str(path) for path in candidates if path and runs(str(path), minor)), None)


def runs(path: str, minor: int) -> bool:
    """Whether it is that version, and not alpha or beta."""
    code = f"import sys; sys.exit(sys.version_info[:2] != (3, {minor}) or sys.version_info.releaselevel != 'final')"
    return subprocess.run([path, "-c", code], capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    main()
