"""KIS' own parser of strategy files reads what this project writes, and finds in it what it finds in KIS' templates."""

import importlib
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from kis_mcp.strategies.document import read_text
from kis_mcp.strategies.document.kis_file import read_kis_form, write_kis_file

PACKAGE = "kis_backtest"


def differing_templates(checkout: Path) -> list[str]:
    """Say which of KIS' templates are others once they were read and written here.

    Args:
        checkout: A copy of github.com/koreainvestment/open-trading-api.
    """
    load = parser_of(checkout / "backtester" / PACKAGE)
    templates = sorted((checkout / "backtester" / PACKAGE / "file" / "templates").glob("*.kis.yaml"))
    assert templates, "the checkout has no templates"
    wrong = list[str]()
    for template in templates:
        written = write_kis_file(read_kis_form(read_text(template.read_text("utf-8"))))
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, template.name)
            file.write_text(written, encoding="utf-8")
            theirs, ours = load(template), load(file)
        if repr(theirs) != repr(ours):
            wrong.append(f"{template.name}: KIS reads {ours!r} in place of {theirs!r}")
    return wrong


def parser_of(package: Path) -> Any:
    """What reads a file into a strategy's definition; the rest of KIS' package, which needs more, is not imported."""
    module = ModuleType(PACKAGE)
    module.__path__ = [str(package)]
    sys.modules[PACKAGE] = module
    return importlib.import_module(f"{PACKAGE}.file.loader").StrategyFileLoader.load_as_definition
