"""One sentence of the catalogue: an English pattern, and its Korean with the same places."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from kis_mcp.language.particles import with_particle

_PLACE = re.compile(r"(?<!\{)\{(\w+)(?::(\w+))?\}(?!\})")
_KINDS = ("", "text", "word")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands. ``kind``: empty for data, ``word`` for data without a blank, ``text`` for a text."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """A sentence.

    Attributes:
        literals: What stands around the places of the English, one more than places; empty ones too.
        places: In English order.
        parts: The Korean: literals, and between them the index of a place.
    """

    STARTS: ClassVar[int] = 3

    literals: tuple[str, ...]
    places: tuple[Place, ...]
    parts: tuple[str | int, ...]

    @classmethod
    def of(cls, english: str, korean: str) -> Self:
        """A row of the catalogue.

        Raises:
            ValueError: Both have not the same places, or a place is of an unknown kind.
        """
        literals, places = divided(english)
        indices = {place.name: index for index, place in enumerate(places)}
        korean_literals, korean_places = divided(korean)
        said = sorted(place.name for place in korean_places)
        if said != sorted(indices) or len(indices) < len(places):
            raise ValueError(f"{english!r} and {korean!r} have not the same places, each once")
        if any(place.kind not in _KINDS for place in places):
            raise ValueError(f"{english!r} has a place of an unknown kind")
        parts: list[str | int] = [korean_literals[0]]
        for place, literal in zip(korean_places, korean_literals[1:], strict=True):
            parts += [indices[place.name], literal]
        return cls(literals, places, tuple(parts))

    @property
    def weight(self) -> int:
        """How many characters of a text it says itself."""
        return sum(map(len, self.literals))

    @property
    def start(self) -> str:
        """The first characters of each text that it fits."""
        return self.literals[0][: self.STARTS]

    @property
    def is_phrase(self) -> bool:
        """Whether it fits any text with a word of it in the middle, and so is looked for in places only. One that
        begins with data without a blank, such as a symbol, fits few texts."""
        begins_with_text = not self.literals[0] and self.places[0].kind != "word"
        return begins_with_text and not self.literals[-1].endswith((".", "?", "!", ":"))

    def values(self, text: str) -> list[str] | None:
        """What stands in the places of a text; None where the pattern does not fit. Runs in linear time."""
        first, last = self.literals[0], self.literals[-1]
        if not self.places:
            return [] if text == first else None
        if len(text) < self.weight or not text.startswith(first) or not text.endswith(last):
            return None
        end = len(text) - len(last)
        position, empty, values = len(first), 0, list[str]()
        for literal in self.literals[1:-1]:
            if not literal:
                empty += 1
                continue
            found = text.find(literal, position, end)
            if found < 0:
                return None
            values += [text[position:found], *[""] * empty]
            position, empty = found + len(literal), 0
        values += [text[position:end], *[""] * empty]
        return values if position <= end and self._fit(values) else None

    def korean(self, values: Sequence[str]) -> str:
        """The Korean with these values in its places."""
        said = ""
        for part in self.parts:
            said = said + values[part] if isinstance(part, int) else with_particle(said, part)
        return said

    def _fit(self, values: Sequence[str]) -> bool:
        """Whether each value may stand in its place. A text may be empty, and the second of two places that touch."""
        for index, (place, value) in enumerate(zip(self.places, values, strict=True)):
            if place.kind == "word" and (" " in value or not value):
                return False
            if not value and place.kind != "text" and (index == 0 or self.literals[index]):
                return False
        return True


def divided(text: str) -> tuple[tuple[str, ...], tuple[Place, ...]]:
    """The literals of a pattern and the places between them; ``{{`` and ``}}`` are braces."""
    literals: list[str] = []
    places: list[Place] = []
    position = 0
    for match in _PLACE.finditer(text):
        literals.append(text[position : match.start()])
        places.append(Place(match[1], match[2] or ""))
        position = match.end()
    literals.append(text[position:])
    return tuple(literal.replace("{{", "{").replace("}}", "}") for literal in literals), tuple(places)
