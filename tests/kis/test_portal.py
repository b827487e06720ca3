"""The portal's answers as recorded, over a real socket."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

from kis_mcp.catalog.drift import Notice, PortalApi, PortalElement
from kis_mcp.kis.portal import PORTAL_URL, Portal, PortalError
from tests.kis.fake_kis import Answered, Break, FakeKis, FakeTime
from tests.kis.portal_pages import RECENT, document, line, notices

PATH = "/uapi/domestic-stock/v1/quotations/inquire-price"
DAY = date(2026, 6, 3)
PAGE = document(PATH, ["FID_INPUT_ISCD"], {"output1": ["stck_prpr"], "output2": ["stck_oprc", "stck_hgpr"]})


@pytest.fixture
async def portal(kis: FakeKis, time: FakeTime) -> AsyncIterator[Portal]:
    portal = Portal(time.timer, kis.url)
    yield portal
    await portal.aclose()


def without(page: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in page.items() if name != key}


async def test_a_document_is_read_in_its_order_with_its_blocks_and_days(portal: Portal, kis: FakeKis) -> None:
    kis.script.append(Answered(PAGE))
    top = tuple(PortalElement(name, DAY) for name in ("rt_cd", "msg_cd", "msg1"))
    assert await portal.api(PATH) == PortalApi(
        (PortalElement("FID_INPUT_ISCD", DAY),),
        (
            *top,
            PortalElement("output1", DAY, is_block=True),
            PortalElement("stck_prpr", DAY),
            PortalElement("output2", DAY, is_block=True),
            PortalElement("stck_oprc", DAY),
            PortalElement("stck_hgpr", DAY),
        ),
    )
    (seen,) = kis.seen
    assert (seen.method, seen.path, seen.query) == ("GET", "/api/apis/public/detail", {"accessUrl": PATH})


async def test_a_line_that_holds_others_is_a_block_whatever_its_type(portal: Portal, kis: FakeKis) -> None:
    lines = [line("res_b", "004", "output"), line("res_b", "004.001", "price")]
    kis.script.append(Answered({"accessUrl": PATH, "apiPropertys": lines}))
    assert [element.is_block for element in (await portal.api(PATH)).response] == [True, False]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        (RECENT, date(2026, 10, 7)),
        ("2026-10-07 09:00:00.123", date(2026, 10, 7)),
        ("2026-10-06T23:00:00+00:00", date(2026, 10, 7)),
        (1_791_331_200_000, date(2026, 10, 7)),
        ("yesterday", None),
        (None, None),
        (True, None),
        ([2026, 10, 7], None),
    ],
)
async def test_a_day_is_read_as_far_as_it_is_clear(
    portal: Portal, kis: FakeKis, written: Any, day: date | None
) -> None:
    kis.script.append(
        Answered({"accessUrl": PATH, "apiPropertys": [{**line("res_b", "1", "a"), "lastModifiedDate": written}]})
    )
    assert (await portal.api(PATH)).response == (PortalElement("a", day),)


@pytest.mark.parametrize(
    "answer",
    [
        Answered(b"<html>login</html>"),
        Answered(b"[" * 100_000),
        Answered(PAGE, status=500),
        Answered(PAGE, status=302, headers={"location": "http://127.0.0.1:1/"}),
        Answered(b"[]"),
        Answered(b"null"),
        Answered({}),
        Answered(without(PAGE, "accessUrl")),
        Answered({**PAGE, "accessUrl": "/uapi/another"}),
        Answered(without(PAGE, "apiPropertys")),
        Answered({**PAGE, "apiPropertys": []}),
        Answered({**PAGE, "apiPropertys": {"a": 1}}),
        Answered({**PAGE, "apiPropertys": ["a"]}),
        Answered({**PAGE, "apiPropertys": [line("req_b", "001", "A")]}),
        Answered({**PAGE, "apiPropertys": [line("res_b", "001", "A"), line("output", "001", "B")]}),
        Answered({**PAGE, "apiPropertys": [line("res_b", "first", "A")]}),
        Answered({**PAGE, "apiPropertys": [line("res_b", "001", " ")]}),
        Answered({**PAGE, "apiPropertys": [{**line("res_b", "001", "A"), "propertyOrder": None}]}),
        Answered({**PAGE, "padding": "x" * 2_100_000}),
    ],
)
async def test_a_document_of_another_shape_is_an_error_and_no_empty_document(
    portal: Portal, kis: FakeKis, answer: Answered
) -> None:
    kis.script.append(answer)
    with pytest.raises(PortalError) as raised:
        await portal.api(PATH)
    assert not raised.value.is_unreachable
    assert len(kis.seen) == 1


@pytest.mark.parametrize("how", [Break.RESET, Break.HALF])
async def test_a_portal_that_breaks_off_was_not_reached(portal: Portal, kis: FakeKis, how: Break) -> None:
    kis.script.append(how)
    with pytest.raises(PortalError) as raised:
        await portal.api(PATH)
    assert raised.value.is_unreachable


async def test_notices_are_read_with_day_title_and_page(portal: Portal, kis: FakeKis) -> None:
    kis.script.append(Answered(notices(("2026-09-16T17:43:45+09:00", "유량제한"), (RECENT, "새 필드"))))
    page = f"{kis.url}/community/10000000-0000-0011-0000-000000000001/post"
    assert await portal.notices() == (
        Notice(date(2026, 10, 7), "새 필드", f"{page}/post-2"),
        Notice(date(2026, 9, 16), "유량제한", f"{page}/post-1"),
    )
    (seen,) = kis.seen
    assert seen.path == "/api/forums/10000000-0000-0011-0000-000000000001/posts"
    assert seen.query == {"page": "0", "size": "50", "sort": "createdDate,desc"}


@pytest.mark.parametrize("wrap", [lambda posts: posts, lambda posts: {"data": {"list": posts}}], ids=["bare", "deeper"])
async def test_a_list_of_notices_is_found_however_it_is_wrapped(portal: Portal, kis: FakeKis, wrap: Any) -> None:
    kis.script.append(Answered(wrap([{"id": "a", "createdDate": RECENT}])))
    (notice,) = await portal.notices()
    assert notice.title == "(the title could not be read)"


@pytest.mark.parametrize(
    "body", [{}, {"content": []}, {"content": [{"title": "no day"}]}, {"content": [{"createdDate": "soon"}]}]
)
async def test_notices_of_another_shape_are_an_error_and_no_empty_list(
    portal: Portal, kis: FakeKis, body: dict[str, Any]
) -> None:
    kis.script.append(Answered(body))
    with pytest.raises(PortalError):
        await portal.notices()


async def test_no_key_and_no_cookie_is_sent_and_two_requests_take_half_a_second(
    kis: FakeKis, time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("KIS_APP_KEY", "KIS_APP_SECRET", "KIS_URL_REST"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/secret")
    portal = Portal(time.timer, kis.url)
    kis.script.extend([Answered(PAGE, headers={"set-cookie": "session=1; path=/"})] * 3)
    started = time.seconds
    for _ in range(3):
        await portal.api(PATH)
    await portal.aclose()
    assert time.seconds - started >= 1
    for seen in kis.seen:
        assert set(seen.headers) == {"host", "accept", "accept-encoding", "connection", "user-agent"}


def test_the_address_is_fixed() -> None:
    assert PORTAL_URL == "https://apiportal.koreainvestment.com"
