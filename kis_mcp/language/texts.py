"""English texts → Korean, sentence by sentence, by the patterns of ``resources/texts.ko.csv``.

A text is translated where it reaches a person or a model: in results, questions, pages and on the terminal. What the
code keeps, compares and journals stays English. A sentence that no pattern fits stays as it is: KIS' own words are
Korean, and other people's are theirs.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from kis_mcp.catalog import csv_rows, resources_folder
from kis_mcp.language.pattern import Pattern

Language: TypeAlias = Literal["ko", "en"]
Say: TypeAlias = Callable[[str], str]
"""A text as its reader reads it."""

TEXTS = "texts.ko.csv"

_BREAK = re.compile(r"(?<=[.?!:)…]) |; ")
"""Where a sentence, or a part of a line that stands by itself, may end."""

_MOST_PARTS = 24
"""A text has a handful of sentences; what is longer holds data, and is taken as one."""

_DEEPEST = 4
"""A warning in a question holds an error, which holds another, which holds a phrase."""

_REMEMBERED = 4096
"""Parts of a text come up again and again while it is divided."""

_TAIL = re.compile(r"[,( ]")
"""Where the last of two places that touch may begin."""


class _Said(NamedTuple):
    """Korean, and how many characters of its English the patterns say themselves."""

    weight: int
    text: str

    def followed_by(self, between: str, other: "_Said") -> "_Said":
        return _Said(self.weight + other.weight, f"{self.text}{between}{other.text}")


class Texts:
    """A catalogue.

    Args:
        file: Its rows, ``english`` and ``korean``: patterns with the same ``{places}``. ``{place:text}`` is a text of
            its own, translated in its turn; ``{place:word}`` has no blank; any other is data.
    """

    def __init__(self, file: Path) -> None:
        patterns = [Pattern.of(row["english"], row["korean"]) for row in csv_rows(file)]
        self._by_start: defaultdict[str, list[Pattern]] = defaultdict(list)
        for pattern in patterns:
            self._by_start[pattern.start].append(pattern)
        self._line = lru_cache(_REMEMBERED)(self._say_line)
        self._sentence = lru_cache(_REMEMBERED)(self._say_sentence)

    def __call__(self, text: str) -> str:
        """The Korean of a text; what has none stays as it is."""
        return "\n".join(self._line(line, _DEEPEST).text for line in text.split("\n"))

    def _say_line(self, line: str, depth: int) -> _Said:
        """The sentences of a line, so divided that the patterns cover most of it.

        Args:
            depth: How deep texts in its places are said too.
        """
        breaks = list(_BREAK.finditer(line))
        if len(breaks) >= _MOST_PARTS:
            breaks = []
        starts = [0, *(found.end() for found in breaks)]
        ends = [*(found.start() for found in breaks), len(line)]
        between = ["", *(found[0] for found in breaks)]
        best = [_Said(0, "")]
        for last, end in enumerate(ends):
            options = [best[last].followed_by(between[last], _Said(0, line[starts[last] : end]))]
            for first in range(last + 1):
                if found := self._sentence(line[starts[first] : end], depth):
                    options.append(best[first].followed_by(between[first], found))
            best.append(max(options, key=lambda option: option.weight))
        return best[-1]

    def _say_sentence(self, text: str, depth: int, *, is_tail: bool = False) -> _Said | None:
        """A sentence by the pattern that says most of it; None where none fits."""
        found: list[_Said] = []
        for pattern in self._candidates(text):
            if (pattern.is_phrase and depth == _DEEPEST) or (is_tail and not _TAIL.match(pattern.literals[0])):
                continue
            if (values := pattern.values(text)) is not None:
                weight, said = self._values(pattern, values, depth - 1)
                found.append(_Said(pattern.weight + weight, pattern.korean(said)))
        return max(found, key=lambda said: said.weight, default=None)

    def _candidates(self, text: str) -> Iterator[Pattern]:
        for length in range(Pattern.STARTS + 1):
            yield from self._by_start.get(text[:length], ())

    def _values(self, pattern: Pattern, values: Sequence[str], depth: int) -> tuple[int, list[str]]:
        """The values of a pattern's places, those that are texts in Korean, and how much of them patterns say."""
        weight, said = 0, list(values)
        for index, place in enumerate(pattern.places):
            if place.kind != "text" or depth < 0:
                continue
            if index and not pattern.literals[index]:
                said[index - 1], tail = self._divided(values[index - 1], depth)
                weight, said[index] = weight + tail.weight, tail.text
                if pattern.places[index - 1].kind == "text":
                    head = self._line(said[index - 1], depth)
                    weight, said[index - 1] = weight + head.weight, head.text
            else:
                part = self._line(values[index], depth)
                weight, said[index] = weight + part.weight, part.text
        return weight, said

    def _divided(self, text: str, depth: int) -> tuple[str, _Said]:
        """What two places that touch hold together: data, and behind it a text, if one of ours ends it."""
        for match in _TAIL.finditer(text):
            if tail := self._sentence(text[match.start() :], depth, is_tail=True):
                return text[: match.start()], tail
        return text, _Said(0, "")


def say_in(language: Language) -> Say:
    """How texts are said in a language. The catalogue is read at the first text that is not to be English."""
    return _as_it_is if language == "en" else _in_korean


def _as_it_is(text: str) -> str:
    return text


def _in_korean(text: str) -> str:
    return _korean()(text)


@cache
def _korean() -> Texts:
    return Texts(resources_folder() / TEXTS)
