"""Showing a page to whoever sits at this machine."""

import logging
import os
import secrets
import sys
import time
import webbrowser
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import anyio
import anyio.to_thread

from kis_mcp.confirm.page.html import redirect_page
from kis_mcp.errors import StorageError
from kis_mcp.storage import open_private_file, private_folder

_LEFT_BEHIND_SECONDS = 3600

_log = logging.getLogger(__name__)


async def open_in_browser(url: str, folder: Path) -> None:
    """Open a browser window, where there is a screen; a text browser would take the protocol's terminal.

    Every user of the machine can read the arguments of a program that runs, so the browser is given a private file in
    ``folder`` that leads to the page. The file is there until this is cancelled.
    """
    if sys.platform not in ("win32", "darwin") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return
    try:
        with _leading_to(url, folder) as file:
            await anyio.to_thread.run_sync(webbrowser.open, file.as_uri(), abandon_on_cancel=True)
            await anyio.sleep_forever()
    except (webbrowser.Error, OSError, StorageError) as error:
        _log.warning("No browser could be opened: %s", error)


@contextmanager
def _leading_to(url: str, folder: Path) -> Generator[Path]:
    file = private_folder(folder) / f"{secrets.token_urlsafe(16)}.html"
    _remove_left_behind(folder)
    descriptor = open_private_file(file)
    try:
        try:
            os.write(descriptor, redirect_page(url).encode())
        finally:
            os.close(descriptor)
        yield file
    finally:
        file.unlink(missing_ok=True)


def _remove_left_behind(folder: Path) -> None:
    """Remove the files of servers that were killed; their pages are gone."""
    for file in folder.glob("*.html"):
        with suppress(OSError):
            if time.time() - file.stat().st_mtime > _LEFT_BEHIND_SECONDS:
                file.unlink()
