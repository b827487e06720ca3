"""Strategies over history: fills, costs, results, search and reports.

Each name is imported when it is first used: `__init__.pyi` lists them.
"""

# pyright: reportUnknownVariableType=false
import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
