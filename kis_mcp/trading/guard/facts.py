"""What the rules of the guard look at, and what a rule can say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal, TypeAlias

from kis_mcp.environment import Environment
from kis_mcp.trading.guard.limits import OrderLimits
from kis_mcp.trading.journal import Record
from kis_mcp.trading.order import Action, Order
from kis_mcp.trading.venues import STOCK_MARKETS, Hours, InstrumentKind, TradingDays, Venue

Loan: TypeAlias = Literal["open", "repay", "short"]

_SOLD_IF_HELD = STOCK_MARKETS | {"domestic_bond"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """What KIS said of the account; None where it was not asked or did not tell.

    Attributes:
        needs: Which of these the order needs, so that a gap in them counts.
        most: What KIS would take of this order, open orders counted.
        without_loan: What of that needs no loan.
        cash: What of the buying power is money for this order, in the order's currency.
        closable: What an order on this side can close of a holding, open orders counted.
        positions: Symbols held in any account, and those being bought.
        loss_today: Of the account that the order goes to, in won; negative for a profit.
        left_out: What of the positions and the loss KIS refuses to tell, in its words.
    """

    needs: frozenset[str] = frozenset()
    most: Decimal | None = None
    without_loan: Decimal | None = None
    cash: Decimal | None = None
    closable: Decimal | None = None
    positions: frozenset[str] | None = None
    loss_today: Decimal | None = None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardFacts:
    """All that the rules look at; None where KIS was not asked or did not tell.

    Attributes:
        order: Valued, where a value could be found.
        now: The time.
        halted: Why all new orders are stopped; None where they are not.
        same: Earlier intents for the same order, latest first.
        lost: Earlier intents for an order like it, whose answer was lost, latest first.
        idempotency_key: The caller's key for this one.
        sent_today: Orders and changes that this journal sent today and that may stand, without this one.
        just_sent: Instruments that this journal's latest orders may have opened a position in.
        remaining: What is left of the standing order that a change or cancel concerns.
        freed: What standing orders hold of a position that are cancelled before this one is sent.
        ended: How that order ended, in a sentence; None while it stands.
        venue: Where the order goes.
        trading_days: Of the venue, where its hours are to be kept.
        unknown_days: Those of them that may be holidays, for all that is known.
        exists: Whether KIS knows the instrument; None where it could not be asked.
        kind, is_option, last_price: Of the instrument.
        is_small_price: Whether it is an option or spread, whose price is small beside what it stands for.
        tick, lot: What prices and quantities are multiples of, where the instrument's own facts say.
        multiplier: What one unit of quantity is worth for each unit of price.
        krw_rate, krw_rate_source: Won for one unit of the order's currency, and the API that said so.
        contract_hours: When the contract trades, where that is KIS' to say and is to be kept.
        margin_source: The API that said what the order's contracts bind.
        loan: Whether it lends to buy, pays a loan back, or sells what was lent; None for an order without loan.
        wrong_loan: The argument that says of a loan what contradicts the order's side.
        begins, ends: Between which Korean times of day an order is spread that says so (twap, vwap).
        account: Where the order goes.
    """

    environment: Environment
    limits: OrderLimits
    order: Order
    now: datetime
    halted: str | None = None
    same: Sequence[Record] = ()
    lost: Sequence[Record] = ()
    idempotency_key: str | None = None
    sent_today: int = 0
    just_sent: frozenset[str] = frozenset()
    remaining: Decimal | None = None
    freed: Decimal = Decimal(0)
    ended: str | None = None
    venue: Venue | None = None
    trading_days: TradingDays | None = None
    unknown_days: frozenset[date] = frozenset()
    exists: bool | None = None
    kind: InstrumentKind | None = None
    is_option: bool = False
    is_small_price: bool = False
    last_price: Decimal | None = None
    tick: Decimal | None = None
    lot: Decimal | None = None
    multiplier: Decimal | None = None
    krw_rate: Decimal | None = None
    krw_rate_source: str | None = None
    contract_hours: Hours | None = None
    margin_source: str | None = None
    loan: Loan | None = None
    wrong_loan: str | None = None
    begins: time | None = None
    ends: time | None = None
    account: AccountFacts = AccountFacts()

    @property
    def is_real(self) -> bool:
        return self.environment is Environment.REAL

    @property
    def is_cancel(self) -> bool:
        return self.order.action is Action.CANCEL

    @property
    def is_cash_sale(self) -> bool:
        """Whether it is to sell what is held, and no loan comes into it."""
        order, has_loan = self.order, self.loan is not None or self.wrong_loan is not None
        return order.action is Action.NEW and order.side == "sell" and order.market in _SOLD_IF_HELD and not has_loan

    @property
    def sells_holding(self) -> bool:
        """Whether a person only parts with what they hold. Where that cannot be read, KIS takes no other cash sale."""
        quantity, closable = self.order.quantity, self.account.closable
        return self.is_cash_sale and (closable is None or (quantity is not None and quantity <= closable))

    @property
    def reduces_risk(self) -> bool:
        """Whether it only takes back an order, closes what is held, or changes an order that does."""
        order, closable = self.order, self.account.closable
        if order.action is not Action.NEW:
            sells = order.side == "sell" and order.market in STOCK_MARKETS and self.loan != "short"
            return self.is_cancel or sells
        closes = closable is not None and order.quantity is not None and order.quantity <= closable
        return closes or self.sells_holding or self.loan == "repay"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule has to say: what is wrong with which value and limit, and the remedy."""

    what: str
    remedy: str
    field: str | None = None
    refuses: bool = True
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that the guard looks at.

    Attributes:
        check: Pure; its name is the rule's.
        on_cancels: Whether it holds for cancels too, which only ever reduce risk.
        needs_kis: Whether it makes sense on facts from KIS only.
        when_sending: Whether it is looked at once more just before the order goes out.
        is_in_order: Whether what it needs of KIS is kept in the order, so that KIS need not be asked when sending.
    """

    check: Callable[[GuardFacts], Finding | None]
    on_cancels: bool = False
    needs_kis: bool = False
    when_sending: bool = False
    is_in_order: bool = False

    @property
    def name(self) -> str:
        return self.check.__name__
