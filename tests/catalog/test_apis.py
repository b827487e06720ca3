import asyncio
import json
from collections.abc import Callable

import pytest

from kis_mcp.account import Account
from kis_mcp.catalog.apis import MOST_CHARACTERS, MOST_PAGES, KisApis
from kis_mcp.catalog.arguments import check_arguments
from kis_mcp.catalog.decode import Decoded
from kis_mcp.catalog.gateway import KisReply, KisRequest, WaitReporter, reading_for_an_order
from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import Api
from kis_mcp.catalog.render import to_json
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument, CredentialsError, KisUnavailable, NotInEnvironment, OrderStateUnknown
from tests.catalog.fakes import FakeClock, FakeGateway, MemoryCache, at_once

FindApi = Callable[[str], Api]
ACCOUNT = Account("50000001", "01")
PERIOD = {"start_date": "2026-05-01", "end_date": "2026-05-29"}
FILLS = "domestic_stock_fills"
CHANGED = KisUnavailable("Changed.", remedy="Again.", kis_code="SYDB0050", kis_message="조회 이후 자료 변경")


class World:
    """KIS' APIs over a fake KIS."""

    def __init__(self, small: Catalog, environment: Environment = Environment.SIM, **settings: object) -> None:
        self.clock = FakeClock()
        self.cache = MemoryCache(self.clock)
        self.gateway = FakeGateway(lambda request: KisReply({"output": {"stck_prpr": "1"}}))
        self.apis = KisApis(
            small,
            self.gateway,
            self.cache,
            environment=environment,
            accounts=settings.get("accounts", {"stock": ACCOUNT}),  # type: ignore[arg-type]
            clock=self.clock,
        )

    def serve_fills(self, count: int, page_size: int = 3) -> None:
        """Have KIS answer with so many fills, page by page, as it pages by header."""

        def answer(request: KisRequest) -> KisReply:
            start = int(request.elements["CTX_AREA_NK100"] or 0)
            end = min(start + page_size, count)
            rows = [{"odno": f"{n:010}", "stck_prpr": str(n), "hts_kor_isnm": "x" * 50} for n in range(start, end)]
            keys = {"ctx_area_fk100": f"{ACCOUNT.number}^01", "ctx_area_nk100": str(end)}
            return KisReply({"output1": rows, "output2": {"stck_prpr": "9"}, **keys}, "M" if end < count else "D")

        self.gateway.answer = answer


@pytest.fixture
def world(small: Catalog) -> World:
    return World(small)


def prices(blocks: object) -> list[object]:
    assert isinstance(blocks, list)
    return [row["price"] for row in blocks]


async def test_a_call_answers_with_named_and_typed_blocks(world: World, api: FindApi) -> None:
    page = await world.apis.call(check_arguments(api("quote"), {"symbol": "005930"}))
    assert page.blocks == {"quote": {"price": 1}}
    assert (page.complete, page.next_cursor, page.notes, page.as_of) == (True, None, [], world.clock.now)


@pytest.mark.parametrize(
    ("output", "is_noted"), [({"stck_prpr": "0"}, True), ({}, True), ({"stck_prpr": "70000"}, False)]
)
async def test_a_quote_of_blanks_says_that_kis_may_not_know_the_symbol(
    world: World, api: FindApi, output: dict[str, str], is_noted: bool
) -> None:
    world.gateway.answer = lambda request: KisReply({"output": output})
    page = await world.apis.call(check_arguments(api("quote"), {"symbol": "005930"}))
    noted = "KIS answers with blanks only: it knows no 005930 here, or has nothing of it. Check the symbol."
    assert (noted in page.notes) is is_noted


async def test_bad_arguments_are_refused_before_the_network(world: World, api: FindApi) -> None:
    with pytest.raises(BadArgument):
        await world.apis.call(check_arguments(api("quote"), {"symbol": "1"}))
    assert world.gateway.read_requests == []


async def test_what_demo_lacks_is_refused_before_the_network(small: Catalog, api: FindApi) -> None:
    world = World(small, Environment.DEMO)
    with pytest.raises(NotInEnvironment, match="one by one"):
        await world.apis.call(check_arguments(api("many"), {"symbols": ["005930"]}))
    with pytest.raises(NotInEnvironment):
        await world.apis.call(check_arguments(api("quote"), {"symbol": "005930", "market": "nxt"}))
    assert world.gateway.read_requests == []


