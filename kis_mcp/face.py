"""A package's face: each of its names is imported when it is first used, as the stub beside it lists them."""

import re
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

_IMPORT = re.compile(r"^from \.([\w.]+) import (\([^)]*\)|.*)$", re.MULTILINE)
_NAME = re.compile(r"(\w+) as \1\b")


def lazy_face(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """The ``__getattr__``, ``__dir__`` and ``__all__`` of a package whose names are lines such as
    ``from .pin import Pin as Pin`` in its ``__init__.pyi``.

    The stub is read as text: Python up to 3.11.7 fails with a SystemError where two threads make syntax trees at the
    same time (python/cpython#106905), and packages are imported in threads.

    Args:
        package: Its ``__name__``.
        file: Its ``__file__``.
    """
    stub = Path(file).with_suffix(".pyi").read_text(encoding="utf-8")
    modules = {name: module for module, names in _IMPORT.findall(stub) for name in _NAME.findall(names)}

    def find(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name, obj=sys.modules[package])
        value = getattr(import_module(f"{package}.{modules[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    return find, lambda: sorted(modules), sorted(modules)
