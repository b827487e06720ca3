"""The arrows of the hexagon: which room may import which."""

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from kis_mcp import errors
from kis_mcp.catalog import catalog
from kis_mcp.catalog.reserved import all_parameters

PACKAGE = Path(__file__).parent.parent / "kis_mcp"
GROUND = {"account", "bell", "clock", "environment", "errors", "face", "library_logs", "loopback"}
INSIDE = {"catalog", "charts", "market", "streams", "alerts", "trading", "strategies"}
OUTER_ROOMS = {
    "errors": set[str](),
    "environment": set[str](),
    "bell": set[str](),
    "clock": set[str](),
    "account": set[str](),
    "face": set[str](),
    "library_logs": set[str](),
    "loopback": set[str](),
    "catalog": GROUND,
    "charts": {"face"},
    "language": GROUND | {"catalog"},
    "market": GROUND | {"catalog"},
    "streams": GROUND | {"catalog", "market"},
    "trading": GROUND | {"catalog", "market"},
    "alerts": GROUND | {"catalog", "market", "streams"},
    "strategies": GROUND | {"catalog", "market", "streams", "trading"},
    "kis": GROUND | {"catalog"},
    "notify": GROUND | {"alerts"},
    "storage": GROUND | {"catalog", "market", "streams", "alerts", "trading", "strategies", "kis"},
    "keystore": GROUND | {"storage"},
    "settings": GROUND | {"catalog", "keystore"},
    "simulator": GROUND | {"catalog"},
    "confirm": GROUND | {"catalog", "trading", "storage"},
    "wiring": GROUND
    | {
        "catalog",
        "charts",
        "language",
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
    | {
        "catalog",
        "charts",
        "language",
        "market",
        "streams",
        "alerts",
        "trading",
        "strategies",
        "settings",
        "confirm",
        "wiring",
    },
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
    "trading": (
        "kis",
        "reads",
        "venues",
        "order",
        "decision",
        "halt",
        "mandate",
        "journal",
        "blotter",
        "portfolio",
        "guard",
        "desk",
    ),
    "strategies": ("indicators", "patterns", "document", "records", "universe", "evaluation", "backtest", "runner"),
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

FOR_OTHERS_TESTS = {"Simulator", "simulate", "strategy_schema"}
"""What the package itself does not use of a face: people who run the simulator, or write strategies, in their tests
do."""

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
    "asyncio": {
        "alerts",
        "bell",
        "catalog",
        "kis",
        "notify",
        "simulator",
        "storage",
        "strategies",
        "streams",
        "trading",
    },
    "anyio": {"cli", "confirm", "server", "wiring"},
}
"""How a room waits: by anyio where it meets mcp, whose cancellation is anyio's; by asyncio beneath."""

SPEAKS_BOTH = PACKAGE / "storage" / "uninterrupted.py"
"""Guards work beneath from being cancelled above."""

MODULES = sorted(PACKAGE.rglob("*.py"))


@dataclass(slots=True)
class Source:
    """What a file's code uses.

    Attributes:
        imports: Every module that it imports, by a statement or by its name in a string.
        from_imports: Each module that it imports names from, and those names.
        names: Every name, as a name, an attribute, an import or a string such as a quoted type.
        texts: Every string.
        calls: The plain functions that it calls, as often as it does.
    """

    imports: set[str] = field(default_factory=set)
    from_imports: dict[str, set[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)


@cache
def source(path: Path) -> Source:
    found = Source()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) | ast.ClassDef(name=name):
                found.names.add(name)
            case ast.Import(names=aliases):
                found.imports |= {alias.name for alias in aliases}
            case ast.ImportFrom(module=str(module), names=aliases, level=0):
                names = {alias.name for alias in aliases}
                found.from_imports.setdefault(module, set()).update(names)
                found.imports |= {module, *(f"{module}.{name}" for name in names)}
            case ast.ImportFrom():
                raise AssertionError(f"{path} imports relatively")
            case ast.Constant(value=str(text)):
                found.texts.add(text)
            case ast.Call(func=ast.Name(id=name)):
                found.calls.append(name)
            case _:
                pass
    found.names |= found.texts
    found.imports |= {text for text in found.texts if text.startswith("kis_mcp.") or text in OUTSIDE_LIBRARIES}
    return found


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def part_of(path: Path) -> str:
    """The folder or module of a room that a file belongs to; empty for a room that is one module."""
    return "".join(path.relative_to(PACKAGE).with_suffix("").parts[1:2])


def rooms(names: set[str]) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith("kis_mcp.")} - {"__version__"}


def is_in(path: Path, package: str) -> bool:
    return path.is_relative_to(PACKAGE.parent.joinpath(*package.split(".")))


def wrong(found: Mapping[Path, Iterable[str]]) -> dict[str, list[str]]:
    """The modules of which something wrong was found, and what."""
    return {module_of(path): sorted(names) for path, names in found.items() if names}


