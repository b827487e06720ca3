"""PINs that a stranger tries first."""

import re
from collections.abc import Callable
from itertools import pairwise

_BIRTHDAYS = re.compile(r"(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])|(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])|(19|20)\d\d")
"""Month and day, day and month, or a year."""
_SHORTEST_WITH_YEAR_AND_DAY = 6
_KEY_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_FEWEST_CHARACTERS = 3


def weakness(pin: str) -> str | None:
    """Why the PIN is easily guessed, or None."""
    lowered = pin.casefold()
    return next((reason for is_weak, reason in _RULES if is_weak(lowered)), None)


def _has_few_characters(pin: str) -> bool:
    return len(set(pin)) < _FEWEST_CHARACTERS


def _repeats_itself(pin: str) -> bool:
    return pin in (pin + pin)[1:-1]


def _runs(pin: str) -> bool:
    """Up or down by one, over the end of the digits too: 1234, 7890, dcba."""
    steps = {ord(after) - ord(before) for before, after in pairwise(pin)}
    over_the_end = 10 if pin.isdigit() else 0
    return any(steps <= {step, step - step * over_the_end} for step in (1, -1))


def _lies_on_the_keyboard(pin: str) -> bool:
    return any(pin in row or pin[::-1] in row for row in _KEY_ROWS)


def _could_be_a_birthday(pin: str) -> bool:
    """A day or a year, at most with another digit: 0315, 1503, 1988, 80315, 19883."""
    is_short = pin.isdigit() and len(pin) < _SHORTEST_WITH_YEAR_AND_DAY
    return is_short and any(_BIRTHDAYS.fullmatch(part) for part in (pin[:4], pin[-4:]))


_RULES: tuple[tuple[Callable[[str], bool], str], ...] = (
    (_has_few_characters, f"it has fewer than {_FEWEST_CHARACTERS} different characters"),
    (_repeats_itself, "it repeats a part of itself"),
    (_runs, "it counts up or down"),
    (_lies_on_the_keyboard, "its keys lie side by side"),
    (_could_be_a_birthday, "it could be a birthday or a year"),
)
