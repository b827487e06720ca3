"""Notices of a customer's own orders, as KIS' sheets and examples have them."""

from kis_mcp.simulator.live.notices.table import notices

__all__ = ["notices"]
