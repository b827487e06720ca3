import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import cast

import pytest

from kis_mcp.catalog.encode import channels
from kis_mcp.catalog.live import Channel, Frame, Gap, SlotUses
from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.model import Api
from kis_mcp.clock import KST
from kis_mcp.errors import BadArgument
from kis_mcp.streams import Stream, Streams

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=KST)
APIS = {api.tool: api for api in catalog().apis if api.kind == "websocket"}
PROGRAMS, STATUS = APIS["domestic_stock_program_trade_krx"], APIS["domestic_stock_market_status_total"]


class FakeGateway:
    def __init__(self) -> None:
        self.registered: list[Channel] = []
        self.refusal: BadArgument | None = None
        self.answer = asyncio.Event()
        self.answer.set()

    async def register(self, channel: Channel) -> None:
        await self.answer.wait()
        if self.refusal:
            raise self.refusal
        self.registered.append(channel)

    async def release(self, channel: Channel) -> None:
        self.registered.remove(channel)

    async def slots(self) -> SlotUses:
        return SlotUses(len(self.registered))

    async def aclose(self) -> None:
        self.registered.clear()

    def channels(self) -> list[Channel]:
        return self.registered


def channel(api: Api, key: str) -> Channel:
    return Channel(api.tr.real[""], key)


def payload(api: Api, *keys: str) -> str:
    return "^".join("^".join([key, *["1"] * (len(api.blocks[0].fields) - 1)]) for key in keys)


def symbols(stream: Stream) -> Sequence[object]:
    return [record[PROGRAMS.blocks[0].fields[0].name] for record in stream.read(0).records]


async def test_a_channel_is_registered_while_somebody_subscribes() -> None:
    gateway = FakeGateway()
    streams = Streams(lambda receiver: gateway)
    samsung = channel(PROGRAMS, "005930")
    first, second = await asyncio.gather(*(streams.subscribe(PROGRAMS, samsung) for _ in range(2)))
    assert first is second
    assert gateway.registered == [samsung]
    await streams.unsubscribe(first)
    assert gateway.registered == [samsung]
    await streams.unsubscribe(second)
    assert (gateway.registered, streams.streams()) == ([], [])


async def test_who_gives_up_a_stream_that_kis_ended_takes_nobodys_new_one() -> None:
    gateway = FakeGateway()
    streams = Streams(lambda receiver: gateway)
    samsung = channel(PROGRAMS, "005930")
    ended = await streams.subscribe(PROGRAMS, samsung)
    streams.report_gap(Gap(NOW, NOW, ((samsung, "no more"),)))
    anothers = await streams.subscribe(PROGRAMS, samsung)
    await streams.unsubscribe(ended)
    assert streams.find(samsung) is anothers


async def test_a_refused_channel_leaves_nothing() -> None:
    gateway = FakeGateway()
    streams = Streams(lambda receiver: gateway)
    gateway.refusal = BadArgument("no", remedy="another")
    with pytest.raises(BadArgument):
        await streams.subscribe(PROGRAMS, channel(PROGRAMS, "005930"))
    assert streams.streams() == []
    streams.receive(Frame("H0STPGM0", 1, payload(PROGRAMS, "005930"), NOW))
    assert streams.astray == 1


async def test_a_frame_that_comes_before_the_answer_is_not_lost() -> None:
    gateway = FakeGateway()
    gateway.answer.clear()
    streams = Streams(lambda receiver: gateway)
    subscribing = asyncio.create_task(streams.subscribe(PROGRAMS, channel(PROGRAMS, "005930")))
    await asyncio.sleep(0)
    streams.receive(Frame("H0STPGM0", 1, payload(PROGRAMS, "005930"), NOW))
    gateway.answer.set()
    assert symbols(await subscribing) == ["005930"]


