"""The arrows of the hexagon: who may import whom."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "kis_mcp"
EVERYWHERE = {"account", "clock", "environment", "errors"}
MAY_IMPORT = {
    "catalog": set[str](),
    "market": {"catalog"},
    "trading": {"catalog", "market"},
    "streams": {"catalog", "market"},
    "kis": {"catalog", "storage"},
    "storage": {"catalog", "trading"},
    "simulator": {"catalog"},
    "server": {"catalog", "market", "trading", "streams", "kis", "storage", "simulator", "settings"},
    "cli": {"catalog", "market", "trading", "server", "simulator", "settings"},
}
INSIDE = {"catalog", "market", "trading", "streams"}
OUTSIDE_LIBRARIES = {
    "mcp",
    "mcp_types",
    "httpx",
    "websockets",
    "sqlalchemy",
    "aiosqlite",
    "diskcache",
    "typer",
    "starlette",
    "uvicorn",
}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE)


def imported(path: Path) -> set[str]:
    names = set[str]()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names.add(node.module or "")
    return names


def packages(names: set[str]) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith("kis_mcp.")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_its_folder_may_touch(path: Path) -> None:
    folder = path.relative_to(PACKAGE).parts[0]
    assert packages(imported(path)) <= MAY_IMPORT[folder] | {folder} | EVERYWHERE


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_inside_knows_no_transport_and_no_store(path: Path) -> None:
    if path.relative_to(PACKAGE).parts[0] in INSIDE:
        assert not {name.split(".")[0] for name in imported(path)} & OUTSIDE_LIBRARIES


def code_lines(path: Path) -> int:
    """Lines that hold code: no blank line, comment or docstring."""
    text = path.read_text("utf-8")
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None
        for line in range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    }
    return sum(
        1
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.strip().startswith("#") and number not in docstrings
    )


def test_no_module_is_longer_than_500_lines() -> None:
    assert {path for path in PACKAGE.rglob("*.py") if len(path.read_text("utf-8").splitlines()) > 500} == set()


def test_the_machinery_stays_under_12000_lines_of_code() -> None:
    machinery = [path for path in PACKAGE.rglob("*.py") if "simulator" not in path.parts]
    assert sum(code_lines(path) for path in machinery) < 12_000


def test_only_the_command_line_prints() -> None:
    printing = [
        path
        for path in MODULES
        if "cli" not in path.parts
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert printing == []
