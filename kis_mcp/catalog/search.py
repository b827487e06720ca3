"""Search over tools: BM25 on English words and Hangul bigrams."""

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kis_mcp.catalog.model import Api

_K1 = 1.2
_B = 0.5
_TOKEN = re.compile(r"[a-z0-9]+|[가-힣]+")
_STOP_WORDS = frozenset(
    _TOKEN.findall(
        "a an and are as at be by can did do does for from get give had has have how i in is it its me my no not of on "
        "or s show than that the their them then there this to use was were what when where which who will with you"
    )
)
_CATEGORY_WORDS = {
    "domestic_stock": "domestic Korean Korea stocks 국내주식 한국",
    "overseas_stock": "overseas foreign US stocks 해외주식 미국",
    "domestic_futureoption": "domestic Korean futures options derivatives 국내선물옵션 선물 옵션",
    "overseas_futureoption": "overseas foreign US futures options derivatives 해외선물옵션 선물 옵션",
    "domestic_bond": "domestic Korean bonds 장내채권 채권",
    "etfetn": "ETF ETN",
    "elw": "ELW warrants 워런트",
}
"""Words for a category that its rows do not repeat."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A tool that was found, and how well it fits; scores compare within one search only."""

    api: Api
    score: float


class Search:
    """An index of tools by name, titles, description, parameters and fields of the result.

    Args:
        apis: The tools; of equally good ones the first wins.
    """

    def __init__(self, apis: Sequence[Api]) -> None:
        self._apis = tuple(apis)
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        lengths: list[float] = []
        for number, api in enumerate(self._apis):
            weights = _weights(api)
            lengths.append(sum(weights.values()))
            for token, weight in weights.items():
                self._postings[token].append((number, weight))
        average = sum(lengths) / len(lengths) if lengths else 1
        self._saturation = [_K1 * (1 - _B + _B * length / average) for length in lengths]

    def find(self, query: str, limit: int = 5) -> list[Hit]:
        """The tools that fit a question best, best first; none where no word of it occurs anywhere."""
        scores: dict[int, float] = defaultdict(float)
        for token in dict.fromkeys(_tokens(query)):
            postings = self._postings.get(token, ())
            rarity = math.log(1 + (len(self._apis) - len(postings) + 0.5) / (len(postings) + 0.5))
            for number, weight in postings:
                scores[number] += rarity * weight * (_K1 + 1) / (weight + self._saturation[number])
        exact = query.strip().lower()
        ranked = sorted(scores.items(), key=lambda item: (self._apis[item[0]].tool != exact, -item[1], item[0]))
        return [Hit(self._apis[number], score) for number, score in ranked[:limit]]


def _weights(api: Api) -> dict[str, float]:
    """How much each token stands for a tool: what names it counts more than what it returns."""
    weights: dict[str, float] = defaultdict(float)
    for text, weight in _texts(api):
        for token in _tokens(text):
            weights[token] += weight
    return weights


def _texts(api: Api) -> Iterator[tuple[str, float]]:
    yield api.tool, 2
    yield api.title, 3
    yield api.title_ko, 3
    yield api.description, 2
    yield _CATEGORY_WORDS.get(api.category, ""), 1
    for parameter in api.parameters:
        yield " ".join((parameter.name, *(parameter.codes or ()))), 0.5
        yield parameter.description, 0.3
    for block in api.blocks:
        for field in block.fields:
            yield f"{field.name} {field.label_ko}", 0.1


def _tokens(text: str) -> Iterator[str]:
    """English words, plurals as singulars, and the overlapping pairs of syllables of Hangul words."""
    for token in _TOKEN.findall(text.lower()):
        if token in _STOP_WORDS:
            continue
        if token[0] < "가":
            yield _singular(token)
        elif len(token) == 1:
            yield token
        else:
            yield from (token[start : start + 2] for start in range(len(token) - 1))


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
