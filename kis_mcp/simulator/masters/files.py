"""Which files there are, and the archives that they come in."""

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date

from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.masters import abroad, korea

_FILES: Mapping[str, Callable[[Market, date], Iterator[bytes]]] = {
    "kospi_code.mst": lambda market, day: korea.shares("kospi"),  # noqa: ARG005
    "kosdaq_code.mst": lambda market, day: korea.shares("kosdaq"),  # noqa: ARG005
    "elw_code.mst": korea.warrants,
    "bond_code.mst": korea.bonds,
    "idxcode.mst": lambda market, day: korea.sectors(),  # noqa: ARG005
    "fo_idx_code_mts.mst": lambda market, day: korea.index_contracts(day),  # noqa: ARG005
    "fo_stk_code_mts.mst": lambda market, day: korea.share_contracts(day),  # noqa: ARG005
    "fo_com_code.mst": lambda market, day: korea.commodity_contracts(day),  # noqa: ARG005
    "frgn_code.mst": lambda market, day: abroad.indices(),  # noqa: ARG005
    "ffcode.mst": lambda market, day: abroad.futures(day),  # noqa: ARG005
    "focode.mst": lambda market, day: abroad.options(day),  # noqa: ARG005
}
_ABROAD = {
    "nasmst.cod": "nasdaq",
    "nysmst.cod": "nyse",
    "amsmst.cod": "amex",
    "hksmst.cod": "hong_kong",
    "shsmst.cod": "shanghai",
    "szsmst.cod": "shenzhen",
    "tsemst.cod": "tokyo",
    "hnxmst.cod": "hanoi",
    "hsxmst.cod": "ho_chi_minh",
}


def master_file(market: Market, name: str, day: date) -> bytes | None:
    """The archive of a name such as ``kospi_code.mst.zip``; None where there is no such file.

    KONEX and the indices of Shanghai and Shenzhen have none, since nothing of them is in the world.

    Args:
        day: In Korea: what has expired by then is not in it.
    """
    file = name.removesuffix(".zip")
    if file == name:
        return None
    if file in _ABROAD:
        rows = abroad.shares(_ABROAD[file])
    elif file in _FILES:
        rows = _FILES[file](market, day)
    else:
        return None
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        member = file.upper() if file in _ABROAD else file
        archive.writestr(
            zipfile.ZipInfo(member, (day.year, day.month, day.day, 7, 0, 0)), b"".join(row + b"\n" for row in rows)
        )
    return packed.getvalue()
