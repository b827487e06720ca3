"""The language of what people read: texts are English in the code, and Korean by a catalogue of sentences."""

from kis_mcp.language.errors import said_error
from kis_mcp.language.texts import Language, Say, say_in

__all__ = ["Language", "Say", "said_error", "say_in"]
