"""The market-neutral view: instruments, quotes, order books, candles."""

from kis_mcp.market.candle_pages import Candle
from kis_mcp.market.candles import INTERVALS, CandleRange, Candles, get_candles
from kis_mcp.market.contracts import krx_product
from kis_mcp.market.elsewhere import BOND, KRX_CONTRACT, OVERSEAS_FUTURE, OVERSEAS_OPTION, Lead, Use, lead_elsewhere
from kis_mcp.market.event_reading import read_event
from kis_mcp.market.events import Book, Event, EventKind, OrderStep, OrderUpdate, Status, Trade
from kis_mcp.market.exchanges import CURRENCIES, EXCHANGES, KOREA, find_country
from kis_mcp.market.fundamentals import (
    UNITS,
    YEAR_TO_DATE,
    Section,
    has_company,
    join_rows,
    parts_of,
    read_part,
)
from kis_mcp.market.grams import grams, is_syllable
from kis_mcp.market.group_quotes import GROUP_FIELDS, groups_of
from kis_mcp.market.index_members import IndexMembers, find_index
from kis_mcp.market.indices import INDEX, INDICES, read_board
from kis_mcp.market.instrument import US_TICKER, Instrument, Market
from kis_mcp.market.instruments import Instruments, builtin_instruments
from kis_mcp.market.kis import Kis
from kis_mcp.market.last_trade import read_last_trade_time
from kis_mcp.market.listing import CONTRACTS, Kind, Listing
from kis_mcp.market.listing_search import likelihood, search_listings, spellings
from kis_mcp.market.live_sources import (
    OVERSEAS_CONTRACTS,
    Interest,
    find_live_calls,
    notes_on_live,
)
from kis_mcp.market.masters import MasterChanged, layouts, read_master
from kis_mcp.market.order_book import get_order_book
from kis_mcp.market.order_notices import (
    NOTICE_TOOLS,
    OrderNotice,
    ReadNotices,
    is_notice_of,
    read_order_notices,
)
from kis_mcp.market.present import read_present
from kis_mcp.market.quotables import Quotable, find_priced, find_quotable, notes_on_points, quotable_of, read_quote
from kis_mcp.market.quote import Quote, get_quote, notes_on, with_trade
from kis_mcp.market.rankings import read_ranking, require_ranking
from kis_mcp.market.rows import KNOWN_BY_ABROAD, KNOWN_BY_KOREA, is_told, unknown_to_kis
from kis_mcp.market.uses import tool_for

__all__ = [
    "BOND",
    "CONTRACTS",
    "CURRENCIES",
    "EXCHANGES",
    "GROUP_FIELDS",
    "INDEX",
    "INDICES",
    "INTERVALS",
    "KNOWN_BY_ABROAD",
    "KNOWN_BY_KOREA",
    "KOREA",
    "KRX_CONTRACT",
    "NOTICE_TOOLS",
    "OVERSEAS_CONTRACTS",
    "OVERSEAS_FUTURE",
    "OVERSEAS_OPTION",
    "UNITS",
    "US_TICKER",
    "YEAR_TO_DATE",
    "Book",
    "Candle",
    "CandleRange",
    "Candles",
    "Event",
    "EventKind",
    "IndexMembers",
    "Instrument",
    "Instruments",
    "Interest",
    "Kind",
    "Kis",
    "Lead",
    "Listing",
    "Market",
    "MasterChanged",
    "OrderNotice",
    "OrderStep",
    "OrderUpdate",
    "Quotable",
    "Quote",
    "ReadNotices",
    "Section",
    "Status",
    "Trade",
    "Use",
    "builtin_instruments",
    "find_country",
    "find_index",
    "find_live_calls",
    "find_priced",
    "find_quotable",
    "get_candles",
    "get_order_book",
    "get_quote",
    "grams",
    "groups_of",
    "has_company",
    "is_notice_of",
    "is_syllable",
    "is_told",
    "join_rows",
    "krx_product",
    "layouts",
    "lead_elsewhere",
    "likelihood",
    "notes_on",
    "notes_on_live",
    "notes_on_points",
    "parts_of",
    "quotable_of",
    "read_board",
    "read_event",
    "read_last_trade_time",
    "read_master",
    "read_order_notices",
    "read_part",
    "read_present",
    "read_quote",
    "read_ranking",
    "require_ranking",
    "search_listings",
    "spellings",
    "tool_for",
    "unknown_to_kis",
    "with_trade",
]
