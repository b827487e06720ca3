"""Whether the order says what it has to, and in the exchange's units."""

from decimal import Decimal

from kis_mcp.trading.guard.facts import Finding, GuardFacts
from kis_mcp.trading.order import Action
from kis_mcp.trading.venues import PRICED, STOCK_MARKETS, STOPS, UNPRICED, krx_tick, us_tick


def instrument_is_known(facts: GuardFacts) -> Finding | None:
    order = facts.order
    if facts.exists:
        return None
    what = f"{order.symbol or 'an instrument without symbol'}{f' on {order.exchange}' if order.exchange else ''}"
    if facts.exists is None:
        return Finding(
            f"KIS could not be asked whether there is {what}.",
            "Try again when KIS answers, or look the symbol up with find_instrument.",
            "symbol",
            refuses=facts.is_real and not facts.sells_holding,
        )
    return Finding(f"KIS knows no {what}.", "Look the symbol and its exchange up with find_instrument.", "symbol")


def original_is_named(facts: GuardFacts) -> Finding | None:
    if facts.order.action is Action.NEW or facts.order.original_order_id:
        return None
    return Finding(
        f"It does not say which order to {facts.order.action.value}.",
        "Give the number of the standing order.",
        "order_id",
    )


def original_stands(facts: GuardFacts) -> Finding | None:
    return Finding(facts.ended, "Nothing of it is left to change or cancel.", "order_id") if facts.ended else None


def quantity_is_positive(facts: GuardFacts) -> Finding | None:
    quantity = facts.order.quantity
    if quantity is None:
        if facts.order.action is not Action.NEW:
            return None
        return Finding("The order has no quantity.", "Give a quantity of at least 1.", "quantity")
    if quantity > 0:
        return None
    return Finding(f"The quantity is {quantity:,f}.", "Give a quantity of at least 1.", "quantity")


def quantity_remains(facts: GuardFacts) -> Finding | None:
    quantity, remaining = facts.order.quantity, facts.remaining
    if quantity is None or remaining is None or quantity <= remaining:
        return None
    return Finding(
        f"The quantity is {quantity:,f}, but only {remaining:,f} of the order are still open.",
        f"Give at most {remaining:,f}." if remaining else "Nothing is left to change or cancel.",
        "quantity",
    )


def quantity_in_lots(facts: GuardFacts) -> Finding | None:
    """Sells come in lots too where the venue says so; the odd rest of a holding may go along where it does not."""
    order, quantity, venue = facts.order, facts.order.quantity, facts.venue
    lot = facts.lot or (Decimal(venue.buy_lot) if venue else Decimal(1))
    if quantity is None or lot <= 1 or quantity % lot == 0:
        return None
    odd_type = venue.odd_lot_type if venue else ""
    if order.side == "sell" and not (venue and venue.sells_lots and order.order_type != odd_type):
        return None
    below = quantity - quantity % lot
    return Finding(
        f"The quantity {quantity:,f} is no multiple of the lot of {lot:,f}.",
        f"Give {f'{below:,f} or ' if below else ''}{below + lot:,f}"
        f"{f', or sell the odd rest as {odd_type}' if odd_type and order.side == 'sell' else ''}.",
        "quantity",
    )


def loan_fits_side(facts: GuardFacts) -> Finding | None:
    if facts.wrong_loan is None:
        return None
    return Finding(
        f"A {facts.order.side} order cannot be {facts.wrong_loan}.",
        "Correct side, or credit_type or position_type: margin_open and short_repay are for buys, short_open and what"
        " repays or returns another loan for sells; for cash leave it out.",
        "side",
    )


def price_fits_order_type(facts: GuardFacts) -> Finding | None:
    order = facts.order
    order_type = order.order_type or ("limit" if order.market in STOCK_MARKETS | {"domestic_bond"} else "")
    if order.price is None and order_type in PRICED:
        return Finding(f"A {order_type} order needs a price.", "Give a price above 0.", "price")
    if order.price is not None and order_type in UNPRICED:
        return Finding(
            f"A {order_type} order takes no price, but {order.price:,f} was given.",
            "Leave the price out, or use order_type limit to have it kept.",
            "price",
        )
    if order.price is not None and order.price < 0 and order.market != "overseas_futureoption":
        return Finding(f"The price is {order.price:,f}.", "Give a price above 0.", "price")
    return None


def stop_price_fits_order_type(facts: GuardFacts) -> Finding | None:
    order = facts.order
    if order.stop_price is not None and order.order_type is not None and order.order_type not in STOPS:
        return Finding(f"A {order.order_type} order takes no stop_price.", "Leave it out.", "stop_price")
    if order.stop_price is not None and order.stop_price <= 0:
        return Finding(f"The stop_price is {order.stop_price:,f}.", "Give a price above 0.", "stop_price")
    if order.stop_price is None and order.order_type in STOPS and order.action is Action.NEW:
        return Finding(
            f"A {order.order_type} order needs a stop_price.", "Give the price that sets it off.", "stop_price"
        )
    return None


def tick_of(facts: GuardFacts) -> Decimal | None:
    """The step of the order's price; None where it has none, or the step is not known here."""
    order = facts.order
    if order.price is None or order.price <= 0:
        return None
    if facts.tick:
        return facts.tick
    if order.market == "US":
        return us_tick(order.price)
    return krx_tick(order.price, facts.kind or "stock") if order.market == "KR" else None


def price_on_tick(facts: GuardFacts) -> Finding | None:
    order, tick = facts.order, tick_of(facts)
    if order.price is None or tick is None:
        return None
    finding = _off_tick(order.price, tick, order.currency or "")
    if finding is None or facts.tick or order.market != "KR" or facts.kind is not None:
        return finding
    if _off_tick(order.price, krx_tick(order.price, "etf"), "KRW"):
        return finding
    return Finding(f"{finding.what} Only an ETF or ETN may have it.", finding.remedy, finding.field, refuses=False)


def _off_tick(price: Decimal, tick: Decimal, currency: str) -> Finding | None:
    if price % tick == 0:
        return None
    below = price - price % tick
    return Finding(
        f"The price {price:,f} {currency} is off the tick of {tick:,f}.",
        f"Use {below:,f} or {below + tick:,f}.",
        "price",
    )
