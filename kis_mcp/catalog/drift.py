"""The spec table beside what KIS' portal documents today: which names, counts and orders differ.

Everything is compared without regard to case. Elements that KIS sends beside every answer, and the keys of paging,
stand in no block of a row and are left out. The order of a request does not matter to KIS and is not compared; that of
a response's fields is, since a live frame is read by it; that of its blocks is not.
"""

from collections import Counter
from collections.abc import Iterator, Sequence, Set as AbstractSet
from dataclasses import dataclass
from datetime import date

from kis_mcp.catalog.model import Api

_IN_EVERY_ANSWER = frozenset({"rt_cd", "msg_cd", "msg1"})
_IN_EVERY_SUBSCRIPTION = frozenset({"tr_id", "tr_type", "approval_key", "custtype", "content-type"})
_ACCOUNT_ELEMENTS = frozenset({"CANO", "ACNT_PRDT_CD"})


@dataclass(frozen=True, slots=True)
class PortalElement:
    """One line of the portal's table of an API.

    Attributes:
        name: The KIS element or, with ``is_block``, the name of a block.
        modified: When KIS last changed the line; None where the portal does not say.
        is_block: Whether it holds other elements instead of a value.
    """

    name: str
    modified: date | None = None
    is_block: bool = False


@dataclass(frozen=True, slots=True)
class PortalApi:
    """What the portal documents of an API: its request and its response, each in the portal's order."""

    request: tuple[PortalElement, ...]
    response: tuple[PortalElement, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice (공지사항) of the portal: its day, its title as KIS wrote it, and the page to read it at."""

    date: date
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which the portal and the table differ.

    Attributes:
        tool: The API's tool.
        part: ``request``, ``response`` or ``blocks``.
        what: ``only on the portal``, ``only in the table``, ``other order`` (the elements from the first to the last
            that stand elsewhere) or ``changed since the edition`` (same name; its text, type or length changed).
        elements: Which, in the portal's order.
        table_count, portal_count: How many elements the part has in the table and on the portal.
    """

    tool: str
    part: str
    what: str
    elements: tuple[str, ...]
    table_count: int
    portal_count: int


@dataclass(frozen=True, slots=True)
class Drift:
    """What is newer on the portal than the table.

    Attributes:
        edition: The edition that the table follows.
        compared: How many APIs could be compared.
        notices: Notices after the edition, newest first.
        differences: By API, in the table's order.
        unread: What could not be read, and why; nothing is known of it.
    """

    edition: date
    compared: int
    notices: tuple[Notice, ...]
    differences: tuple[Difference, ...]
    unread: tuple[tuple[str, str], ...]


def differences(api: Api, portal: PortalApi, edition: date) -> list[Difference]:
    """How the portal's document differs from a row.

    Args:
        api: The row as documented, without corrections: `Catalog(corrected=False)`.
        portal: What the portal says.
        edition: Lines that KIS changed after this day are told even where their names agree.
    """
    beside = _IN_EVERY_SUBSCRIPTION if api.kind == "websocket" else frozenset[str]()
    paging = {element.lower() for element in (api.paging.keys.values() if api.paging else ())}
    places = {element.name.lower(): place for place, element in enumerate(portal.response) if element.is_block}
    blocks = sorted(api.blocks, key=lambda block: places.get(block.key.lower(), len(portal.response)))
    fields = [field.element for block in blocks for field in block.fields]
    values = [element for element in portal.response if not element.is_block]
    keys = [element for element in portal.response if element.is_block]
    return [
        *_compare(api, "request", sorted(request_elements(api)), portal.request, beside, edition),
        *_compare(api, "response", fields, values, paging | _IN_EVERY_ANSWER, edition),
        *_compare(api, "blocks", [block.key for block in blocks if block.key], keys, frozenset(), edition),
    ]


def request_elements(api: Api) -> set[str]:
    """Every element that a row can send, numbered ones written out."""
    elements = set(api.constants)
    if api.paging:
        elements |= set(api.paging.keys) | set(api.paging.marks)
    if api.account:
        elements |= _ACCOUNT_ELEMENTS
    for parameter in api.parameters:
        elements |= set(parameter.also) | set(parameter.same)
        elements |= {name for name in (parameter.count_element, parameter.switch_element) if name}
        if parameter.element and (parameter.is_list or parameter.pairs_with):
            items = parameter if parameter.is_list else api.parameter(parameter.pairs_with or "")
            most = items.max_items if items and items.max_items else 1
            elements |= {parameter.element.format(n=n) for n in range(1, most + 1)}
        elif parameter.element:
            elements.add(parameter.element)
    return elements


def _compare(
    api: Api, part: str, row: Sequence[str], page: Sequence[PortalElement], left_out: AbstractSet[str], edition: date
) -> Iterator[Difference]:
    """The differences of one part; its order counts in the response only."""
    ours = [name for name in row if name.lower() not in left_out]
    lines = [element for element in page if element.name.lower() not in left_out]
    theirs = [element.name for element in lines]
    new, gone = _without(theirs, ours), _without(ours, theirs)
    moved = _moved(theirs, ours) if part == "response" and not new and not gone else ()
    new_names = {name.lower() for name in new}
    changed = (element.name for element in lines if element.modified and element.modified > edition)
    for what, elements in (
        ("only on the portal", new),
        ("only in the table", gone),
        ("other order", moved),
        ("changed since the edition", tuple(name for name in changed if name.lower() not in new_names)),
    ):
        if elements:
            yield Difference(api.tool, part, what, elements, len(ours), len(theirs))


def _without(names: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    """The names that the others lack; one that stands several times counts as often."""
    left = Counter(name.lower() for name in others)
    lacking: list[str] = []
    for name in names:
        if left[name.lower()]:
            left[name.lower()] -= 1
        else:
            lacking.append(name)
    return tuple(lacking)


def _moved(names: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    """From the first to the last name that stands elsewhere among the others."""
    places = [place for place, name in enumerate(names) if name.lower() != others[place].lower()]
    return tuple(names[places[0] : places[-1] + 1]) if places else ()
