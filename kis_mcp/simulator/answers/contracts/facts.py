"""What is true of a future, an option or a bond only."""

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from functools import cached_property

from kis_mcp.simulator.answers.contracts.bond_facts import bond_facts
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject, direction
from kis_mcp.simulator.engine.costs import margin
from kis_mcp.simulator.market.futures import FutureHistory, IndexSpot, WonSpot
from kis_mcp.simulator.market.indices import Index, IndexMarket, indices
from kis_mcp.simulator.market.interest import closing_interest
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.market.options import Model, OptionHistory

_CENT = Decimal("0.01")
_KOSPI200 = "2001"
_LISTED_LONGEST = 1_000
_LEVELS = 5
"""Of a Korean contract's book, which KIS sums up."""


def contract_facts(subject: Subject, names: Collection[str]) -> Facts:
    """Those of the named facts that a contract or bond has beside its quote, by readable name; none of a share."""
    match subject.instrument.kind:
        case "future" | "call" | "put":
            contract = Contract(subject)
            return {n: fact(contract) for table in contract.tables for n, fact in table.items() if n in names}
        case "bond":
            return bond_facts(subject, names)
        case _:
            return {}


class IndexNow:
    """Where an index stands at the time of a subject."""

    def __init__(self, subject: Subject, index: Index) -> None:
        self.index, self._market = index, subject.market
        self._moment = subject.market.moment(subject.instrument, subject.now)
        spot, day = IndexSpot(subject.market, index), self._moment.day
        before = spot.bar(subject.market.calendar(subject.instrument).before(day))
        self.price = spot.level(day, self._moment.ticks)
        self.previous_close = self.price if before is None else Decimal(str(before.close)).quantize(_CENT)

    @property
    def change(self) -> Decimal:
        return self.price - self.previous_close

    @property
    def change_rate(self) -> Decimal:
        return percent(self.change, self.previous_close)

    @property
    def volume(self) -> int:
        """In thousand shares."""
        today = IndexMarket(self._market).today(self.index, self._moment.day, self._moment.ticks)
        return today.volume // 1_000

    @property
    def facts(self) -> Facts:
        """As KIS' blocks about an index have them."""
        return {
            "industry_code": self.index.code,
            "name": self.index.name_ko,
            "index_price": self.price,
            "price_direction": direction(self.change),
            "index_change": self.change,
            "index_change_rate": self.change_rate,
        }


def index_facts(subject: Subject, block: str) -> Facts:
    """An index that a Korean contract's price is told with: its own, where it is on one, or KOSPI 200."""
    contract = Contract(subject)
    if block == "kospi200" and contract.is_korean:
        return contract.kospi200.facts
    return contract.follows.facts if contract.follows else {}


