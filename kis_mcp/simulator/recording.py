"""A session on record: each request and its answer as a line of JSON, without keys, tokens or account numbers."""

import json
import logging
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import cast

from kis_mcp.clock import KST
from kis_mcp.simulator.wire.received import Received
from kis_mcp.simulator.wire.replies import Reply

_HIDDEN = "********"
_SECRET_PATHS = ("/oauth2/", "/uapi/hashkey")
"""What comes and goes there is secret altogether."""

_PRIVATE = frozenset(
    {"acct_no", "acnt_name", "acnt_no", "acno10", "cano", "csac_name", "ctac_tlno", "cust_id"}
    | {"hts_id", "inqr_ip_addr", "ord_ip_addr", "user_id"}
)
"""Elements that tell who a customer is."""

_log = logging.getLogger(__name__)


class Recorder:
    """Writes to a file; at its end, if it is there already.

    Args:
        path: The file, made with mode 0600 when it is missing.

    Raises:
        OSError: It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)
        self._file = path.open("a", encoding="utf-8")

    def write(self, request: Received, reply: Reply | None, at: datetime) -> None:
        """Keep a request and its answer; None for a connection that was cut.

        A recording that cannot go on ends with a warning: KIS' answers are worth more.
        """
        if self._file.closed:
            return
        is_secret = request.path.startswith(_SECRET_PATHS)
        number = str(request.elements.get("CANO", ""))
        line: dict[str, object] = {
            "at": at.astimezone(KST).isoformat(),
            "host": request.host.value,
            "method": request.method,
            "path": request.path,
            "tr_id": request.tr_id,
            "tr_cont": request.headers.get("tr_cont", ""),
            "elements": {} if is_secret else _hide(request.elements, number),
            "status": reply.status if reply else None,
            "answer_tr_cont": reply.tr_cont if reply else "",
            "answer": None if is_secret or reply is None else _hide(reply.body, number),
        }
        try:
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._file.flush()
        except OSError as error:
            _log.warning("The recording in %s ends here: %s", self._file.name, error)
            self._file.close()

    def close(self) -> None:
        self._file.close()


def _hide(part: object, number: str) -> object:
    """The same without what tells who the customer is; ``number`` is that of the account."""
    match part:
        case Mapping():
            texts = cast("Mapping[str, object]", part)
            return {
                name: _HIDDEN if name.lower() in _PRIVATE and text else _hide(text, number)
                for name, text in texts.items()
            }
        case list():
            return [_hide(each, number) for each in cast("list[object]", part)]
        case str() if number and number in part and not part.strip().isdigit():
            return re.sub(rf"(?<!\d){re.escape(number)}(?!\d)", _HIDDEN, part)  # as continuation keys repeat it
        case _:
            return part
