"""Reaching the person outside of any chat: notices of the desktop, ntfy, Telegram and webhooks."""

from kis_mcp.notify.desktop import DesktopChannel
from kis_mcp.notify.posts import NtfyChannel, TelegramChannel, WebhookChannel

__all__ = ["DesktopChannel", "NtfyChannel", "TelegramChannel", "WebhookChannel"]