def test_a_module_imports_only_what_its_room_may_touch() -> None:
    known = [path for path in MODULES if room_of(path) in OUTER_ROOMS]
    found = {path: rooms(source(path).imports) - OUTER_ROOMS[room_of(path)] - {room_of(path)} for path in known}
    assert wrong(found) == {}


def test_a_part_of_a_room_imports_only_the_parts_before_it() -> None:
    assert wrong({path: later_parts(path) for path in MODULES}) == {}


def later_parts(path: Path) -> set[str]:
    """The parts of a file's own room that it imports though they come after its own."""
    room, part = room_of(path), part_of(path)
    order = ROOMS_IN_ORDER.get(room, ())
    used = {name.split(".")[2] for name in source(path).imports if name.startswith(f"kis_mcp.{room}.")}
    return used & set(order[order.index(part) + 1 :]) if part in order else set()


def test_a_package_with_a_face_is_used_by_its_face() -> None:
    assert wrong({path: behind_faces(path) for path in MODULES}) == {}


def behind_faces(path: Path) -> set[str]:
    """The modules of other packages with a face that a file imports names from."""
    others = tuple(f"{face}." for face in FACES if not is_in(path, face))
    return {module for module in source(path).from_imports if module.startswith(others)}


@pytest.mark.parametrize("face", sorted(FACES))
def test_a_face_hands_on_all_that_it_names_and_nothing_that_is_unused(face: str) -> None:
    package = import_module(face)
    assert [name for name in package.__all__ if not hasattr(package, name)] == []
    assert not hasattr(package, "no_such_name")
    used = {
        name
        for path in MODULES
        if not is_in(path, face)
        for module, names in source(path).from_imports.items()
        if f"{module}.".startswith(f"{face}.")
        for name in names
    }
    assert set(package.__all__) - used <= FOR_OTHERS_TESTS


def test_what_is_imported_in_a_thread_is_no_module_that_its_package_imports_itself() -> None:
    """Two threads would wait for each other: one has the module and waits for the package, one the other way round."""
    texts = {text for path in MODULES if room_of(path) == "wiring" for text in source(path).texts}
    named = {text for text in texts if text.startswith("kis_mcp.")}
    packages = {name: PACKAGE.parent.joinpath(*name.split(".")[:-1], "__init__.py") for name in named}
    assert named > {"kis_mcp.storage.journal", "kis_mcp.trading.desk"}
    assert [name for name, package in packages.items() if name in source(package).imports] == []


def test_the_inside_knows_no_transport_and_no_store() -> None:
    inside = [path for path in MODULES if room_of(path) in INSIDE]
    assert wrong({path: libraries(path) & OUTSIDE_LIBRARIES for path in inside}) == {}


def test_only_the_server_and_the_command_line_know_mcp() -> None:
    others = [path for path in MODULES if room_of(path) not in ("server", "cli")]
    assert wrong({path: libraries(path) & {"mcp", "mcp_types"} for path in others}) == {}


def libraries(path: Path) -> set[str]:
    return {name.split(".")[0] for name in source(path).imports}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_room_waits_in_one_dialect(dialect: str) -> None:
    speakers = {path for path in MODULES if dialect in libraries(path)}
    assert {room_of(path) for path in speakers - {SPEAKS_BOTH}} == DIALECTS[dialect]


def test_every_room_of_the_package_has_its_arrows() -> None:
    assert {room_of(path) for path in MODULES} - {"__init__"} == OUTER_ROOMS.keys()


@pytest.mark.parametrize("ordered", ROOMS_IN_ORDER)
def test_every_part_of_an_ordered_room_has_its_place(ordered: str) -> None:
    parts = {part_of(path) for path in MODULES if room_of(path) == ordered}
    assert parts - {"__init__"} == set(ROOMS_IN_ORDER[ordered])


def test_only_the_command_line_prints() -> None:
    assert [path for path in MODULES if room_of(path) != "cli" and "print" in source(path).calls] == []


def test_every_error_is_one_of_the_tree_and_none_is_the_bare_base() -> None:
    defined: dict[str, Path] = {}
    for path in (path for path in MODULES if "KisMcpError" in source(path).names):
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


def test_only_the_sending_module_holds_the_port_that_orders() -> None:
    using = {module_of(path) for path in MODULES if "KisOrders" in source(path).names}
    assert using == {"trading/kis", "trading/desk/sending"}


def test_no_tool_that_orders_reaches_a_mandate() -> None:
    naming = {
        module_of(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "propose"
        and any(argument.arg in ("mandate_id", None) for argument in node.keywords)
    }
    assert naming == {"trading/desk/mandated"}
    parameters = {parameter.name for api in catalog().apis for parameter in all_parameters(api) if api.risk == "order"}
    assert not [name for name in parameters if "mandate" in name]


def test_arguments_count_as_checked_only_where_they_are_checked() -> None:
    making = [module_of(path) for path in MODULES for name in source(path).calls if name == "CheckedArguments"]
    assert making == ["catalog/arguments"]