async def test_a_missing_account_is_refused_before_the_network(small: Catalog) -> None:
    world = World(small, accounts={})
    with pytest.raises(CredentialsError, match="KIS_ACCT_STOCK"):
        await world.apis.rows(FILLS, PERIOD)
    assert world.gateway.read_requests == []


async def test_pages_are_followed_to_the_limit_and_then_by_cursor(world: World, api: FindApi) -> None:
    world.serve_fills(10)
    first = await world.apis.call(check_arguments(api("fills"), PERIOD | {"limit": 7}))
    assert prices(first.blocks["fills"]) == list(range(7))
    assert first.blocks["totals"] == {"amount": 9}
    assert not first.complete
    second = await world.apis.call(check_arguments(api("fills"), PERIOD | {"limit": 7, "cursor": first.next_cursor}))
    assert prices(second.blocks["fills"]) == [7, 8, 9]
    assert (second.complete, second.next_cursor) == (True, None)


async def test_a_cursor_of_other_arguments_is_refused_before_the_network(world: World, api: FindApi) -> None:
    world.serve_fills(10)
    first = await world.apis.call(check_arguments(api("fills"), PERIOD | {"limit": 7}))
    asked = len(world.gateway.read_requests)
    with pytest.raises(BadArgument, match="another call"):
        await world.apis.call(check_arguments(api("fills"), PERIOD | {"side": "buy", "cursor": first.next_cursor}))
    assert len(world.gateway.read_requests) == asked


async def test_a_list_stays_within_the_size_budget(world: World, api: FindApi) -> None:
    world.serve_fills(1500, page_size=500)
    page = await world.apis.call(check_arguments(api("fills"), PERIOD | {"limit": 1000, "fields": "all"}))
    rows = page.blocks["fills"]
    assert 100 < len(rows) < 1000
    assert len(json.dumps(to_json(rows), ensure_ascii=False, separators=(",", ":"))) < MOST_CHARACTERS + 1000
    assert page.next_cursor


async def test_default_columns_hide_fields_and_say_so(world: World, api: FindApi) -> None:
    world.serve_fills(1)
    page = await world.apis.call(check_arguments(api("fills"), PERIOD))
    assert page.blocks["fills"] == [{"order_number": "0000000000", "price": 0}]
    assert page.notes == ['2 more fields with fields="all".']


async def test_fields_choose_columns_in_their_order(world: World, api: FindApi) -> None:
    world.serve_fills(1)
    page = await world.apis.call(check_arguments(api("fills"), PERIOD | {"fields": ["name", "price"]}))
    assert [list(row) for row in page.blocks["fills"]] == [["name", "price"]]
    everything = await world.apis.call(check_arguments(api("fills"), PERIOD | {"fields": "all"}))
    assert [list(row) for row in everything.blocks["fills"]] == [["order_number", "price", "name"]]


async def test_an_unknown_field_is_refused_with_the_nearest_name(world: World, api: FindApi) -> None:
    with pytest.raises(BadArgument, match="Did you mean price") as raised:
        await world.apis.call(check_arguments(api("fills"), PERIOD | {"fields": ["prise"]}))
    assert raised.value.field == "fields"


async def test_rows_reads_all_pages_and_fields(world: World) -> None:
    world.serve_fills(10)
    decoded = await world.apis.rows(FILLS, PERIOD)
    assert prices(decoded.rows("fills")) == list(range(10))
    assert decoded.rows("fills")[0]["name"] == "x" * 50
    assert decoded.notes == []


async def test_rows_says_when_there_are_more(world: World) -> None:
    world.serve_fills(10)
    decoded = await world.apis.rows(FILLS, PERIOD, max_rows=4)
    assert len(decoded.rows("fills")) == 4
    assert decoded.notes == ["There are more rows than these."]


async def test_data_that_changes_while_paging_is_read_again_from_the_start(world: World) -> None:
    world.serve_fills(5)
    serve, failures = world.gateway.answer, [CHANGED]

    def answer(request: KisRequest) -> KisReply:
        if request.tr_cont == "N" and failures:
            raise failures.pop()
        return serve(request)

    world.gateway.answer = answer
    decoded = await world.apis.rows(FILLS, PERIOD)
    assert prices(decoded.rows("fills")) == list(range(5))
    assert len(world.gateway.read_requests) == 4


