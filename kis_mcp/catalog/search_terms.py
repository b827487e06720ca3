"""Reading a text as search terms: words of one meaning are one term, whichever the language.

``resources/search_terms.tsv`` holds the meanings, one a line: ``meaning``, the words for it in English and Korean, and
the categories of tools that such a word points at, if it does.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache

from kis_mcp.catalog.data import csv_rows, resources_folder

_WORD = re.compile(r"[a-z0-9]+|[가-힣]+")
_HANGUL = re.compile(r"[가-힣]+")
_NOTHING = "=-"
_NO_PLURALS = frozenset({"news"})


class Vocabulary:
    """The meanings of words.

    Args:
        meanings: Meaning → the words and phrases for it. A word may have several meanings.
        categories: Meaning → the categories of tools that it points at.
    """

    def __init__(self, meanings: Mapping[str, list[str]], categories: Mapping[str, frozenset[str]]) -> None:
        self.categories = {_term(meaning): found for meaning, found in categories.items()}
        self._meanings: dict[str, set[str]] = defaultdict(set)
        for meaning, phrases in meanings.items():
            for phrase in phrases:
                for spelling in _spellings(phrase):
                    self._meanings[spelling] |= {_term(meaning)} - {_NOTHING}
        self._by_start: dict[str, list[str]] = defaultdict(list)
        for phrase in sorted(self._meanings, key=len, reverse=True):
            self._by_start[_beginning(phrase, 0)].append(phrase)

    def terms(self, text: str) -> list[str]:
        """What a text speaks of: the meanings it names and, where it names none, its words.

        English words count as singulars; what no meaning covers of a Hangul word, as its pairs of syllables.
        """
        text = _normal(text)
        found: list[str] = []
        start = 0
        while start < len(text):
            if phrase := self._longest(text, start):
                found += self._meanings[phrase]
                start += len(phrase)
            elif text[start] == " ":
                start += 1
            elif text[start] < "가":
                end = text.index(" ", start)
                found.append(text[start:end])
                start = end + 1
            else:
                end = start + 1
                while text[end] >= "가" and not self._longest(text, end):
                    end += 1
                found += _pairs(text[start:end])
                start = end + (text[end] == " ")
        return found

    def _longest(self, text: str, start: int) -> str | None:
        """The longest phrase at a place; one that begins with a word of one syllable only where a word begins."""
        for phrase in self._by_start.get(_beginning(text, start), ()):
            if text.startswith(phrase, start):
                return phrase if phrase[1] != " " or start == 0 or text[start - 1] == " " else None
        return None


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary of ``search_terms.tsv``, with the names of instruments as words for their market."""
    with (resources_folder() / "search_terms.tsv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    meanings = {row["meaning"]: row["terms"].split(", ") for row in rows}
    categories = {row["meaning"]: frozenset(row["categories"].split()) for row in rows if row["categories"]}
    known = {phrase for phrases in meanings.values() for phrase in phrases}
    for market, meaning in (("KR", "korea"), ("US", "us")):
        names = _instrument_names(market) - known
        meanings[f"{meaning} instrument"] = sorted(names)
        categories[f"{meaning} instrument"] = categories[meaning]
        meanings["one stock"] += names
    return Vocabulary(meanings, categories)


def _instrument_names(market: str) -> set[str]:
    """Names in both languages, whole and by their first word; symbols, unless so short that they may be words."""
    rows = [row for row in csv_rows(resources_folder() / "instruments.csv") if row["market"] == market]
    names = [row[column].lower() for row in rows for column in ("name_ko", "name_en")]
    symbols = [row["symbol"].lower() for row in rows]
    return {*names, *(name.split()[0] for name in names), *(symbol for symbol in symbols if len(symbol) > 2)}


def _term(meaning: str) -> str:
    """Not a word that a text could hold."""
    return f"={meaning}"


def _normal(text: str) -> str:
    """Lower case, English words as singulars, a space after each word."""
    return "".join(f"{word if word[0] >= '가' else _singular(word)} " for word in _WORD.findall(text.lower()))


def _beginning(text: str, start: int) -> str:
    """An English word, or two characters of Hangul."""
    return text[start : start + 2] if text[start] >= "가" else text[start : text.index(" ", start)]


def _spellings(phrase: str) -> set[str]:
    """A phrase as it occurs in normal texts: Korean compounds are written with and without spaces.

    Hangul of more than a syllable ends without a space, for particles follow it.
    """
    normal = _normal(phrase)
    if normal[-2] < "가" or len(normal) == 2:
        return {normal}
    joined = normal.replace(" ", "")
    return {normal[:-1], *(_spaced(joined) if _HANGUL.fullmatch(joined) else ())}


def _spaced(compound: str) -> Iterator[str]:
    """A compound with spaces at any places that leave two syllables on each side, and without."""
    yield compound
    for cut in range(2, len(compound) - 1):
        for rest in _spaced(compound[cut:]):
            yield f"{compound[:cut]} {rest}"


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 3 and word not in _NO_PLURALS and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _pairs(syllables: str) -> Iterator[str]:
    return (syllables[start : start + 2] for start in range(len(syllables) - 1))
