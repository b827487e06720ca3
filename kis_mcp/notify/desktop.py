"""Notices of this machine's desktop, by the program that its system has for them. No shell sees the text."""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from html import escape

from kis_mcp.alerts import Attempt, Notice

TIMEOUT_SECONDS = 10.0

_APPLE_SCRIPT = (
    "-e",
    "on run argv",
    "-e",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "-e",
    "end run",
)
_TOAST = """
$ErrorActionPreference = 'Stop'
$null = [Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]
$template = [Windows.UI.Notifications.ToastTemplateType]::ToastText02
$toast = [Windows.UI.Notifications.ToastNotificationManager]::GetTemplateContent($template)
$lines = $toast.GetElementsByTagName('text')
$null = $lines.Item(0).AppendChild($toast.CreateTextNode($env:KIS_NOTICE_TITLE))
$null = $lines.Item(1).AppendChild($toast.CreateTextNode($env:KIS_NOTICE_TEXT))
$app = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\\WindowsPowerShell\\v1.0\\powershell.exe'
$notice = [Windows.UI.Notifications.ToastNotification]::new($toast)
[Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier($app).Show($notice)
"""


def desktop_command(platform: str, title: str, text: str) -> tuple[Sequence[str], Mapping[str, str]]:
    """The program and its arguments, and the variables it gets, for a platform as `sys.platform` names it.

    notify-send takes its body for markup (https://specifications.freedesktop.org/notification), so that is escaped.
    """
    if platform == "darwin":
        return ("osascript", *_APPLE_SCRIPT, title, text), {}
    if platform == "win32":
        command = ("powershell", "-NoProfile", "-NonInteractive", "-Command", _TOAST)
        return command, {"KIS_NOTICE_TITLE": title, "KIS_NOTICE_TEXT": text}
    return ("notify-send", "--app-name=kis-mcp", "--", title, escape(text, quote=False)), {}


class DesktopChannel:
    """The desktop of whoever runs this process.

    Args:
        platform: As `sys.platform` names it.
        seconds: How long its program may take.
    """

    kind = "desktop"

    def __init__(self, *, platform: str = sys.platform, seconds: float = TIMEOUT_SECONDS) -> None:
        self._platform = platform
        self._seconds = seconds

    async def send(self, notice: Notice) -> Attempt:
        command, variables = desktop_command(self._platform, notice.title, notice.text)
        quiet = asyncio.subprocess.DEVNULL
        environment = {name: value for name, value in os.environ.items() if not name.upper().startswith("KIS_")}
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=quiet, stdout=quiet, stderr=quiet, env={**environment, **variables}
            )
        except OSError as error:
            return Attempt("refused", f"{command[0]} cannot be run: {error.strerror}")
        try:
            async with asyncio.timeout(self._seconds):
                code = await process.wait()
        except TimeoutError:
            return Attempt("unclear", f"{command[0]} took too long; it may have been shown")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return Attempt("delivered", "shown") if code == 0 else Attempt("failed", f"{command[0]} ended with {code}")
