"""Showing a page to whoever sits at this machine."""

from __future__ import annotations

import logging
import os
import sys
import webbrowser

import anyio.to_thread

_log = logging.getLogger(__name__)


async def open_in_browser(url: str) -> None:
    """Open a browser window, where there is a screen; a text browser would take the protocol's terminal."""
    if sys.platform in ("win32", "darwin") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        try:
            await anyio.to_thread.run_sync(webbrowser.open, url, abandon_on_cancel=True)
        except (webbrowser.Error, OSError) as error:
            _log.warning("No browser could be opened: %s", error)
