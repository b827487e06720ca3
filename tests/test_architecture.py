"""The arrows of the hexagon: which room may import which."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "kis_mcp"
GROUND = {"account", "clock", "environment", "errors"}
INSIDE = {"catalog", "market", "streams", "trading", "strategies"}
OUTER_ROOMS = {
    "errors": set[str](),
    "environment": set[str](),
    "clock": set[str](),
    "account": set[str](),
    "catalog": GROUND,
    "market": GROUND | {"catalog"},
    "trading": GROUND | {"catalog", "market"},
    "kis": GROUND | {"catalog", "storage"},
    "storage": GROUND | {"catalog", "trading"},
    "settings": GROUND | {"catalog", "trading"},
    "simulator": GROUND | {"catalog"},
    "confirm": GROUND | {"catalog", "trading", "storage", "settings"},
    "wiring": GROUND | {"catalog", "market", "trading", "kis", "storage", "settings", "simulator", "confirm"},
    "server": GROUND | {"catalog", "market", "trading", "kis", "settings", "confirm", "wiring"},
    "cli": GROUND | {"catalog", "trading", "settings", "simulator", "confirm", "wiring", "server"},
    "__main__": {"cli"},
}
"""Room or module of the package → what it may import beside itself."""

ROOMS_IN_ORDER = {
    "trading": ("kis", "reads", "venues", "order", "journal", "blotter", "portfolio", "guard", "desk"),
    "simulator": ("options", "state", "market", "engine", "wire", "gate", "world", "answers"),
}
"""Room → its parts from the ground up: each imports only those before it, and itself."""

OUTSIDE_LIBRARIES = {
    "mcp",
    "mcp_types",
    "httpx",
    "websockets",
    "sqlalchemy",
    "aiosqlite",
    "diskcache",
    "pandas",
    "numpy",
    "typer",
    "starlette",
    "uvicorn",
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def parts_of(path: Path) -> tuple[str, ...]:
    return path.relative_to(PACKAGE).with_suffix("").parts


def imported(path: Path) -> set[str]:
    """Every module that a file imports, by a statement or by its name in a string."""
    names = set[str]()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Import():
                names |= {alias.name for alias in node.names}
            case ast.ImportFrom():
                assert node.level == 0, f"{path} imports relatively"
                names |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
            case ast.Constant(value=str(text)) if text.startswith("kis_mcp.") or text in OUTSIDE_LIBRARIES:
                names.add(text)
            case _:
                pass
    return names


def rooms(names: set[str]) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith("kis_mcp.")} - {"__version__"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_its_room_may_touch(path: Path) -> None:
    room = parts_of(path)[0]
    if room != "__init__":
        assert rooms(imported(path)) <= OUTER_ROOMS[room] | {room}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_part_of_a_room_imports_only_the_parts_before_it(path: Path) -> None:
    room, *inner = parts_of(path)
    order = ROOMS_IN_ORDER.get(room, ())
    if inner and inner[0] in order:
        used = {name.split(".")[2] for name in imported(path) if name.startswith(f"kis_mcp.{room}.")}
        assert used & set(order) <= set(order[: order.index(inner[0]) + 1])


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_inside_knows_no_transport_and_no_store(path: Path) -> None:
    if parts_of(path)[0] in INSIDE:
        assert not {name.split(".")[0] for name in imported(path)} & OUTSIDE_LIBRARIES


def test_every_room_of_the_package_has_its_arrows() -> None:
    assert {parts_of(path)[0] for path in MODULES} - {"__init__"} == OUTER_ROOMS.keys()


def test_every_part_of_trading_has_its_place() -> None:
    parts = {inner[0] for path in MODULES for room, *inner in [parts_of(path)] if room == "trading"}
    assert parts - {"__init__"} == set(ROOMS_IN_ORDER["trading"])


def test_only_the_command_line_prints() -> None:
    printing = [
        path
        for path in MODULES
        if parts_of(path)[0] != "cli"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert printing == []


def names_in(path: Path) -> set[str]:
    """Every name that a file's code uses, as a name, an attribute, an import or a string such as a quoted type."""
    names = set[str]()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Constant(value=str(name)):
                names.add(name)
            case _:
                pass
    return names


def test_only_the_sending_module_holds_the_port_that_orders() -> None:
    using = {"/".join(parts_of(path)) for path in MODULES if "KisOrders" in names_in(path)}
    assert using == {"trading/kis", "trading/desk/sending"}


def test_arguments_count_as_checked_only_where_they_are_checked() -> None:
    making = [
        "/".join(parts_of(path))
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "CheckedArguments"
    ]
    assert making == ["catalog/arguments"]
