"""The table held against a portal on loopback."""

from collections.abc import AsyncIterator
from datetime import date

import pytest

from kis_mcp.catalog.drift import Difference, Drift, request_elements
from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import Api
from kis_mcp.errors import KisUnavailable
from kis_mcp.wiring import read_drift
from kis_mcp.wiring.drift import MOST_FAILURES
from tests.kis.fake_kis import Answered, FakeKis, FakeTime
from tests.kis.portal_pages import RECENT, document, notices

EDITION = date(2026, 9, 11)
APIS = Catalog(corrected=False).category("domestic_stock")
CCNL = next(api for api in APIS if api.tool == "domestic_stock_ccnl_krx")
BALANCE = next(api for api in APIS if api.tool == "domestic_stock_inquire_balance")


@pytest.fixture
async def portal() -> AsyncIterator[FakeKis]:
    async with FakeKis().running() as portal:
        yield portal


def page(api: Api, *more: str) -> Answered:
    """The portal's page of an API as the table has it, with more elements at its end."""
    blocks = {block.key: [field.element for field in block.fields] for block in api.blocks}
    blocks[api.blocks[-1].key] += more
    return Answered(document(api.path, sorted(request_elements(api)), blocks))


async def read(portal: FakeKis, *apis: Api) -> tuple[Drift, list[int]]:
    progress = list[int]()
    drift = await read_drift(apis, EDITION, progress.append, base_url=portal.url, timer=FakeTime().timer)
    return drift, progress


OLD_NOTICES = Answered(notices(("2026-09-11T18:00:00+09:00", "old")))


async def test_a_portal_like_the_table_leaves_nothing_to_tell(portal: FakeKis) -> None:
    portal.script.extend([OLD_NOTICES, page(CCNL), page(BALANCE)])
    assert await read(portal, CCNL, BALANCE) == (Drift(EDITION, 2, (), (), ()), [1, 2])


async def test_newer_fields_and_notices_are_told(portal: FakeKis) -> None:
    portal.script.extend([Answered(notices((RECENT, "new"), ("2026-09-09T09:00:00+09:00", "old"))), page(CCNL, "X")])
    drift, _ = await read(portal, CCNL)
    assert [(notice.date, notice.title) for notice in drift.notices] == [(date(2026, 10, 7), "new")]
    assert drift.differences == (Difference(CCNL.tool, "response", "only on the portal", ("X",), 47, 48),)


async def test_what_cannot_be_read_is_told_and_the_rest_is_compared(portal: FakeKis) -> None:
    portal.script.extend([Answered({"unknown": 1}), Answered({"unknown": 1}), page(BALANCE)])
    drift, _ = await read(portal, CCNL, BALANCE)
    assert [what for what, _ in drift.unread] == ["notices", CCNL.tool]
    assert drift.compared == 1


async def test_a_portal_that_answers_nothing_known_is_left_alone(portal: FakeKis) -> None:
    portal.script.extend([OLD_NOTICES, page(APIS[0]), *[Answered(b"", 503)] * 20])
    drift, _ = await read(portal, *APIS[:20])
    assert len(portal.seen) == 2 + MOST_FAILURES
    assert [what for what, _ in drift.unread] == [api.tool for api in APIS[1:20]]
    assert drift.compared == 1


async def test_single_documents_that_cannot_be_read_do_not_end_the_asking(portal: FakeKis) -> None:
    apis, script = APIS[: 2 * MOST_FAILURES + 2], [OLD_NOTICES]
    for number, api in enumerate(apis):
        script.append(page(api) if number % 2 else Answered(b"", 503))
    portal.script.extend(script)
    drift, progress = await read(portal, *apis)
    assert drift.compared == MOST_FAILURES + 1
    assert progress[-1] == len(apis)


PSAMOUNT_REQUEST = ("CANO", "ACNT_PRDT_CD", "OVRS_FUTR_FX_PDNO", "SLL_BUY_DVSN_CD", "FM_ORD_PRIC", "ECIS_RSVN_ORD_YN")
PSAMOUNT_RESPONSE = (
    "cano",
    "acnt_prdt_cd",
    "ovrs_futr_fx_pdno",
    "crcy_cd",
    "sll_buy_dvsn_cd",
    "fm_ustl_qty",
    "fm_lqd_psbl_qty",
    "fm_new_ord_psbl_qty",
    "fm_tot_ord_psbl_qty",
    "fm_mkpr_tot_ord_psbl_qty",
)
"""As the portal had them when smallfish06/krsec recorded it."""


async def test_a_recorded_document_is_compared_as_it_stands(portal: FakeKis) -> None:
    api = Catalog(corrected=False).find("overseas_fo_inquire_psamount")
    assert api
    recorded = document(api.path, PSAMOUNT_REQUEST, {"output": PSAMOUNT_RESPONSE})
    portal.script.extend([OLD_NOTICES, Answered(recorded)])
    assert (await read(portal, api))[0] == Drift(EDITION, 1, (), (), ())


async def test_a_full_page_of_newer_notices_is_not_taken_for_all(portal: FakeKis) -> None:
    portal.script.append(Answered(notices(*[(RECENT, "new")] * 50)))
    drift, _ = await read(portal)
    assert len(drift.notices) == 50
    assert drift.unread == (("notices", "There may be more than the newest 50."),)


async def test_without_a_network_nothing_is_said_of_the_table(portal: FakeKis) -> None:
    portal.stop_listening()
    with pytest.raises(KisUnavailable, match=r"could not be reached .* not known"):
        await read(portal, CCNL)