class Contract:
    """A future or option; what its facts share is worked out once."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.instrument, self.quote = subject.instrument, subject.quote
        self.history = subject.market.history(subject.instrument)

    @property
    def is_korean(self) -> bool:
        return self.instrument.category == "domestic_futureoption"

    @property
    def tables(self) -> Sequence["Mapping[str, ContractFact]"]:
        """The facts that it has, what is nearer to it last."""
        tables = [_CONTRACT]
        if self.is_korean:
            tables.append(_KOREAN)
        if self.follows is not None:
            tables.append(_ON_INDEX)
        elif self.subject.underlying is not None:
            tables.append(_UNDERLYING)
        if self.instrument.kind != "future":
            tables.append(_OPTION)
        elif self.spot is not None:
            tables.append(_FUTURE)
        return tables

    @cached_property
    def kospi200(self) -> IndexNow:
        return IndexNow(self.subject, indices()[_KOSPI200])

    @cached_property
    def follows(self) -> IndexNow | None:
        """The index it is on."""
        code = self.instrument.moves_with
        if not self.is_korean or code not in indices():
            return None
        return self.kospi200 if code == _KOSPI200 else IndexNow(self.subject, indices()[code])

    @cached_property
    def spot(self) -> Decimal | None:
        """What a Korean contract's underlying costs; None where the world does not trade it."""
        if not self.is_korean:
            return None
        if self.follows is not None:
            return self.follows.price
        share = self.subject.market.find(self.instrument.moves_with)
        if share is not None:
            return self.subject.market.quote(share, self.subject.now).price
        spot = self.history.spot if isinstance(self.history, FutureHistory) else None
        if not isinstance(spot, WonSpot):
            return None
        moment = self.subject.market.moment(self.instrument, self.subject.now)
        return Decimal(str(spot.level(moment.day, moment.ticks))).quantize(_CENT)

    @cached_property
    def theoretical(self) -> Decimal:
        """A future's underlying carried to its last day; an option's value by its model."""
        if isinstance(self.history, FutureHistory) and self.spot is not None:
            return (self.spot * Decimal(self.history.carry.on(self.quote.day))).quantize(_CENT)
        assert self.subject.underlying is not None
        return _rounded(self.model.value(float(self.subject.underlying.quote.price)), 2)

    @cached_property
    def model(self) -> Model:
        assert isinstance(self.history, OptionHistory)
        return self.history.pricing(self.quote.day).model

    @cached_property
    def above(self) -> Decimal:
        """How far an option is in the money; negative where it is not."""
        assert self.subject.underlying is not None
        below, strike = self.subject.underlying.quote.price, self.instrument.strike
        return below - strike if self.instrument.kind == "call" else strike - below

    @property
    def intrinsic(self) -> Decimal:
        return min(max(self.above, Decimal(0)), self.quote.price)

    @cached_property
    def margin(self) -> Decimal:
        return margin(self.instrument, self.quote.price * self.instrument.multiplier)

    @cached_property
    def days_left(self) -> int:
        expiry = self.instrument.expiry
        return max((expiry - self.quote.day).days, 0) if expiry else 0

    @cached_property
    def listed_period(self) -> tuple[Decimal, Decimal]:
        """The highest and lowest price since it was listed."""
        market, day = self.subject.market, self.quote.day
        before, history = market.calendar(self.instrument).before(day), self.history
        read = history.extremes if isinstance(history, FutureHistory) else history.until
        bars = read(before, _LISTED_LONGEST)
        price = self.instrument.price
        return (
            max([self.quote.high, *(price(bar.high) for bar in bars)]),
            min([self.quote.low, *(price(bar.low) for bar in bars)]),
        )

    def open_interest(self, ticks_ago: int = 0) -> int:
        """It moves from yesterday's to today's as the day's volume is traded."""
        market, moment = self.subject.market, self.subject.market.moment(self.instrument, self.subject.now)
        session = market.session(self.instrument, moment.day)
        before, now = self.interest_yesterday, closing_interest(market.seed, self.instrument, moment.day)
        traded = session.until(max(moment.ticks - ticks_ago, 1)).volume
        return before + int((now - before) * traded / session.volume_from(0))

    @cached_property
    def interest_yesterday(self) -> int:
        market = self.subject.market
        before = market.calendar(self.instrument).before(self.quote.day)
        return closing_interest(market.seed, self.instrument, before)

    @property
    def historical_volatility(self) -> Decimal | None:
        """Of the index in the 90 days before, in percent a year."""
        surface = self.history.surface if isinstance(self.history, OptionHistory) else None
        return _rounded(surface.historical(self.quote.day) * 100, 2) if surface else None


ContractFact = Callable[[Contract], object]


def _underlying(name: str) -> ContractFact:
    return lambda c: getattr(c.subject.underlying and c.subject.underlying.quote, name)


def _index(of: Callable[[IndexNow], object]) -> ContractFact:
    return lambda c: of(c.follows) if c.follows else None


def _future_price(c: Contract) -> float:
    assert c.subject.underlying is not None
    return float(c.subject.underlying.quote.price)


