"""What every library is put through; runs in the library's environment, with the standard library alone."""

import json
import traceback
from collections.abc import Callable
from typing import Any

NAMES = ("token", "quote", "book", "chart", "balance", "order", "amend", "cancel", "day's orders")
LIVE_NAMES = ("trades", "book", "notices", "after a drop")
ACCOUNT = "11112222-01"
APP_KEY = "A" * 36
APP_SECRET = "S" * 180


def run(steps: dict[str, Callable[[], Any]], names: tuple[str, ...] = NAMES) -> None:
    """Print how each step went as one JSON object: ``ok``, or what went wrong. A step fails whose result is empty."""
    assert tuple(steps) == names
    went: dict[str, str] = {}
    for name, step in steps.items():
        try:
            went[name] = "ok" if step() else "nothing came back"
        except BaseException as error:
            traceback.print_exc()
            went[name] = f"{type(error).__name__}: {error}"[:300]
    print(json.dumps(went, ensure_ascii=False))
