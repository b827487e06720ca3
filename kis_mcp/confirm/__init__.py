"""How a person is asked to confirm: the choice of a way, the preview's token, the PIN, and the page of this machine.

Each name is imported when it is first used: `__init__.pyi` lists them.
"""

from kis_mcp.face import lazy_face

__getattr__, __dir__, __all__ = lazy_face(__name__, __file__)