_LIFE = ("expiry_date", "last_trading_date", "maturity_date", "redemption_date", "maturity_month")
_CONTRACT: Mapping[str, ContractFact] = {
    "settlement_price": lambda c: c.quote.previous_close,
    "contract_size": lambda c: c.instrument.multiplier,
    "trading_multiplier": lambda c: c.instrument.multiplier,
    "tick_value": lambda c: c.quote.tick * c.instrument.multiplier,
    "margin": lambda c: c.margin,
    "futures_margin_per_contract": lambda c: c.margin,
    "customer_margin_rate": lambda c: c.instrument.margin_rate * 100,
    "exchange_code": lambda c: c.instrument.exchange.upper(),
    "product_code": lambda c: c.instrument.sector,
    "product_group_code": lambda c: c.instrument.sector,
    "underlying_name": lambda c: c.instrument.sector.upper(),
    **dict.fromkeys(_LIFE, lambda c: c.instrument.expiry),
    "remaining_days": lambda c: c.days_left,
    "maturity_month_code": lambda c: f"{c.instrument.expiry:%Y%m}" if c.instrument.expiry else "",
}
_UNDERLYING: Mapping[str, ContractFact] = {
    "underlying_name": lambda c: c.subject.underlying and c.subject.underlying.instrument.name_ko,
    "underlying_price": _underlying("price"),
    "underlying_change": _underlying("change"),
    "underlying_change_rate": _underlying("change_rate"),
    "underlying_volume": _underlying("volume"),
    "underlying_price_direction": lambda c: c.subject.underlying and direction(c.subject.underlying.quote.change),
}
_ON_INDEX: Mapping[str, ContractFact] = {
    "underlying_name": _index(lambda now: now.index.name_ko),
    "underlying_price": _index(lambda now: now.price),
    "underlying_change": _index(lambda now: now.change),
    "underlying_change_rate": _index(lambda now: now.change_rate),
    "underlying_volume": _index(lambda now: now.volume),
    "underlying_price_direction": _index(lambda now: direction(now.change)),
    "previous_index_close": _index(lambda now: now.previous_close),
    "index_base_price": _index(lambda now: now.previous_close),
}
_KOREAN: Mapping[str, ContractFact] = {
    "open_interest": lambda c: c.open_interest(),
    "open_interest_change": lambda c: c.open_interest() - c.interest_yesterday,
    "open_interest_tick_change": lambda c: c.open_interest() - c.open_interest(1),
    "listed_period_high": lambda c: c.listed_period[0],
    "listed_period_low": lambda c: c.listed_period[1],
    "total_ask_quantity": lambda c: sum(level.quantity for level in c.subject.book.asks[:_LEVELS]),
    "total_bid_quantity": lambda c: sum(level.quantity for level in c.subject.book.bids[:_LEVELS]),
    "kospi200_index": lambda c: c.kospi200.price,
    "kospi200_change": lambda c: c.kospi200.change,
    "kospi200_change_rate": lambda c: c.kospi200.change_rate,
    "kospi200_direction": lambda c: direction(c.kospi200.change),
}
_WORTH: Mapping[str, ContractFact] = {
    "theoretical_price": lambda c: c.theoretical,
    "divergence": lambda c: c.quote.price - c.theoretical,
    "divergence_rate": lambda c: percent(c.quote.price - c.theoretical, c.theoretical),
}
_FUTURE: Mapping[str, ContractFact] = {
    **_WORTH,
    **dict.fromkeys(("basis", "theoretical_basis"), lambda c: c.theoretical - (c.spot or 0)),
    "market_basis": lambda c: c.quote.price - (c.spot or 0),
}
_OPTION: Mapping[str, ContractFact] = {
    **_WORTH,
    "strike_price": lambda c: c.instrument.strike.quantize(_CENT) if c.is_korean else c.instrument.strike,
    "intrinsic_value": lambda c: c.intrinsic,
    "time_value": lambda c: c.quote.price - c.intrinsic,
    "moneyness_name": lambda c: "ITM" if c.above > 0 else "OTM" if c.above < 0 else "ATM",
    **dict.fromkeys(("historical_volatility", "underlying_historical_volatility"), lambda c: c.historical_volatility),
    "implied_volatility": lambda c: _rounded(c.model.volatility * 100, 2),
    "delta": lambda c: _rounded(c.model.delta(_future_price(c)), 4),
    "gamma": lambda c: _rounded(c.model.gamma(_future_price(c)), 4),
    "vega": lambda c: _rounded(c.model.vega(_future_price(c)), 4),
    "theta": lambda c: _rounded(c.model.theta(_future_price(c)), 4),
    "rho": lambda c: _rounded(c.model.rho(_future_price(c)), 4),
}
"""Sensitivities to the future; vega and rho are for one percent, theta for a day."""


def _rounded(number: float, decimals: int) -> Decimal:
    """Without a sign where nothing is left."""
    return Decimal(str(round(number, decimals))).quantize(Decimal(1).scaleb(-decimals)) + 0
