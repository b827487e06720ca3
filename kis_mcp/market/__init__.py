"""The market-neutral view: instruments, quotes, order books, candles."""

from kis_mcp.market.candle_pages import Candle
from kis_mcp.market.candles import INTERVALS, CandleRange, Candles, get_candles
from kis_mcp.market.contracts import krx_product
from kis_mcp.market.elsewhere import BOND, KRX_CONTRACT, OVERSEAS_FUTURE, OVERSEAS_OPTION, Lead, lead_elsewhere
from kis_mcp.market.event_reading import read_event
from kis_mcp.market.events import Book, Event, EventKind, OrderUpdate, Status, Trade
from kis_mcp.market.exchanges import CURRENCIES, EXCHANGES, KOREA
from kis_mcp.market.grams import grams, is_syllable
from kis_mcp.market.instrument import US_TICKER, Instrument, Market
from kis_mcp.market.instruments import Instruments, builtin_instruments
from kis_mcp.market.last_trade import read_last_trade_time
from kis_mcp.market.listing import CONTRACTS, Kind, Listing
from kis_mcp.market.listing_search import likelihood, search_listings, spellings
from kis_mcp.market.live_sources import Interest, find_live_calls, find_quoted, notes_on_live
from kis_mcp.market.masters import MasterChanged, layouts, read_master
from kis_mcp.market.order_book import get_order_book
from kis_mcp.market.order_notices import (
    NOTICE_TOOLS,
    OrderNotice,
    ReadNotices,
    is_notice_of,
    read_order_notices,
)
from kis_mcp.market.quote import Quote, get_quote, notes_on, with_trade
from kis_mcp.market.rows import KNOWN_BY_ABROAD, KNOWN_BY_KOREA, is_told, unknown_to_kis
from kis_mcp.market.uses import tool_for

__all__ = [
    "BOND",
    "CONTRACTS",
    "CURRENCIES",
    "EXCHANGES",
    "INTERVALS",
    "KNOWN_BY_ABROAD",
    "KNOWN_BY_KOREA",
    "KOREA",
    "KRX_CONTRACT",
    "NOTICE_TOOLS",
    "OVERSEAS_FUTURE",
    "OVERSEAS_OPTION",
    "US_TICKER",
    "Book",
    "Candle",
    "CandleRange",
    "Candles",
    "Event",
    "EventKind",
    "Instrument",
    "Instruments",
    "Interest",
    "Kind",
    "Lead",
    "Listing",
    "Market",
    "MasterChanged",
    "OrderNotice",
    "OrderUpdate",
    "Quote",
    "ReadNotices",
    "Status",
    "Trade",
    "builtin_instruments",
    "find_live_calls",
    "find_quoted",
    "get_candles",
    "get_order_book",
    "get_quote",
    "grams",
    "is_notice_of",
    "is_syllable",
    "is_told",
    "krx_product",
    "layouts",
    "lead_elsewhere",
    "likelihood",
    "notes_on",
    "notes_on_live",
    "read_event",
    "read_last_trade_time",
    "read_master",
    "read_order_notices",
    "search_listings",
    "spellings",
    "tool_for",
    "unknown_to_kis",
    "with_trade",
]
