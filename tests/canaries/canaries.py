"""Secrets that no user has, and where they turned up."""

import base64
import json
import logging
from collections import defaultdict
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import quote, quote_plus

SETTINGS: Mapping[str, str] = {
    "app_key": "PSkanarienvogelREALkey0123456789abcd",
    "app_secret": "kanarienvogel+Real/Secret==aQ9&x",
    "paper_app_key": "PSkanarienvogelDEMOkey0123456789abcd",
    "paper_app_secret": "kanarienvogel+Demo/Secret==bR8&y",
    "acct_stock": "73914628",
    "acct_future": "73914629",
    "paper_stock": "85206173",
    "paper_future": "85206174",
    "hts_id": "kanaria7",
    "http_token": "kanarienvogel-http-token-5512",
    "alert_ntfy_token": "tk_kanarienvogelntfy",
    "alert_telegram_token": "998877:kanarienvogel-Telegram_5",
    "alert_telegram_chat": "-1009988770055",
}
TOPIC = "kanarienvogel-topic-4471"
HOOK_PATH = "kanarienvogel-hook-8812"
"""Parts of the addresses that alerts go to."""

HIDDEN = {**SETTINGS, "alert_ntfy_url": TOPIC, "alert_webhook_url": HOOK_PATH}


def forms(secret: str) -> set[str]:
    """A secret as it is, and as programs write it: in JSON, HTML, addresses, base64 and hexadecimal digits."""
    plain = secret.encode()
    encoded = {
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret).replace("/", "\\/")[1:-1],
        escape(secret),
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        plain.hex(),
        plain.hex().upper(),
    }
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            whole = encode(b"\0" * before + plain)
            first = -(-before * 4 // 3)  # digits that what stands before has a part in
            encoded.add(whole[first : len(whole.rstrip(b"=")) - 1].decode())
    return encoded


@dataclass
class Sweep:
    """Looks through texts.

    Attributes:
        hidden: What is looked for, by name.
        found: Where which of them stood.
        looked_at: How many characters were gone through, so that a sweep of nothing is noticed.
    """

    hidden: dict[str, str]
    found: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    looked_at: int = 0

    def __post_init__(self) -> None:
        self._needles = {(name, form) for name, value in self.hidden.items() for form in forms(value)}

    def look(self, where: str, text: str | bytes) -> None:
        whole = text.decode(errors="replace") if isinstance(text, bytes) else text
        self.looked_at += len(whole)
        self.found |= {(where, name) for name, form in self._needles if form in whole}


class Logs(logging.Handler):
    """All that is logged, by any logger at every level, but for the simulator: it stands for KIS, which knows the keys.

    Attributes:
        lines: Logger → what it wrote.
    """

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.lines: defaultdict[str, list[str]] = defaultdict(list)
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        if record.threadName != "kis-simulator":
            self.lines[record.name].append(self.format(record))


@contextmanager
def every_log() -> Generator[Logs]:
    """What is logged meanwhile, DEBUG of every library included."""
    logs, root = Logs(), logging.getLogger()
    loggers = [root, *(each for each in root.manager.loggerDict.values() if isinstance(each, logging.Logger))]
    levels = {logger: logger.level for logger in loggers}
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    others = list(root.handlers)
    root.handlers[:] = [logs]  # pytest's own would keep every line once more
    try:
        yield logs
    finally:
        root.handlers[:] = others
        for logger, level in levels.items():
            logger.setLevel(level)


def whole(result: Any) -> str:
    """All of a protocol's result, as it goes over the wire."""
    return str(result.model_dump_json(by_alias=True))
