"""The core tool that ranks the stocks of a market."""

from kis_mcp.catalog import Page
from kis_mcp.market import read_ranking
from kis_mcp.server.tools.call import Call, page_of


async def get_rankings(call: Call) -> Page:
    values, reads = call.values(), await call.reads()
    by, market = values["by"], values["market"].strip().lower()
    ranked = await read_ranking(reads, by, market, limit=values["limit"])
    return page_of(
        reads,
        notes=[ranked.note] if ranked.note else [],
        ranking={"by": by, "market": ranked.market, "value": ranked.value, "unit": ranked.unit},
        stocks=ranked.rows,
    )
