"""The command as a shell runs it."""

import os
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-m", "kis_mcp"]


def run(*arguments: str, data_dir: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run ``kis-mcp`` to its end, in a terminal without size, with nothing of the developer's configuration."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KIS_")}
    environment |= {"KIS_CONFIG_FILE": str(data_dir / "absent.yaml"), "KIS_DATA_DIR": str(data_dir), **variables}
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        stdin=subprocess.DEVNULL,
        check=False,
    )