async def test_data_that_keeps_changing_ends_early_with_a_note(world: World, api: FindApi) -> None:
    world.serve_fills(5)
    serve = world.gateway.answer

    def answer(request: KisRequest) -> KisReply:
        if request.tr_cont == "N":
            raise CHANGED
        return serve(request)

    world.gateway.answer = answer
    page = await world.apis.call(check_arguments(api("fills"), PERIOD))
    assert prices(page.blocks["fills"]) == [0, 1, 2]
    assert (page.complete, page.next_cursor) == (False, None)
    assert "keeps changing" in page.notes[0]


async def test_data_that_changed_since_the_cursor_asks_for_a_new_call(world: World, api: FindApi) -> None:
    world.serve_fills(10)
    first = await world.apis.call(check_arguments(api("fills"), PERIOD | {"limit": 3}))

    def answer(request: KisRequest) -> KisReply:
        raise CHANGED

    world.gateway.answer = answer
    with pytest.raises(BadArgument, match="without cursor"):
        await world.apis.call(check_arguments(api("fills"), PERIOD | {"cursor": first.next_cursor}))


async def test_paging_ends_even_if_kis_never_does(world: World) -> None:
    def answer(request: KisRequest) -> KisReply:
        number = int(request.elements["CTX_AREA_NK100"] or 0) + 1
        return KisReply({"output1": [{"stck_prpr": str(number)}], "ctx_area_nk100": str(number)}, "M")

    world.gateway.answer = answer
    await world.apis.rows(FILLS, PERIOD)
    assert len(world.gateway.read_requests) == MOST_PAGES


async def test_a_quote_is_asked_for_once_in_five_seconds(world: World, api: FindApi) -> None:
    first = await world.apis.call(check_arguments(api("quote"), {"symbol": "005930"}))
    world.clock.advance(4)
    assert (await world.apis.call(check_arguments(api("quote"), {"symbol": "005930"}))).as_of == first.as_of
    await world.apis.call(check_arguments(api("quote"), {"symbol": "000660"}))
    assert len(world.gateway.read_requests) == 2
    world.clock.advance(2)
    assert (await world.apis.call(check_arguments(api("quote"), {"symbol": "005930"}))).as_of == world.clock.now
    assert len(world.gateway.read_requests) == 3


async def test_fresh_asks_kis_and_renews_what_is_kept(world: World) -> None:
    for fresh in (False, True, False):
        await world.apis.rows("domestic_stock_quote", {"symbol": "005930"}, fresh=fresh)
    assert len(world.gateway.read_requests) == 2


class SlowGateway(FakeGateway):
    """Answers once it is let."""

    def __init__(self, world: World) -> None:
        super().__init__(world.gateway.answer)
        self.may_answer = asyncio.Event()

    async def read(self, request: KisRequest, *, waiting: WaitReporter | None = None) -> KisReply:
        self.read_requests.append(request)
        await self.may_answer.wait()
        return self.answer(request)


