"""One member of a JSON object, set or removed in the text: every other character of the file stays as it is.

Comments (``//`` and ``/* */``) and commas after a last member are read as VS Code reads them, where they are allowed.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r\n\ufeff]+)|(?P<comment>//[^\r\n]*|/\*.*?\*/)|(?P<text>"(?:[^"\\\x00-\x1f]|\\.)*")"""
    r"""|(?P<plain>-?[0-9][0-9eE.+-]*|true|false|null)|(?P<sign>[{}\[\]:,])""",
    re.DOTALL,
)
_REST_OF_LINE = re.compile(r"[ \t]*(?://[^\r\n]*|/\*[^\r\n]*?\*/[ \t]*(?=[\r\n]))")
"""A remark after a value, which belongs to it."""

_BLANKS = " \t\r\n"
_DEEPEST = 200
_USUAL_INDENT = "  "


class Unreadable(ValueError):
    """It is no JSON that can be changed; the message says why, without the content."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


@dataclass(slots=True)
class _Node:
    """A value in the text.

    Attributes:
        start, end: Where it stands; for a member of an object, ``name`` is where its name begins.
        value: What it says.
        members: Of an object, in order.
        comma: Where the comma after it ends; -1 without one.
    """

    start: int
    end: int = -1
    value: Any = None
    members: "dict[str, _Node]" = field(default_factory=dict[str, "_Node"])
    name: int = -1
    comma: int = -1


def read(text: str, *, with_comments: bool) -> Any:
    """What the text says; an empty text is an empty object.

    Raises:
        Unreadable: It is no JSON, or says the same name twice, so that nobody knows which counts.
    """
    return _parsed(text, with_comments=with_comments).value if text.strip("\ufeff \t\r\n") else {}


def set_member(text: str, path: Sequence[str], value: object, *, with_comments: bool) -> str:
    """The text with ``value`` at a path of names; objects on the way that are missing are made.

    Raises:
        Unreadable: As `read`; or something else than an object stands on the way.
    """
    if not text.strip("\ufeff \t\r\n"):
        return f"{text}{_written({path[0]: _nested(path[1:], value)}, _USUAL_INDENT, 0)}\n"
    node, depth = _parsed(text, with_comments=with_comments), 0
    style = _Style.of(text, node)
    for name in path:
        _require_object(node, path[:depth])
        if name not in node.members:
            return _with_member(text, node, name, _nested(path[depth + 1 :], value), style, depth)
        node, depth = node.members[name], depth + 1
    return text[: node.start] + style.written(value, depth) + text[node.end :]


def remove_member(text: str, path: Sequence[str], *, with_comments: bool) -> str:
    """The text without the member at a path; unchanged where there is none.

    Raises:
        Unreadable: As `read`.
    """
    if not text.strip("\ufeff \t\r\n"):
        return text
    node = _parsed(text, with_comments=with_comments)
    for name in path[:-1]:
        if name not in node.members:
            return text
        node = node.members[name]
    if path[-1] not in node.members:
        return text
    members = list(node.members.values())
    member = node.members[path[-1]]
    before = members[members.index(member) - 1] if member is not members[0] else None
    end = max(member.end, member.comma)
    start = member.name
    if re.match(r"[ \t]*[\r\n]", text[end:]):  # else the line's end may be what ends a comment
        start = len(text[:start].rstrip(_BLANKS))
    if before is not None and member.comma < 0:
        return text[: before.comma - 1] + text[before.comma : start] + text[end:]
    return text[:start] + text[end:]


@dataclass(frozen=True, slots=True)
class _Style:
    """How the file is laid out: the indent of a level ("" for all on one line), and its line end."""

    indent: str
    newline: str

    @classmethod
    def of(cls, text: str, root: _Node) -> "_Style":
        newline = "\r\n" if "\r\n" in text else "\n"
        if not root.members:
            return cls(_USUAL_INDENT, newline)
        begins = next(iter(root.members.values())).name
        before = text[root.start + 1 : begins]
        blank = re.search(r"[\r\n]([ \t]*)$", before)
        return cls("" if blank is None else blank[1] or _USUAL_INDENT, newline)

    def written(self, value: object, depth: int) -> str:
        if not self.indent:
            return json.dumps(value, ensure_ascii=False)
        return _written(value, self.indent, depth).replace("\n", self.newline)


def _with_member(text: str, node: _Node, name: str, value: object, style: _Style, depth: int) -> str:
    written = f"{json.dumps(name, ensure_ascii=False)}: {style.written(value, depth + 1)}"
    lead = style.newline + style.indent * (depth + 1) if style.indent else ""
    if not node.members:
        inside = text[node.start + 1 : node.end - 1]
        tail = style.newline + style.indent * depth if style.indent and "\n" not in inside else ""
        return text[: node.start + 1] + f"{lead}{written}{tail}" + text[node.start + 1 :]
    last = list(node.members.values())[-1]
    end = max(last.end, last.comma)
    remark = _REST_OF_LINE.match(text, end) if style.indent else None
    spot = remark.end() if remark else end
    comma, after = ("", ",") if last.comma > 0 else (",", "")
    return text[:end] + comma + text[end:spot] + f"{lead or ' '}{written}{after}" + text[spot:]


def _nested(path: Sequence[str], value: object) -> object:
    for name in reversed(path):
        value = {name: value}
    return value


def _written(value: object, indent: str, depth: int) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent).replace("\n", "\n" + indent * depth)


def _require_object(node: _Node, path: Sequence[str]) -> None:
    if not isinstance(node.value, dict):
        raise Unreadable(f"{'.'.join(path) or 'it'} is no object")


def _parsed(text: str, *, with_comments: bool) -> _Node:
    reader = _Reader(_tokens(text, with_comments=with_comments), tolerant=with_comments)
    node = reader.value(0)
    if reader.next().kind != "end":
        raise Unreadable("something stands after its end")
    return node


def _tokens(text: str, *, with_comments: bool) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        line = text.count("\n", 0, at) + 1
        if found is None or found.lastgroup is None:
            raise Unreadable(f"line {line} is no JSON")
        if found.lastgroup == "comment" and not with_comments:
            raise Unreadable(f"line {line} has a comment, which this host does not read")
        if found.lastgroup not in ("blank", "comment"):
            tokens.append(_Token(found.lastgroup, found[0], at, found.end()))
        at = found.end()
    return [*tokens, _Token("end", "", at, at)]


class _Reader:
    def __init__(self, tokens: Sequence[_Token], *, tolerant: bool) -> None:
        self._tokens = iter(tokens)
        self._ahead: _Token | None = None
        self._tolerant = tolerant

    def next(self) -> _Token:
        token, self._ahead = self._ahead or next(self._tokens), None
        return token

    def value(self, depth: int) -> _Node:
        token = self.next()
        if depth > _DEEPEST:
            raise Unreadable("it is nested too deeply")
        if token.text == "{":
            return self._object(_Node(token.start, value={}), depth)
        if token.text == "[":
            return self._list(_Node(token.start, value=[]), depth)
        if token.kind not in ("text", "plain"):
            raise Unreadable("a value is missing" if token.kind != "end" else "it ends too early")
        try:
            return _Node(token.start, token.end, json.loads(token.text, strict=True))
        except ValueError:
            raise Unreadable("a value is no JSON") from None

    def _object(self, node: _Node, depth: int) -> _Node:
        while (token := self.next()).text != "}":
            if token.kind != "text":
                raise Unreadable("a name is missing" if token.kind != "end" else "it ends too early")
            name = json.loads(token.text)
            if name in node.members:
                raise Unreadable(f"it says {token.text[:40]} twice")
            if self.next().text != ":":
                raise Unreadable("a colon is missing")
            node.members[name] = member = self.value(depth + 1)
            member.name, node.value[name] = token.start, member.value
            if not self._goes_on(node, "}", member):
                return node
        return self._ended(node, token)

    def _list(self, node: _Node, depth: int) -> _Node:
        while (token := self.next()).text != "]":
            self._ahead = token
            item = self.value(depth + 1)
            node.value.append(item.value)
            if not self._goes_on(node, "]", item):
                return node
        return self._ended(node, token)

    def _goes_on(self, node: _Node, end: str, after: _Node) -> bool:
        """Past the comma after a value; False at the end of what it is in. Both are noted."""
        token = self.next()
        if token.text == end:
            node.end = token.end
            return False
        if token.text != ",":
            raise Unreadable("a comma is missing" if token.kind != "end" else "it ends too early")
        after.comma = token.end
        self._ahead = following = self.next()
        if following.text == end and not self._tolerant:
            raise Unreadable("a comma has nothing after it")
        return True

    def _ended(self, node: _Node, token: _Token) -> _Node:
        node.end = token.end
        return node
