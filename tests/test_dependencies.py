"""What the package declares to need is what it imports."""

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
NAMED_ONLY = {
    "aiosqlite": "SQLAlchemy's driver, named in the journal's address",
    "sniffio": "httpcore tries to import it at every request, which is slow where it is missing",
    "tzdata": "zoneinfo's days, where the system has none",
}
OF_WHO_LOADS_IT = {"pytest"}
"""Imported by the plugin of that program alone."""

BROUGHT_ALONG = {"mcp-types", "pydantic-core"}
"""Imported by their own names, and always of the version that mcp and pydantic bring."""


def imported() -> set[str]:
    """The distributions that the package imports."""
    names = set[str]()
    for path in (ROOT / "kis_mcp").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Import():
                    names |= {alias.name.partition(".")[0] for alias in node.names}
                case ast.ImportFrom():
                    names.add(str(node.module).partition(".")[0])
                case ast.Call(func=ast.Name("import_module"), args=[ast.Constant(value=str(name))]):
                    names.add(name.partition(".")[0])
                case _:
                    pass
    of_module = packages_distributions()
    return {canonicalize_name(of_module[name][0]) for name in names - sys.stdlib_module_names - {"kis_mcp"}}


def test_the_package_declares_exactly_what_it_imports() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    assert NAMED_ONLY.keys() <= declared
    assert imported() >= BROUGHT_ALONG
    optional = {canonicalize_name(Requirement(line).name) for line in project["optional-dependencies"]["parquet"]}
    assert optional <= imported()
    assert declared - NAMED_ONLY.keys() == imported() - BROUGHT_ALONG - OF_WHO_LOADS_IT - optional
