"""The simulator's files of instruments, read as KIS' sample programs read them."""

import io
import zipfile
from collections.abc import Iterator
from datetime import date

import httpx
import pytest

from kis_mcp.clock import KST
from kis_mcp.market import layouts, read_master
from kis_mcp.simulator import Simulator
from kis_mcp.simulator.market.bonds import bond_terms
from kis_mcp.simulator.market.chains import chain, products
from kis_mcp.simulator.market.index_members import indices
from kis_mcp.simulator.market.indices_abroad import indices_abroad
from kis_mcp.simulator.market.instruments import contracts, instruments
from kis_mcp.simulator.market.listings import listings, warrant_terms
from tests.client import NOW

TODAY = NOW.astimezone(KST).date()
WITHOUT = {"konex_code.mst", "shimst.cod", "szimst.cod"}
"""Files of which the world has nothing."""


async def rows(simulator: Simulator, file: str) -> list[str]:
    """The lines of a file, as KIS' programs read them: decoded first, then cut by letters."""
    content = await download(simulator, file)
    return content.decode("cp949").splitlines(keepends=True)


async def download(simulator: Simulator, file: str) -> bytes:
    async with httpx.AsyncClient(base_url=simulator.real_url, trust_env=False) as http:
        answer = await http.get(f"/common/master/{file}.zip")
    assert answer.status_code == httpx.codes.OK
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        (member,) = archive.namelist()
        assert member.lower() == file
        return archive.read(member)


