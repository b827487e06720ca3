"""Errors as their reader reads them."""

from kis_mcp.errors import KisMcpError
from kis_mcp.language.texts import Say


def said_error(error: KisMcpError, say: Say) -> KisMcpError:
    """The same error with its own sentences said in a language; KIS' words, its field and its class stay."""
    return type(error)(
        say(error.what),
        remedy=say(error.remedy),
        field=error.field,
        kis_code=error.kis_code,
        kis_message=error.kis_message,
    )