async def asked_at_once(world: World, tool: str, count: int, **given: object) -> list[asyncio.Task[Decoded]]:
    """So many reads that wait for KIS."""
    world.gateway = world.apis._gateway = SlowGateway(world)  # type: ignore[assignment]
    reads = [asyncio.create_task(world.apis.rows(tool, given, fresh=number % 2 > 0)) for number in range(count)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return reads


async def test_the_same_read_at_the_same_time_is_sent_once(world: World) -> None:
    reads = await asked_at_once(world, "domestic_stock_quote", 20, symbol="005930")
    with reading_for_an_order():
        urgent = asyncio.create_task(world.apis.rows("domestic_stock_quote", {"symbol": "005930"}, fresh=True))
    other = asyncio.create_task(world.apis.rows("domestic_stock_quote", {"symbol": "000660"}))
    await asyncio.sleep(0)
    world.gateway.may_answer.set()  # type: ignore[attr-defined]
    found = await asyncio.gather(*reads, urgent, other)
    assert len({str(each.blocks) for each in found}) == 1
    assert len(world.gateway.read_requests) == 3  # the twenty, the one that goes before other reads, the other symbol
    await world.apis.rows("domestic_stock_quote", {"symbol": "005930"}, fresh=True)
    assert len(world.gateway.read_requests) == 4


async def test_who_is_cancelled_ends_a_shared_read_only_as_the_last(world: World) -> None:
    first, second = await asked_at_once(world, "domestic_stock_quote", 2, symbol="005930")
    first.cancel()
    await asyncio.sleep(0)
    world.gateway.may_answer.set()  # type: ignore[attr-defined]
    assert (await second).blocks
    assert len(world.gateway.read_requests) == 1
    (alone,) = await asked_at_once(world, "domestic_stock_quote", 1, symbol="000660")
    alone.cancel()
    await asyncio.wait([alone])
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


async def test_a_shared_read_that_fails_fails_for_all_and_is_asked_anew(world: World) -> None:
    def fail(_request: KisRequest) -> KisReply:
        raise KisUnavailable("KIS does not answer.", remedy="Wait.")

    reads = await asked_at_once(world, "domestic_stock_quote", 3, symbol="005930")
    world.gateway.answer, answer = fail, world.gateway.answer
    world.gateway.may_answer.set()  # type: ignore[attr-defined]
    found = await asyncio.gather(*reads, return_exceptions=True)
    assert {type(each) for each in found} == {KisUnavailable}
    world.gateway.answer = answer
    await world.apis.rows("domestic_stock_quote", {"symbol": "005930"})
    assert len(world.gateway.read_requests) == 2


async def test_reads_of_the_account_are_never_shared(world: World) -> None:
    world.serve_fills(1)
    reads = await asked_at_once(world, FILLS, 3, **PERIOD)
    world.gateway.may_answer.set()  # type: ignore[attr-defined]
    await asyncio.gather(*reads)
    assert len(world.gateway.read_requests) == 3


async def test_what_has_no_cache_class_is_always_asked(world: World) -> None:
    for _ in range(2):
        await world.apis.rows("domestic_stock_keyed", {})
    assert len(world.gateway.read_requests) == 2


ORDER = {"country": "us", "side": "buy", "quantity": 1}


async def test_an_order_goes_out_once_and_drops_account_answers(world: World, api: FindApi) -> None:
    world.serve_fills(1)
    await world.apis.rows(FILLS, PERIOD)
    world.gateway.answer = lambda request: KisReply({"output": {"ODNO": "0000000007"}})
    decoded = await world.apis.order(check_arguments(api("order"), ORDER), at_once)
    assert decoded.record("order") == {"order_number": "0000000007"}
    assert [request.tr_id for request in world.gateway.order_requests] == ["B1"]
    world.serve_fills(2)
    assert len((await world.apis.rows(FILLS, PERIOD)).rows("fills")) == 2


async def test_an_order_that_fails_drops_account_answers_too(world: World, api: FindApi) -> None:
    world.serve_fills(1)
    await world.apis.rows(FILLS, PERIOD)

    def answer(request: KisRequest) -> KisReply:
        raise OrderStateUnknown("No answer.", remedy="Look it up.")

    world.gateway.answer = answer
    with pytest.raises(OrderStateUnknown):
        await world.apis.order(check_arguments(api("order"), ORDER), at_once)
    assert world.cache.kept == {}


async def test_an_answer_older_than_an_order_is_not_kept(world: World) -> None:
    world.serve_fills(1)
    serve = world.gateway.answer

    def answer(request: KisRequest) -> KisReply:
        world.apis._orders_sent += 1
        return serve(request)

    world.gateway.answer = answer
    await world.apis.rows(FILLS, PERIOD)
    assert world.cache.kept == {}


async def test_reads_and_orders_are_never_mixed_up(world: World, api: FindApi) -> None:
    with pytest.raises(ValueError, match="sends orders"):
        await world.apis.call(check_arguments(api("order"), ORDER))
    with pytest.raises(ValueError, match="sends orders"):
        await world.apis.rows("domestic_stock_order", ORDER)
    with pytest.raises(ValueError, match="no order"):
        await world.apis.order(check_arguments(api("quote"), {"symbol": "005930"}), at_once)
    assert world.gateway.read_requests == world.gateway.order_requests == []
