"""The arrows of the hexagon: which room may import which."""

import ast
import re
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

import pytest

from kis_mcp import errors

PACKAGE = Path(__file__).parent.parent / "kis_mcp"
GROUND = {"account", "bell", "clock", "environment", "errors", "library_logs", "loopback"}
INSIDE = {"catalog", "charts", "market", "streams", "alerts", "trading", "strategies"}
OUTER_ROOMS = {
    "errors": set[str](),
    "environment": set[str](),
    "bell": set[str](),
    "clock": set[str](),
    "account": set[str](),
    "library_logs": set[str](),
    "loopback": set[str](),
    "catalog": GROUND,
    "charts": set[str](),
    "language": GROUND | {"catalog"},
    "market": GROUND | {"catalog"},
    "streams": GROUND | {"catalog", "market"},
    "trading": GROUND | {"catalog", "market"},
    "alerts": GROUND | {"catalog", "market", "streams"},
    "strategies": GROUND | {"catalog", "market", "streams", "trading"},
    "kis": GROUND | {"catalog"},
    "notify": GROUND | {"alerts"},
    "storage": GROUND | {"catalog", "market", "streams", "alerts", "trading", "kis"},
    "keystore": GROUND | {"storage"},
    "settings": GROUND | {"catalog", "keystore"},
    "simulator": GROUND | {"catalog"},
    "confirm": GROUND | {"catalog", "trading", "storage"},
    "wiring": GROUND
    | {
        "catalog",
        "market",
        "streams",
        "alerts",
        "trading",
        "kis",
        "notify",
        "storage",
        "settings",
        "simulator",
        "strategies",
        "confirm",
    },
    "server": GROUND
    | {"catalog", "charts", "language", "market", "streams", "alerts", "trading", "settings", "confirm", "wiring"},
    "cli": GROUND
    | {
        "catalog",
        "language",
        "trading",
        "storage",
        "keystore",
        "settings",
        "simulator",
        "confirm",
        "wiring",
        "server",
    },
    "pytest_plugin": {"simulator"},
    "__main__": {"cli"},
}
"""Room or module of the package → what it may import beside itself."""

ROOMS_IN_ORDER = {
    "trading": ("kis", "reads", "venues", "order", "journal", "blotter", "portfolio", "guard", "desk"),
    "strategies": ("indicators", "patterns", "document", "evaluation", "backtest"),
    "simulator": (
        "options",
        "state",
        "market",
        "engine",
        "wire",
        "gate",
        "ledger",
        "world",
        "answers",
        "masters",
        "repeated",
        "recording",
        "replay",
        "embedded",
        "live",
        "admin",
        "address",
        "asgi",
        "loopback",
        "console",
        "harness",
    ),
}
"""Room → its parts from the ground up: each imports only those before it, and itself."""

FACES = {
    *(
        f"kis_mcp.{room}"
        for room in OUTER_ROOMS
        if (PACKAGE / room).is_dir() and room not in ("server", "cli", "trading", "strategies")
    ),
    *(
        f"kis_mcp.{room}.{part}"
        for room in ("trading", "strategies")
        for part in ROOMS_IN_ORDER[room]
        if (PACKAGE / room / part).is_dir()
    ),
}
"""Packages that hand on by their ``__init__`` all that others use."""

FOR_OTHERS_TESTS = {"Simulator", "simulate"}
"""What the package itself does not use of a face: people who run the simulator in their tests do."""

OUTSIDE_LIBRARIES = {
    "mcp",
    "mcp_types",
    "httpx",
    "websockets",
    "sqlalchemy",
    "aiosqlite",
    "resvg_py",
    "pandas",
    "numpy",
    "exchange_calendars",
    "holidays",
    "typer",
    "starlette",
    "uvicorn",
}
DIALECTS = {
    "asyncio": {"alerts", "bell", "kis", "notify", "simulator", "storage", "streams", "trading"},
    "anyio": {"cli", "confirm", "server", "wiring"},
}
"""How a room waits: by anyio where it meets mcp, whose cancellation is anyio's; by asyncio beneath."""

SPEAKS_BOTH = PACKAGE / "storage" / "uninterrupted.py"
"""Guards work beneath from being cancelled above."""

MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def part_of(path: Path) -> str:
    """The folder or module of a room that a file belongs to; empty for a room that is one module."""
    return "".join(path.relative_to(PACKAGE).with_suffix("").parts[1:2])


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


