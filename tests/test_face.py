"""The faces whose names are imported when they are first used."""

import ast
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import kis_mcp
from kis_mcp.face import lazy_face

STUBS = sorted(Path(kis_mcp.__file__).parent.rglob("__init__.pyi"))


def names_in(stub: Path) -> dict[str, str]:
    """Each name of a stub, and its module."""
    return {
        alias.asname or alias.name: f"{node.module}"
        for node in ast.walk(ast.parse(stub.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def package_of(stub: Path) -> ModuleType:
    return import_module(".".join(("kis_mcp", *stub.parent.relative_to(Path(kis_mcp.__file__).parent).parts)))


@pytest.mark.parametrize("stub", STUBS, ids=lambda stub: stub.parent.name)
def test_a_face_finds_every_name_of_its_stub_in_the_module_that_the_stub_tells(stub: Path) -> None:
    package = package_of(stub)
    find, names, everything = lazy_face(package.__name__, str(package.__file__))
    assert names() == everything == sorted(names_in(stub))
    found = {name: find(name) for name in everything}
    assert found == {
        name: getattr(import_module(f"{package.__name__}.{module}"), name) for name, module in names_in(stub).items()
    }


@pytest.mark.parametrize("stub", STUBS, ids=lambda stub: stub.parent.name)
def test_no_name_of_a_face_is_that_of_a_module_which_would_take_its_place_when_it_is_imported(stub: Path) -> None:
    assert names_in(stub).keys().isdisjoint(path.stem for path in stub.parent.iterdir())


def test_what_a_face_lacks_is_an_attribute_error_that_names_both() -> None:
    package = package_of(STUBS[0])
    with pytest.raises(AttributeError, match=f"module '{package.__name__}' has no attribute 'no_such_name'"):
        _ = package.no_such_name


@pytest.mark.parametrize("stub", STUBS, ids=lambda stub: stub.parent.name)
def test_no_syntax_tree_is_made_for_it_which_fails_in_two_threads(stub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise SystemError("AST constructor recursion depth mismatch")

    package = package_of(stub)
    monkeypatch.setattr(ast, "parse", fail)
    monkeypatch.setattr("builtins.compile", fail)
    assert lazy_face(package.__name__, str(package.__file__))[2]
