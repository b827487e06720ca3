"""KIS' keys as `kis-mcp setup` keeps them: in the keychain of the operating system, or sealed with a passphrase.

Each name is imported when it is first used: `__init__.pyi` lists them.
"""

from kis_mcp.face import lazy_face

__getattr__, __dir__, __all__ = lazy_face(__name__, __file__)
