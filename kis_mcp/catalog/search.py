"""Search over tools: BM25 over what their rows say, with words of one meaning as one term."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain

from kis_mcp.catalog.model import Api
from kis_mcp.catalog.search_terms import vocabulary

_WEIGHTS = {
    "title": 3,
    "title_ko": 3,
    "description": 2,
    "order": 2,
    "slug": 1,
    "account": 1,
    "parameters": 0.4,
    "fields": 0.1,
}
"""How much a term stands for a tool by where it occurs."""
_SATURATION = 1.2
"""The k1 of BM25. Its b is 0: descriptions are of one length, and long lists of fields are no flaw of a tool."""
_CORE = "core"
_USUAL = {
    _CORE: 1.0,
    "domestic_stock": 1.0,
    "overseas_stock": 0.8,
    "domestic_futureoption": 0.7,
    "overseas_futureoption": 0.5,
    "domestic_bond": 0.7,
    "etfetn": 0.7,
    "elw": 0.7,
}
"""How likely a category is meant."""
_ELSEWHERE = 0.4
"""What a tool counts for in a category that the question does not point at."""
_CLAUSE_END = re.compile(r"[.;] ")
_NAME = re.compile(r"[a-z]+(?:_[a-z0-9]+)+")


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
        self._words = vocabulary()
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, weights in enumerate(self._weights()):
            for term, weight in weights.items():
                self._postings[term].append((number, weight))
        self._rarity = {term: self._rarity_of(postings) for term, postings in self._postings.items()}
        self._titles = [
            [frozenset(self._words.terms(title)) for title in (api.title, api.title_ko)] for api in self._apis
        ]

    def find(self, query: str, limit: int = 5) -> list[Hit]:
        """The tools that fit a question best, best first; none where no word of it occurs anywhere."""
        terms = frozenset(self._words.terms(query))
        scores: dict[int, float] = defaultdict(float)
        for term in sorted(terms):
            for number, weight in self._postings.get(term, ()):
                scores[number] += self._rarity[term] * weight * (_SATURATION + 1) / (weight + _SATURATION)
        pointers = {term for term in terms if term in self._words.categories}
        meant = self._meant(pointers)
        for number in scores:
            category, titles = self._apis[number].category, self._titles[number]
            scores[number] *= _USUAL.get(category, 1) * (1 + max(self._asked(title, terms) for title in titles))
            if category not in (*meant, _CORE) and not any(pointers <= title for title in titles):
                scores[number] *= _ELSEWHERE
        exact = query.strip().lower()
        ranked = sorted(scores.items(), key=lambda item: (self._apis[item[0]].tool != exact, -item[1], item[0]))
        return [Hit(self._apis[number], score) for number, score in ranked[:limit]]

    def _meant(self, pointers: Iterable[str]) -> set[str]:
        """The categories that all pointing words allow, or that any of them allows where they contradict."""
        allowed = [self._words.categories[term] for term in pointers]
        by_all = {category for category in _USUAL if all(category in some for some in allowed)}
        return by_all or {category for some in allowed for category in some}

    def _asked(self, title: frozenset[str], terms: frozenset[str]) -> float:
        """The part of a title that is asked for: a tool for something more special is not meant."""
        whole = sum(self._rarity[term] for term in title)
        return sum(self._rarity[term] for term in title & terms) / whole if whole else 0

    def _rarity_of(self, postings: Sequence[tuple[int, float]]) -> float:
        """The idf of BM25, where a tool that hardly speaks of a term hardly counts as speaking of it."""
        tools = sum(min(1, weight) for _, weight in postings)
        return math.log(1 + (len(self._apis) - tools + 0.5) / (tools + 0.5))

    def _weights(self) -> list[dict[str, float]]:
        """For each tool how much each term stands for it: what names it counts more than what it returns."""
        weights = [defaultdict[str, float](float) for _ in self._apis]
        terms = cache(self._words.terms)

        def add(number: int, texts: Iterable[str], weight: float) -> None:
            for term in set(chain.from_iterable(map(terms, texts))):
                weights[number][term] += weight

        for number, api in enumerate(self._apis):
            for part, texts in _texts(api).items():
                add(number, texts, _WEIGHTS[part])
        return list(weights)


def _texts(api: Api) -> dict[str, Iterable[str]]:
    return {
        "slug": [_spaced(api.slug)],
        "title": [api.title],
        "title_ko": [api.title_ko],
        "description": [clause for clause in _CLAUSE_END.split(api.description) if not _NAME.search(clause)],
        "account": ["account"] if api.account or api.risk == "account" else [],
        "order": ["place"] if api.risk == "order" else [],
        "parameters": [
            text for it in api.parameters for text in (*map(_spaced, (it.name, *(it.codes or ()))), it.description)
        ],
        "fields": [text for block in api.blocks for it in block.fields for text in (_spaced(it.name), it.label_ko)],
    }


def _spaced(name: str) -> str:
    return name.replace("_", " ")