async def test_the_records_of_a_frame_go_each_to_its_own_stream() -> None:
    streams = Streams(lambda receiver: FakeGateway())
    samsung = await streams.subscribe(PROGRAMS, channel(PROGRAMS, "005930"))
    hynix = await streams.subscribe(PROGRAMS, channel(PROGRAMS, "000660"))
    streams.receive(Frame("H0STPGM0", 3, payload(PROGRAMS, "005930", "000660", "005930"), NOW))
    streams.receive(Frame("H0STPGM0", 1, payload(PROGRAMS, "000660"), NOW))
    assert symbols(samsung) == ["005930"] * 2
    assert symbols(hynix) == ["000660"] * 2


async def test_records_without_a_key_of_their_own_go_to_all_of_their_tr() -> None:
    streams = Streams(lambda receiver: FakeGateway())
    each = [await streams.subscribe(STATUS, channel(STATUS, key)) for key in ("005930", "000660")]
    streams.receive(Frame("H0UNMKO0", 1, payload(STATUS, "N"), NOW))
    assert [stream.received for stream in each] == [1, 1]


def keys_of(api: Api) -> list[str]:
    """Two registrations of one API, as its arguments make them."""
    (listed,) = [parameter for parameter in api.parameters if parameter.is_list]
    (first,) = cast("list[str]", api.example[listed.name])[:1]
    values = {**api.example, listed.name: [first, first[:-1] + ("1" if first[-1] != "1" else "2")]}
    return [channel.key for channel in channels(api, values, demo=False, today=NOW.date())]


@pytest.mark.parametrize("api", [api for api in APIS.values() if not api.is_personal], ids=lambda api: api.tool)
async def test_two_channels_of_one_api_are_told_apart_and_what_belongs_to_others_is_left(api: Api) -> None:
    streams = Streams(lambda receiver: FakeGateway())
    keys = keys_of(api)
    first, second = [await streams.subscribe(api, channel(api, key)) for key in keys]
    tr_id = api.tr.real[""]
    streams.receive(Frame(tr_id, 4, payload(api, keys[0], keys[1], "000000", keys[0]), NOW))
    streams.receive(Frame(tr_id, 1, payload(api, keys[1]), NOW))
    streams.receive(Frame(tr_id, 1, payload(api, "000000"), NOW))
    assert (first.received, second.received, streams.astray) == (2, 2, 2)
    await streams.unsubscribe(first)
    streams.receive(Frame(tr_id, 1, payload(api, keys[0]), NOW))
    assert (second.received, streams.astray) == (2, 3)


@pytest.mark.parametrize("api", [api for api in APIS.values() if api.is_personal], ids=lambda api: api.tool)
async def test_notices_have_one_channel_and_belong_to_it_however_kis_names_the_customer(api: Api) -> None:
    (key,) = channels(api, {}, demo=False, hts_id="person", today=NOW.date())
    streams = Streams(lambda receiver: FakeGateway())
    stream = await streams.subscribe(api, key)
    streams.receive(Frame(key.tr_id, 1, payload(api, "PERSON  "), NOW))
    assert stream.received == 1


async def test_an_etn_is_found_with_and_without_the_letter_that_kis_wants_before_its_code() -> None:
    api = APIS["domestic_stock_ccnl_krx"]
    streams = Streams(lambda receiver: FakeGateway())
    stream = await streams.subscribe(api, channel(api, "Q500001"))
    streams.receive(Frame("H0STCNT0", 2, payload(api, "Q500001", "500001"), NOW))
    assert stream.received == 2


async def test_a_gap_reaches_every_stream_and_ends_those_that_kis_takes_no_more() -> None:
    streams = Streams(lambda receiver: FakeGateway())
    samsung = await streams.subscribe(PROGRAMS, channel(PROGRAMS, "005930"))
    hynix = await streams.subscribe(PROGRAMS, channel(PROGRAMS, "000660"))
    gap = Gap(NOW, NOW, ((hynix.channel, "refused"),))
    streams.report_gap(gap)
    assert (samsung.read(0).gaps, hynix.read(0).gaps) == ([gap], [gap])
    assert streams.streams() == [samsung]
