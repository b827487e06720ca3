"""Write what the server is installed from.

python -m bundles server-json          server.json, as the spec table, the settings and pyproject.toml say
python -m bundles mcpb FOLDER          the folder of the MCPB bundle, for `npx @anthropic-ai/mcpb pack`
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from bundles.documents import ENTRY_POINT, ROOT, bundle_project, manifest_document, server_document

_PACKED = ("kis_mcp", "tools", "resources", "README.md", "README.ko.md", "SECURITY.md", "SECURITY.ko.md", "LICENSE")
_START = '''\
"""Where the host starts the server."""

from kis_mcp.cli.main import main

if __name__ == "__main__":
    main()
'''


def server_json_text() -> str:
    """server.json as it stands in the repository."""
    return _json(server_document())


def write_bundle(folder: Path) -> None:
    """Lay out what is packed.

    Raises:
        FileExistsError: The folder exists.
    """
    folder.mkdir(parents=True)
    unwanted = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in _PACKED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=unwanted)
        else:
            shutil.copy2(source, folder / name)
    for name, text in (
        ("manifest.json", _json(manifest_document())),
        ("pyproject.toml", bundle_project()),
        (ENTRY_POINT, _START),
    ):
        (folder / name).write_text(text, "utf-8")


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["server-json"]:
            (ROOT / "server.json").write_text(server_json_text(), "utf-8")
        case ["mcpb", folder]:
            write_bundle(Path(folder))
        case _:
            sys.exit(__doc__)
