"""One table of a TOML file, set or removed in the text: every other line of the file stays as it is.

What came of it is read again by a TOML reader and held against what was meant, so that a layout that this does not
know is refused instead of damaged.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import tomli

from kis_mcp.cli.hosts.jsonc import Unreadable

_HEADER = re.compile(r"[ \t]*\[")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def read_toml(text: str) -> dict[str, Any]:
    """What the text says.

    Raises:
        Unreadable: It is no TOML.
    """
    try:
        return tomli.loads(text.replace("\r\n", "\n"))
    except tomli.TOMLDecodeError as error:
        place = re.search(r"line \d+", str(error))
        raise Unreadable(f"{place[0] if place else 'it'} is no TOML") from None


def set_table(text: str, path: Sequence[str], value: Mapping[str, Any]) -> str:
    """The text with a table of ``value`` at a path, in place of the one that stands there.

    Raises:
        Unreadable: It is no TOML, or lays this table out in a way that is not known here.
    """
    meant = read_toml(text)
    _put(meant, path, value)
    newline = "\r\n" if "\r\n" in text else "\n"
    rest, at = _cut(text, path)
    block = newline.join(_lines(path, value)) + newline
    head, tail = rest[:at], rest[at:]
    if head and not head.endswith("\n"):
        head += newline
    gap = newline if head.strip() and not head.endswith(newline * 2) else ""
    end = newline if tail.strip() and not tail.startswith(newline) else ""
    return _checked(f"{head}{gap}{block}{end}{tail}", meant)


def remove_table(text: str, path: Sequence[str]) -> str:
    """The text without the table at a path, and those within it; unchanged where there is none.

    Raises:
        Unreadable: As `set_table`.
    """
    meant = read_toml(text)
    holder: dict[str, Any] = meant
    for name in path[:-1]:
        inner: object = holder.get(name)
        holder = cast("dict[str, Any]", inner) if isinstance(inner, dict) else {}
    if path[-1] not in holder:
        return text
    del holder[path[-1]]
    rest, at = _cut(text, path)
    head, tail = rest[:at], rest[at:]
    if head.endswith(("\n\n", "\n\r\n")) and (not tail or tail.startswith(("\n", "\r\n"))):
        head = head[: -2 if head.endswith("\r\n") else -1]
    return _checked(head + tail, meant, path[:-1])


def _cut(text: str, path: Sequence[str]) -> tuple[str, int]:
    """The text without the table's lines, and where they stood; its end where there are none.

    A table goes to the next header, without the blank lines and comments right before that, which are of the next.
    """
    header = re.compile(
        r"[ \t]*\[[ \t]*" + r"[ \t]*\.[ \t]*".join(map(_spelled, path)) + r"[ \t]*(?:\.[^\]]*)?\][ \t]*(?:#.*)?\r?\n?$"
    )
    kept: list[str] = []
    pending: list[str] = []
    at, cutting = -1, False
    for line in text.splitlines(keepends=True):
        if _HEADER.match(line):
            kept += pending
            pending, cutting = [], header.match(line) is not None
            if cutting and at < 0:
                at = sum(map(len, kept))
        if not cutting:
            kept.append(line)
        elif line.strip() and not line.lstrip().startswith("#"):
            pending = []
        else:
            pending.append(line)
    rest = "".join([*kept, *pending])
    return rest, len(rest) if at < 0 else at


def _spelled(name: str) -> str:
    return rf"(?:{re.escape(name)}|\"{re.escape(name)}\"|'{re.escape(name)}')"


def _lines(path: Sequence[str], value: Mapping[str, Any]) -> list[str]:
    inner = {name: cast("dict[str, Any]", each) for name, each in value.items() if isinstance(each, dict)}
    flat = [f"{_key(name)} = {_value(each)}" for name, each in value.items() if name not in inner]
    lines = [f"[{'.'.join(map(_key, path))}]", *flat]
    for name, each in inner.items():
        lines += ["", *_lines((*path, name), each)]
    return lines


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _value(value: object) -> str:
    """Texts and lists as JSON writes them, which TOML reads alike."""
    if isinstance(value, list):
        return f"[{', '.join(map(_value, cast('list[object]', value)))}]"
    if isinstance(value, str | bool | int):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, float):
        return repr(value)
    raise Unreadable("the entry holds a value that is not written again here")


def _put(meant: dict[str, Any], path: Sequence[str], value: Mapping[str, Any]) -> None:
    for name in path[:-1]:
        meant = meant.setdefault(name, {})
        if not isinstance(meant, dict):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise Unreadable(f"{name} is no table")
    meant[path[-1]] = dict(value)


def _checked(text: str, meant: Mapping[str, Any], may_be_gone: Sequence[str] = ()) -> str:
    said = read_toml(text)
    if may_be_gone and may_be_gone[0] not in said and not meant.get(may_be_gone[0]):
        meant = {name: each for name, each in meant.items() if name != may_be_gone[0]}
    if said != meant:
        raise Unreadable("its tables are laid out in a way that is not known here")
    return text
