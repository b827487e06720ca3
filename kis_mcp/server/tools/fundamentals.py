"""The core tool that tells the figures of one company."""

from functools import partial
from typing import Any

from kis_mcp.catalog import Page, Record
from kis_mcp.clock import KST
from kis_mcp.errors import BadArgument, KisMcpError
from kis_mcp.market import KOREA, UNITS, YEAR_TO_DATE, Section, has_company, join_rows, parts_of, read_part
from kis_mcp.server.tools.at_once import read_at_once
from kis_mcp.server.tools.call import Call, page
from kis_mcp.server.tools.subjects import resolve_subject

_VALUATION: Section = "valuation"
_ONLY_IN_KOREA = "KIS has statements, ratios, estimates and opinions of Korean companies only."


async def get_fundamentals(call: Call) -> Page:
    values, reads = call.values(), await call.reads()
    subject = await resolve_subject(call, "symbol", values["symbol"])
    if not has_company(subject):
        raise BadArgument(
            f"{subject.symbol} is no company's stock.",
            remedy="Give a stock's symbol, or read a price with get_quotes.",
            field="symbol",
        )
    every: list[Section] = [block.name for block in call.api.blocks]  # pyright: ignore[reportAssignmentType]
    sections: list[Section] = values.get("sections") or every
    parts = parts_of(subject, sections)
    if not parts:
        raise BadArgument(_ONLY_IN_KOREA, remedy="Ask for valuation or dividends.", field="sections")
    today = reads.clock().astimezone(KST).date()
    read = partial(read_part, reads, subject=subject, period=values["period"], limit=values["limit"], today=today)
    answers = await read_at_once({part.tool: partial(read, part) for part in parts})
    found: dict[str, Any] = {}
    for section in dict.fromkeys(part.section for part in parts):
        tools = [part.tool for part in parts if part.section == section]
        whole = join_rows([rows for tool in tools if not isinstance(rows := answers[tool], KisMcpError)])
        errors: list[Record] = [
            {"error": f"{tool}: {failed}"} for tool in tools if isinstance(failed := answers[tool], KisMcpError)
        ]
        rows = [*whole, *errors]
        found[section] = (rows[0] if rows else {}) if section == _VALUATION else rows
    notes = [UNITS] if subject.market == KOREA else [_ONLY_IN_KOREA]
    if values["period"] == "quarter" and "statements" in found:
        notes.append(YEAR_TO_DATE)
    failed = any(isinstance(answer, KisMcpError) for answer in answers.values())
    blocks = {name: found.get(name, {} if name == _VALUATION else []) for name in every if name in sections}
    return page(reads.as_of, notes=[*notes, *reads.notes], complete=not failed, **blocks)
