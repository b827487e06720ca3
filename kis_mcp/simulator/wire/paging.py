"""KIS' continuation keys."""

from collections.abc import Mapping
from dataclasses import dataclass

from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.wire.hosts import Host
from kis_mcp.simulator.wire.replies import wrong_element

_USUAL_ROWS = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows to send, and the continuation elements and header that go with them."""

    start: int
    end: int
    keys: Mapping[str, str]
    tr_cont: str


def page_of(call: Call, rows: int) -> Page:
    """The page of ``rows`` rows that a call asks for.

    With FK and NK keys, FK repeats the question and NK tells where to go on; any other key tells where to go on.

    Raises:
        Refusal: The keys are not those of the page before.
    """
    paging = call.api.paging
    if paging is None or not paging.keys:
        return Page(0, rows, {}, "")
    size = paging.page_rows_demo if call.host is Host.DEMO else paging.page_rows_real
    size = size or paging.page_rows_real or _USUAL_ROWS
    start = _start(call) if not paging.by_header or call.received.headers.get("tr_cont") == "N" else 0
    end = min(start + size, rows)
    more = end < rows
    keys: dict[str, str] = {}
    for element, answered in paging.keys.items():
        width = int(element[-3:]) if element[-3:].isdigit() else 0
        text = _question(call) if _repeats(element) else f"{end:05}" if more else ""
        keys[answered] = text[:width].ljust(width) if width else text
    return Page(start, end, keys, ("M" if more else "D") if paging.by_header else "")


def _start(call: Call) -> int:
    start = 0
    for element in call.api.paging.keys if call.api.paging else ():
        text = call.text(element)
        if _repeats(element):
            width = int(element[-3:]) if element[-3:].isdigit() else None
            if text != _question(call)[:width].strip():
                raise wrong_element(element)
        elif text:
            if not text.isdigit():
                raise wrong_element(element)
            start = int(text)
    return start


def _repeats(element: str) -> bool:
    return element.upper().startswith("CTX_AREA_FK")


def _question(call: Call) -> str:
    keys = {element.upper() for element in call.api.paging.keys} if call.api.paging else set[str]()
    return "^".join(text for element, text in sorted(call.elements.items()) if element not in keys)
