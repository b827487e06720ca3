"""The composition root: what the callers of the package are given to work with.

Each name is imported when it is first used: `__init__.pyi` lists them.
"""

from kis_mcp.face import lazy_face

__getattr__, __dir__, __all__ = lazy_face(__name__, __file__)