def is_in(path: Path, package: str) -> bool:
    return path.is_relative_to(PACKAGE.parent.joinpath(*package.split(".")))


def each(paths: Iterable[Path]) -> pytest.MarkDecorator:
    """A case for each module."""
    return pytest.mark.parametrize("path", list(paths), ids=lambda path: str(path.relative_to(PACKAGE)))


@each(path for path in MODULES if room_of(path) in OUTER_ROOMS)
def test_a_module_imports_only_what_its_room_may_touch(path: Path) -> None:
    room = room_of(path)
    assert rooms(imported(path)) <= OUTER_ROOMS[room] | {room}


@each(path for path in MODULES if part_of(path) in ROOMS_IN_ORDER.get(room_of(path), ()))
def test_a_part_of_a_room_imports_only_the_parts_before_it(path: Path) -> None:
    room = room_of(path)
    order = ROOMS_IN_ORDER[room]
    used = {name.split(".")[2] for name in imported(path) if name.startswith(f"kis_mcp.{room}.")}
    assert used & set(order) <= set(order[: order.index(part_of(path)) + 1])


@each(MODULES)
def test_a_package_with_a_face_is_used_by_its_face(path: Path) -> None:
    others = tuple(f"{face}." for face in FACES if not is_in(path, face))
    statements = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
    assert [node.module for node in statements if (node.module or "").startswith(others)] == []


@pytest.mark.parametrize("face", sorted(FACES))
def test_a_face_hands_on_all_that_it_names_and_nothing_that_is_unused(face: str) -> None:
    package = import_module(face)
    assert [name for name in package.__all__ if not hasattr(package, name)] == []
    assert not hasattr(package, "no_such_name")
    used = {
        alias.name
        for path in MODULES
        if not is_in(path, face)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"{face}.")
        for alias in node.names
    }
    assert set(package.__all__) - used <= FOR_OTHERS_TESTS


@each(path for path in MODULES if room_of(path) in INSIDE)
def test_the_inside_knows_no_transport_and_no_store(path: Path) -> None:
    assert not {name.split(".")[0] for name in imported(path)} & OUTSIDE_LIBRARIES


@each(path for path in MODULES if room_of(path) not in ("server", "cli"))
def test_only_the_server_and_the_command_line_know_mcp(path: Path) -> None:
    assert not {name.split(".")[0] for name in imported(path)} & {"mcp", "mcp_types"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_room_waits_in_one_dialect(dialect: str) -> None:
    speakers = {path for path in MODULES if dialect in {name.split(".")[0] for name in imported(path)}}
    assert {room_of(path) for path in speakers - {SPEAKS_BOTH}} == DIALECTS[dialect]


def test_every_room_of_the_package_has_its_arrows() -> None:
    assert {room_of(path) for path in MODULES} - {"__init__"} == OUTER_ROOMS.keys()


@pytest.mark.parametrize("ordered", ROOMS_IN_ORDER)
def test_every_part_of_an_ordered_room_has_its_place(ordered: str) -> None:
    parts = {part_of(path) for path in MODULES if room_of(path) == ordered}
    assert parts - {"__init__"} == set(ROOMS_IN_ORDER[ordered])


def test_only_the_command_line_prints() -> None:
    printing = [
        path
        for path in MODULES
        if room_of(path) != "cli"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert printing == []


def test_every_error_is_one_of_the_tree_and_none_is_the_bare_base() -> None:
    defined: dict[str, Path] = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.ClassDef(name=name, bases=[ast.Name(id="KisMcpError")]):
                    defined[name] = path
                case ast.Raise(exc=ast.Call(func=ast.Name(id="KisMcpError"))):
                    raise AssertionError(f"{path}:{node.lineno} raises the bare base")
                case _:
                    pass
    assert set(defined.values()) == {PACKAGE / "errors.py"}
    tree = re.findall(r"^ [├└]─ (\w+)", errors.__doc__ or "", re.MULTILINE)
    assert tree == list(defined)


def module_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").as_posix()


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
    using = {module_of(path) for path in MODULES if "KisOrders" in names_in(path)}
    assert using == {"trading/kis", "trading/desk/sending"}


def test_arguments_count_as_checked_only_where_they_are_checked() -> None:
    making = [
        module_of(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "CheckedArguments"
    ]
    assert making == ["catalog/arguments"]
