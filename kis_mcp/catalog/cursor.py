"""Opaque cursors: where a list goes on, bound to the call that it belongs to."""

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from kis_mcp.catalog.render import to_json
from kis_mcp.catalog.reserved import CURSOR, RESERVED_NAMES
from kis_mcp.errors import BadArgument

_MOST_BYTES = 8_000
_ACCOUNT = "\x00"


@dataclass(frozen=True, slots=True)
class PagePosition:
    """A place in a list.

    Attributes:
        keys: KIS' continuation elements of the page, None for the first page.
        offset: How many rows from there on were seen already.
    """

    keys: Mapping[str, str] | None = None
    offset: int = 0


class Cursor:
    """Cursors of one call: of its tool and arguments, in its environment.

    Args:
        environment: Where the call goes.
        tool: The tool.
        values: Its arguments; those that every list tool takes may change from page to page.
        account_number: Blotted out of the continuation keys, which repeat it.
    """

    def __init__(self, environment: str, tool: str, values: Mapping[str, object], account_number: str = "") -> None:
        own = {name: value for name, value in values.items() if name not in RESERVED_NAMES}
        call = json.dumps([environment, tool, account_number, to_json(own)], sort_keys=True)
        self._digest = hashlib.sha256(call.encode()).hexdigest()[:16]
        self._account_number = account_number

    def write(self, position: PagePosition) -> str:
        keys = position.keys
        if keys is not None and self._account_number:
            keys = {element: text.replace(self._account_number, _ACCOUNT) for element, text in keys.items()}
        content = json.dumps([self._digest, keys, position.offset], separators=(",", ":"))
        return base64.urlsafe_b64encode(zlib.compress(content.encode())).decode().rstrip("=")

    def read(self, text: str) -> PagePosition:
        """The place that a cursor of this call stands for.

        Raises:
            BadArgument: It is of another call, or no cursor at all.
        """
        try:
            packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            content: Any = json.loads(zlib.decompressobj().decompress(packed, _MOST_BYTES))
            digest, keys, offset = content
            position = PagePosition(None if keys is None else self._unmask(keys), int(offset))
        except (binascii.Error, zlib.error, ValueError, TypeError, AttributeError):
            raise _refused("is no cursor") from None
        if digest != self._digest or position.offset < 0:
            raise _refused("belongs to another call")
        return position

    def _unmask(self, keys: Any) -> dict[str, str]:
        items = cast(Mapping[Any, Any], keys).items()
        return {str(element): str(text).replace(_ACCOUNT, self._account_number) for element, text in items}


def _refused(what: str) -> BadArgument:
    return BadArgument(
        f"The cursor {what}.",
        remedy="Give next_cursor of the last answer, with the same tool and arguments, or leave cursor out.",
        field=CURSOR,
    )
