"""Strategies over history: fills, costs, results, search and reports.

Each name is imported when it is first used: `__init__.pyi` lists them.
"""

from kis_mcp.face import lazy_face

__getattr__, __dir__, __all__ = lazy_face(__name__, __file__)
