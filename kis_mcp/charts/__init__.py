"""Pictures as SVG: candles, a day's line, an order book, holdings and profits. Data in, text out; nothing is read.

Each name is imported when it is first used: `__init__.pyi` lists them.
"""

from kis_mcp.face import lazy_face

__getattr__, __dir__, __all__ = lazy_face(__name__, __file__)
