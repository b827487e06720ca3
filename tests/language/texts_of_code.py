"""Every sentence that the code can show a person, read from its syntax: f-strings as patterns with places."""

import ast
import re
from collections.abc import Collection, Iterator
from itertools import product
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "kis_mcp"

NOT_FOR_PEOPLE = {
    "simulator": "KIS' own words, or a console in English",
    "charts": "pictures have words of their own",
    "pytest_plugin.py": "developers read it",
    "storage/migrations/versions": "SQL",
    "catalog/corrections.py": "faults of the spec table",
    "catalog/dictionary.py": "faults of the spec table",
    "catalog/document.py": "documents of tools stay English",
    "catalog/drift.py": "maintainers read it",
    "catalog/error_codes.py": "a document that stays English",
    "catalog/loader.py": "faults of the spec table",
    "catalog/order_rows.py": "faults of the spec table",
    "catalog/reserved.py": "schemas of tools stay English",
    "catalog/rows.py": "faults of the spec table",
    "catalog/schemas.py": "schemas of tools stay English",
    "catalog/table.py": "faults of the spec table",
    "cli/sim_app.py": "switches are for developers, in English",
    "cli/drift.py": "maintainers read it",
    "cli/try_session.py": "a session as an agent leads it, in English",
    "cli/worlds.py": "the console of the simulator",
    "confirm/page": "pages are in both languages",
    "kis/portal.py": "maintainers read it",
    "server/app.py": "instructions to the model stay English",
    "server/completions.py": "errors of the protocol stay English",
    "server/one_page.py": "errors of the protocol stay English",
    "server/prompts.py": "errors of the protocol stay English",
    "server/resources.py": "errors of the protocol stay English",
    "server/stdio_guard.py": "errors of the protocol stay English",
    "server/stream_resources.py": "errors of the protocol stay English",
    "server/task_methods.py": "errors of the protocol stay English",
    "wiring/drift.py": "maintainers read it",
}
"""Module or folder → why its sentences are shown to nobody whose language is Korean."""

LOGS = {"debug", "info", "warning", "error", "exception"}
PLACE = "\0"
"""Stands where an f-string has a value."""

_SQL = re.compile(r"^\s*(create|CREATE|pragma|PRAGMA|\(open)|(=|<|>|LIMIT|limit|MATCH) \?")
_END = re.compile(r"(?<=[.?!]) (?=[A-Z0-9`'\0])")
_BEHIND_A_TEXT = re.compile(r"(?<=\0) (?=[A-Z])")
"""Where a sentence may begin behind a place, if what stands there is a text of its own."""


def sentences() -> dict[str, str]:
    """Each sentence, with `PLACE` for its places → the file that has it."""
    found: dict[str, str] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if not any(name == other or name.startswith(f"{other}/") for other in NOT_FOR_PEOPLE):
            for text in texts(ast.parse(path.read_text("utf-8"))):
                for sentence in split(text):
                    found.setdefault(sentence, name)
    return found


def split(text: str) -> Iterator[str]:
    """The sentences of a text, without those that are a place alone."""
    for line in text.splitlines():
        yield from filter(_has_words, _END.split(line.strip()))


def is_covered(sentence: str, patterns: Collection[tuple[str, ...]]) -> bool:
    """Whether the catalogue has a sentence, or both what ends with a text in it and what stands behind."""
    if tuple(sentence.split(PLACE)) in patterns or not _has_words(sentence):
        return True
    ends = _BEHIND_A_TEXT.finditer(sentence)
    return any(
        is_covered(sentence[: end.start()], patterns) and is_covered(sentence[end.end() :], patterns) for end in ends
    )


def _has_words(text: str) -> bool:
    return re.search(r"[A-Za-z]{2}", text) is not None


def texts(module: ast.Module) -> Iterator[str]:
    """Each text of a module that is a sentence, in all forms that it can take."""
    parents = {id(child): node for node in ast.walk(module) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(module):
        if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp | ast.IfExp):
            parent = parents.get(id(node))
            if _is_part(parent) or isinstance(parent, ast.Expr) or _is_logged(parent):
                continue
            yield from (form for form in _forms(node) if _is_sentence(form))


def _is_part(parent: ast.AST | None) -> bool:
    """Whether what stands here is only a part of a longer text."""
    return isinstance(parent, ast.JoinedStr | ast.FormattedValue | ast.IfExp) or (
        isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Add)
    )


def _is_logged(parent: ast.AST | None) -> bool:
    return isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute) and parent.func.attr in LOGS


def _is_sentence(text: str) -> bool:
    is_sentence = re.search(r"[A-Za-z]{2}.* .*[.?!]$|[A-Za-z]{2}.* .*[.?!:)] \0$", text.strip(), re.DOTALL)
    return is_sentence is not None and not _SQL.search(text)


def _forms(node: ast.AST) -> list[str]:
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=values):
            return ["".join(parts) for parts in product(*map(_forms, values))]
        case ast.FormattedValue(value=ast.IfExp() | ast.JoinedStr() as value):
            return _forms(value)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return ["".join(parts) for parts in product(_forms(left), _forms(right))]
        case ast.IfExp(body=body, orelse=orelse):
            return [*_forms(body), *_forms(orelse)]
        case _:
            return [PLACE]