def day(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def tail(row: str, widths: list[int]) -> Iterator[str]:
    """What KIS' program takes from the end of a row, by the widths that it lists."""
    part = row[-sum(widths) - 1 :]
    for width in widths:
        yield part[:width].strip()
        part = part[width:]


KOSPI = [2, 1, 4, 4, 4, *[1] * 26, 9, 5, 5, 1, 1, 1, 2, 1, 1, 1, 2, 2, 2, 3, 1, 3, 12, 12, 8, 15, 21, 2, 7]
KOSPI_END = [1, 1, 1, 1, 1, 9, 9, 9, 5, 9, 8, 9, 3, 1, 1, 1]
KOSDAQ = [2, 1, 4, 4, 4, *[1] * 21, 9, 5, 5, 1, 1, 1, 2, 1, 1, 1, 2, 2, 2, 3, 1, 3, 12, 12, 8, 15, 21, 2, 7]
KOSDAQ_END = [1, 1, 1, 1, 9, 9, 9, 5, 9, 8, 9, 3, 1, 1, 1]


@pytest.mark.parametrize(
    ("board", "widths", "first"), [("kospi", KOSPI + KOSPI_END, 31), ("kosdaq", KOSDAQ + KOSDAQ_END, 26)]
)
async def test_shares_are_where_kis_program_reads_them(
    simulator: Simulator, board: str, widths: list[int], first: int
) -> None:
    read: list[tuple[str, ...]] = []
    for row in await rows(simulator, f"{board}_code.mst"):
        head, end = row[: -sum(widths) - 1], list(tail(row, widths))
        group, is_halted, is_administered = end[0], end[first + 3], end[first + 5]
        listed_on, thousands = end[first + 18 : first + 20]
        names = (head[0:9].rstrip(), head[9:21].rstrip(), head[21:].strip())
        read.append((*names, group, is_halted, is_administered, listed_on, str(int(thousands))))
    groups = {"stock": "ST", "etf": "EF", "etn": "EN"}
    assert read == [
        (
            share.symbol,
            listings()[share.symbol].isin,
            share.name_ko,
            groups[share.kind],
            "N",
            "Y" if share.symbol == "034020" else "N",
            f"{since:%Y%m%d}" if (since := listings()[share.symbol].listed_since) else "",
            str(share.listed_shares // 1000),
        )
        for share in instruments().values()
        if share.board == board
    ]


async def test_warrants_are_where_kis_program_reads_them(simulator: Simulator) -> None:
    read = [
        (
            row[0:9].strip(),
            # KIS' program finds it by letters, and misses it behind a name of more than eleven syllables.
            row.encode("cp949")[76:85].decode().strip(),
            float(row[-105:-96]),
            day(row[-96:-88]),
            int(row[-88:-84]),
            row[-84:-83],
            int(row[-66:-51]),
            row[-51:-46],
        )
        for row in await rows(simulator, "elw_code.mst")
    ]
    assert read == [
        (
            terms.symbol,
            terms.underlying,
            float(terms.strike),
            terms.expiry,
            (terms.expiry - TODAY).days,
            "C" if terms.right == "call" else "P",
            terms.listed_shares // 1000,
            terms.issuer,
        )
        for terms in warrant_terms().values()
        if terms.listed_since <= TODAY <= terms.expiry
    ]


async def test_bonds_are_where_kis_program_reads_them(simulator: Simulator) -> None:
    lines = [row.strip() for row in await rows(simulator, "bond_code.mst")]
    read = [(row[4:16], row[16:-26].rstrip(), day(row[-24:-16]), day(row[-8:])) for row in lines]
    assert read == [
        (terms.symbol, terms.name_ko, terms.issued, terms.matures)
        for terms in bond_terms().values()
        if terms.issued <= TODAY <= terms.matures
    ]


async def test_futures_and_options_are_where_kis_program_reads_them(simulator: Simulator) -> None:
    lines = [*await rows(simulator, "fo_idx_code_mts.mst"), *await rows(simulator, "fo_stk_code_mts.mst")]
    parts = [row.rstrip("\n").split("|") for row in lines]
    read = {(symbol, name, float(strike), under) for _, symbol, _, name, _, strike, _, under, _ in parts}
    currencies = await rows(simulator, "fo_com_code.mst")
    read |= {
        (row[2:11].strip(), row[23:55].strip(), float(end[0:8]), end[9:12])
        for row in currencies
        for end in [row[55:].lstrip()]
    }
    numbers = {"KTB3": "B03", "KTB5": "B05", "KTB10": "B10"}
    assert read == {
        (each.symbol, each.name_ko, float(each.strike), numbers.get(product.follows, product.follows))
        for product in products().values()
        for kind in ("future", "call", "put")
        for each in chain(product, kind, TODAY)
    }


async def test_futures_abroad_are_where_kis_program_reads_them(simulator: Simulator) -> None:
    read = {
        (
            row[:32].strip(),
            row[82:107].rstrip(),
            row[-92:-82].strip(),
            row[-82:-72].strip(),
            float(row[-59:-45]),
            float(row[-31:-21]),
            row[-5:-4],
        )
        for row in await rows(simulator, "ffcode.mst")
    }
    assert read == {
        (
            each.symbol,
            each.name_ko[:25],
            each.listed_on.quote_code,
            each.sector,
            float(each.price(each.tick(each.base_units))),
            float(each.multiplier),
            "N",
        )
        for each in contracts().values()
        if each.kind == "future"
    }


async def test_shares_abroad_are_where_kis_program_reads_them(simulator: Simulator) -> None:
    for file, exchange in (("nasmst.cod", "nasdaq"), ("hksmst.cod", "hong_kong"), ("amsmst.cod", "amex")):
        parts = [row.rstrip("\n").split("\t") for row in await rows(simulator, file)]
        assert {len(columns) for columns in parts} == {24}
        assert [(c[0], c[2], c[4], c[5], c[6], c[8], c[9]) for c in parts] == [
            (
                share.country,
                share.listed_on.quote_code,
                share.symbol,
                share.listed_on.quote_code + share.symbol,
                share.name_ko,
                "3" if share.kind == "etf" else "2",
                share.currency,
            )
            for share in instruments().values()
            if share.exchange == exchange
        ]


async def test_indices_are_where_kis_programs_read_them(simulator: Simulator) -> None:
    sectors = await rows(simulator, "idxcode.mst")
    assert [(row[1:5], row[5:].strip()) for row in sectors] == [
        (each.code, each.name_ko) for each in indices().values()
    ]
    abroad = await rows(simulator, "frgn_code.mst")
    assert [(row[1:11].strip(), row[50:75].strip()) for row in abroad] == [
        (code, index.name_ko) for code, index in indices_abroad().items()
    ]


@pytest.mark.parametrize("file", sorted(layouts().keys() - WITHOUT))
async def test_the_layouts_of_the_server_read_each_file(simulator: Simulator, file: str) -> None:
    content = await download(simulator, file)
    read = read_master(file, content, least=1)
    assert len(read) == len(content.splitlines())
    assert all(each.symbol in simulator.world.market.instruments or each.kind == "index" for each in read)


async def test_the_layouts_of_the_server_read_contracts_as_the_world_has_them(simulator: Simulator) -> None:
    market = simulator.world.market
    for each in read_master("elw_code.mst", await download(simulator, "elw_code.mst"), least=1):
        terms = warrant_terms()[each.symbol]
        assert (each.kind, each.underlying, each.right, each.strike, each.expires_on) == (
            "elw",
            terms.underlying,
            terms.right,
            terms.strike,
            terms.expiry,
        )
    for file in ("fo_idx_code_mts.mst", "fo_stk_code_mts.mst", "fo_com_code.mst", "ffcode.mst", "focode.mst"):
        for each in read_master(file, await download(simulator, file), least=1):
            contract = market.instruments[each.symbol]
            read = (each.kind, each.name_ko, each.strike or 0, each.tick_size)
            tick = contract.price(contract.tick(contract.base_units)) if each.market == "world" else None
            assert read == (contract.kind, contract.name_ko, contract.strike, tick)


@pytest.mark.parametrize("name", [f"{file}.zip" for file in sorted(WITHOUT)] + ["kospi_code.mst", "none.zip", ""])
async def test_what_the_world_has_nothing_of_is_not_found(simulator: Simulator, name: str) -> None:
    async with httpx.AsyncClient(base_url=simulator.real_url, trust_env=False) as http:
        assert (await http.get(f"/common/master/{name}")).status_code == httpx.codes.NOT_FOUND
