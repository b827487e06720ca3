"""Strategies live: bars from ticks, decisions, orders, and the position that follows from them."""

__all__: list[str] = []
