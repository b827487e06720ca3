"""When an instrument was last traded."""

from datetime import time

from kis_mcp.catalog import text
from kis_mcp.clock import KST
from kis_mcp.market.instrument import Instrument
from kis_mcp.market.kis import Kis

_KOREA = "domestic_stock_inquire_ccnl", "trade_time"
_ABROAD = "overseas_stock_quot_inquire_ccnl", "korea_time"
_LATEST = 30


async def read_last_trade_time(kis: Kis, instrument: Instrument) -> time | None:
    """The Korean time of day of the last trade, whose day KIS leaves out; None where KIS tells none, as demo of the US.

    Raises:
        KisMcpError: By KIS' answer.
    """
    korean = instrument.market == "KR"
    if kis.environment.uses_demo_api and not korean:
        return None
    tool, field = _KOREA if korean else _ABROAD
    where = {"symbol": instrument.symbol, "exchange": instrument.exchange}
    trades = (await kis.rows(tool, where, max_rows=_LATEST)).rows("trades")
    said = next((clock for row in trades if (clock := text(row, field))), None)
    return time.fromisoformat(said).replace(tzinfo=KST) if said else None
