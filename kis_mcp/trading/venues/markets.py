"""Which market an order is for: the one that the caller names, or the only one that symbol and exchange can mean.

The same letters are different things in different places: 600519 is a share in Shanghai and looks like a KRX code,
101W12 a KRX future. What is not certain is refused, with what to say to make it so.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from kis_mcp.catalog import KRX_CODE
from kis_mcp.errors import BadArgument
from kis_mcp.market import BOND, KRX_CONTRACT, OVERSEAS_FUTURE, OVERSEAS_OPTION, US_TICKER, Instrument
from kis_mcp.trading.venues.exchanges import order_exchanges, usual_exchange


@dataclass(frozen=True, slots=True)
class Listing:
    """What an order is for.

    Attributes:
        symbol: As KIS writes it.
        market: As in `kis_mcp.trading.order.Order`.
        exchange: The table's word; None where the market's orders name none.
    """

    symbol: str
    market: str
    exchange: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Market:
    """One market.

    Attributes:
        name: With an example.
        symbols: What its symbols look like.
        unmistakable: Those of them that need no market or exchange beside them, unless they fit another market too.
        exchanges: Whose name a caller may give.
        usual: The exchange where none is given; "" where one has to be, None where the market's orders name none.
    """

    name: str
    symbols: str
    unmistakable: str = r"(?!)"
    exchanges: tuple[str, ...]
    usual: str | None


def _stocks(country: str, name: str, symbols: str, *, unmistakable: bool = False) -> _Market:
    return _Market(
        name=name,
        symbols=symbols,
        unmistakable=symbols if unmistakable else r"(?!)",
        exchanges=order_exchanges(country),
        usual=usual_exchange(country) or "",
    )


MARKETS: Mapping[str, _Market] = {
    "KR": _stocks("KR", "KRX code such as 005930", KRX_CODE, unmistakable=True),
    "US": _stocks("US", "US ticker such as AAPL", US_TICKER, unmistakable=True),
    "HK": _stocks("HK", "Hong Kong code such as 00700", r"[0-9]{1,5}"),
    "CN": _stocks("CN", "Chinese code such as 600519", r"[0-9]{6}"),
    "JP": _stocks("JP", "Japanese code such as 7203", r"[0-9][0-9A-Z]{3}"),
    "VN": _stocks("VN", "Vietnamese code such as VNM", r"[A-Z][0-9A-Z]{2,7}"),
    "domestic_futureoption": _Market(
        name="KRX contract such as 101W12",
        symbols=r"[1-4A-D][0-9A-Z]{5,8}",
        unmistakable=KRX_CONTRACT,
        exchanges=("krx",),
        usual=None,
    ),
    "overseas_futureoption": _Market(
        name="overseas contract such as ESZ26",
        symbols=r"(?=.*[A-Z])[0-9A-Z]{2,16}(?: [CP][0-9.]{1,10})?",
        unmistakable=f"{OVERSEAS_FUTURE}|{OVERSEAS_OPTION}",
        exchanges=(),
        usual=None,
    ),
    "domestic_bond": _Market(
        name="bond code such as KR6095572D81",
        symbols=r"KR[0-9A-Z]{10}",
        unmistakable=BOND,
        exchanges=("krx",),
        usual=None,
    ),
}
"""Market, as `kis_mcp.trading.order.Order` has it → what is traded there."""


def market_of(word: str) -> str:
    """The market that a caller's word stands for, however it is spelled.

    Raises:
        BadArgument: There is none.
    """
    market = next((name for name in MARKETS if name.lower() == word.lower()), None)
    if market is None:
        raise BadArgument(
            f"There is no market {word}.", remedy=f"Use {', '.join(map(_word, MARKETS))}.", field="market"
        )
    return market


def as_kis_writes(symbol: str, market: str) -> str:
    """A symbol as a caller writes it → as KIS does."""
    symbol = symbol.strip().upper()
    if market == "US":
        return re.sub("[.-]", "/", symbol)
    return symbol.zfill(5) if market == "HK" else symbol


def possible_markets(symbol: str) -> Collection[str]:
    """The markets that may have such a symbol; all, where none looks like it."""
    symbol = symbol.strip().upper()
    return [name for name, market in MARKETS.items() if re.fullmatch(market.symbols, symbol)] or tuple(MARKETS)


def find_listing(
    text: str,
    exchange: str | None,
    market: str | None,
    *,
    has_session: Callable[[str], bool],
    find_instrument: Callable[[str], Instrument | None],
) -> Listing:
    """What a caller wants to order.

    Args:
        market: As the caller names it; None where the rest has to show it.
        has_session: Whether a market has the session which the order is for.
        find_instrument: Looks up instruments, for the exchange of a US ticker.

    Raises:
        BadArgument: The parts contradict each other, or do not tell one market or exchange.
    """
    named = [name for name in MARKETS if market in (None, name) and exchange in (None, *MARKETS[name].exchanges)]
    if not named:
        raise _contradiction(text, exchange, market)
    market = _only_one(text.strip().upper(), exchange, market, named, has_session)
    symbol = as_kis_writes(text, market)
    if exchange is not None:
        return Listing(symbol, market, exchange if MARKETS[market].usual is not None else None)
    found = find_instrument(symbol) if MARKETS[market].usual == "" else None
    usual = found.exchange if found and found.market == market else MARKETS[market].usual
    if usual == "":
        raise BadArgument(
            f"The exchange of {symbol} is not known.",
            remedy=f"Pass exchange as {' or '.join(MARKETS[market].exchanges)}; for another market, name it as market.",
            field="exchange",
        )
    return Listing(symbol, market, usual)


def _only_one(
    symbol: str, exchange: str | None, market: str | None, named: list[str], has_session: Callable[[str], bool]
) -> str:
    """The only one of the named markets that has such a symbol."""
    is_certain = len(named) == 1
    fitting = [
        name
        for name in named
        if re.fullmatch(MARKETS[name].symbols if is_certain else MARKETS[name].unmistakable, symbol)
    ]
    if len(fitting) > 1:
        fitting = list(filter(has_session, fitting)) or fitting
    if len(fitting) == 1:
        return fitting[0]
    if is_certain:
        raise _contradiction(symbol, exchange, market)
    if fitting:
        raise BadArgument(
            f"{symbol} may be a {' or a '.join(MARKETS[name].name for name in fitting)}.",
            remedy=f"Pass market as {' or '.join(map(_word, fitting))}.",
            field="market",
        )
    raise BadArgument(
        f"{symbol!r} is neither a KRX code such as 005930 nor a US ticker such as AAPL, and no other market is named.",
        remedy=f"Find the symbol by name with find_instrument, or pass market: {', '.join(map(_word, named))}.",
        field="symbol",
    )


def _contradiction(symbol: str, exchange: str | None, market: str | None) -> BadArgument:
    if market is None:
        name = next(name for name, each in MARKETS.items() if exchange in each.exchanges)
        return BadArgument(
            f"{exchange} does not trade {symbol}, which is no {MARKETS[name].name}.",
            remedy=f"Give a symbol of market {_word(name)}, or leave exchange out.",
            field="exchange",
        )
    wanted = MARKETS[market]
    if exchange not in (None, *wanted.exchanges):
        return BadArgument(
            f"{exchange} is no exchange of market {_word(market)}.",
            remedy=f"{' or '.join(('Leave exchange out', *wanted.exchanges))}; or name the market that is meant.",
            field="exchange",
        )
    return BadArgument(
        f"{symbol} is no {wanted.name}, which market {_word(market)} wants.",
        remedy="Name the market that the symbol is of, or leave market out.",
        field="market",
    )


def _word(market: str) -> str:
    return market.lower()
