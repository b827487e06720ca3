"""Where orders go: exchanges, markets, routes, sessions, trading days, ticks and order types."""

from kis_mcp.trading.venues.calendars import latest_session_day, regular_hours, trading_days
from kis_mcp.trading.venues.contracts import BOND_UNIT, CONTRACT_MARKETS, KRX_CONTRACTS, OVERSEAS_CONTRACTS, is_option
from kis_mcp.trading.venues.exchanges import COUNTRIES, STOCK_MARKETS, reservation_words
from kis_mcp.trading.venues.market_hours import (
    MARKET_VENUES,
    VenueState,
    holidays_ahead,
    read_venue_state,
    venues_of,
)
from kis_mcp.trading.venues.markets import MARKETS, Listing, as_kis_writes, find_listing, market_of, possible_markets
from kis_mcp.trading.venues.order_types import LIMITED, PRICED, STOPS, UNPRICED
from kis_mcp.trading.venues.routes import Route, find_route, has_session
from kis_mcp.trading.venues.sessions import Hours, TradingDays, Venue, venue_of, venues
from kis_mcp.trading.venues.ticks import InstrumentKind, kind_by_tick, krx_tick, stepped, us_tick
from kis_mcp.trading.venues.watched import find_watched

__all__ = [
    "BOND_UNIT",
    "CONTRACT_MARKETS",
    "COUNTRIES",
    "KRX_CONTRACTS",
    "LIMITED",
    "MARKETS",
    "MARKET_VENUES",
    "OVERSEAS_CONTRACTS",
    "PRICED",
    "STOCK_MARKETS",
    "STOPS",
    "UNPRICED",
    "Hours",
    "InstrumentKind",
    "Listing",
    "Route",
    "TradingDays",
    "Venue",
    "VenueState",
    "as_kis_writes",
    "find_listing",
    "find_route",
    "find_watched",
    "has_session",
    "holidays_ahead",
    "is_option",
    "kind_by_tick",
    "krx_tick",
    "latest_session_day",
    "market_of",
    "possible_markets",
    "read_venue_state",
    "regular_hours",
    "reservation_words",
    "stepped",
    "trading_days",
    "us_tick",
    "venue_of",
    "venues",
    "venues_of",
]
