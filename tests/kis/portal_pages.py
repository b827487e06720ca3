"""Pages of KIS' portal in the shapes that public programs have recorded, with elements of one's choice."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

OLD = "2026-06-03T10:00:00+09:00"
RECENT = "2026-10-07T10:00:00+09:00"


def line(body_type: str, order: str, name: str, kind: str = "A0001", modified: str = OLD) -> dict[str, Any]:
    return {
        "id": f"id-of-{order}",
        "bodyType": body_type,
        "propertyCd": name,
        "propertyNm": "한글명",
        "propertyType": kind,
        "propertyOrder": order,
        "propertyLength": "10",
        "requireYn": "Y",
        "description": "설명",
        "recordState": "ACTIVE",
        "createdDate": OLD,
        "lastModifiedDate": modified,
    }


def document(path: str, request: Sequence[str], response: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """An API's page; elements of the block "" stand at the top. Its lines come in no order, as the portal's may."""
    headers = [line("req_h", "001", "authorization"), line("res_h", "001", "tr_id")]
    lines = [line("req_b", f"{number:03}", name) for number, name in enumerate(request, 1)]
    lines += list(_response_lines(response))
    return {
        "id": "an-id",
        "name": "이름",
        "apiType": "REST",
        "httpMethod": "GET",
        "accessUrl": path,
        "realTrId": "TR",
        "virtualTrId": None,
        "apiPropertys": [*headers, *reversed(lines)],
    }


def notices(*posts: tuple[str, str]) -> dict[str, Any]:
    """A page of notices: when each was posted, and its title."""
    content = [
        {"id": f"post-{number}", "title": title, "createdDate": at} for number, (at, title) in enumerate(posts, 1)
    ]
    return {"content": content, "totalElements": len(content), "sort": []}


def _response_lines(response: Mapping[str, Sequence[str]]) -> Iterator[dict[str, Any]]:
    number = 0
    for name in () if "" in response and len(response) == 1 else ("rt_cd", "msg_cd", "msg1"):
        number += 1
        yield line("res_b", f"{number:03}", name)
    for block, elements in response.items():
        if block:
            number += 1
            yield line("res_b", f"{number:03}", block, "A0005")
        for place, element in enumerate(elements, 1):
            if block:
                yield line("res_b", f"{number:03}.{place:03}", element)
            else:
                number += 1
                yield line("res_b", f"{number:03}", element)
