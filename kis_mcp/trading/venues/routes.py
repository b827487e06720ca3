"""Market and session → the KIS API that takes its orders, by the rows of the order APIs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from kis_mcp.catalog import PREFIXES, Api, Catalog, OrderRoute, OrderUse, TradingSession
from kis_mcp.errors import BadArgument
from kis_mcp.market import KOREA

_USUAL = "regular"


@dataclass(frozen=True, slots=True)
class Route:
    """Where some orders of one market and session go, and on which terms."""

    api: Api
    terms: OrderRoute


def find_route(catalog: Catalog, market: str, session: str, *uses: OrderUse) -> Route | None:
    """The API for the first of these uses that has one; None where KIS takes no such orders.

    Raises:
        BadArgument: The market has no such session.
    """
    routes = [route for route in _routes_of(catalog, market) if route.terms.session == session]
    if not routes:
        raise BadArgument(
            f"There is no {session} session for orders in market {market.lower()}.",
            remedy=f"Leave session out{''.join(f', or use {word}' for word in _other_sessions(catalog, market))}.",
            field="session",
        )
    return next((route for use in uses for route in routes if use in route.terms.uses), None)


def has_session(catalog: Catalog, market: str, session: str) -> bool:
    """Whether the market has this session."""
    return any(route.terms.session == session for route in _routes_of(catalog, market))


def _other_sessions(catalog: Catalog, market: str) -> list[TradingSession]:
    return [word for word in get_args(TradingSession) if word != _USUAL and has_session(catalog, market, word)]


def _routes_of(catalog: Catalog, market: str) -> Iterator[Route]:
    """The routes of one market; reads the table of no other category."""
    for api in catalog.category(_category_of(market)):
        for terms in api.order.routes if api.order else ():
            if market in terms.markets:
                yield Route(api, terms)


def _category_of(market: str) -> str:
    if market in PREFIXES:
        return market
    return "domestic_stock" if market == KOREA else "overseas_stock"
