"""A KIS account."""

import re
from collections.abc import Collection
from dataclasses import dataclass

_HYPHEN = "[-\u2010-\u2015\u2212\uff0d]?"
_SHAPE = re.compile(rf"(?<!\d)\d{{8}}{_HYPHEN}\d{{2}}(?!\d)")
_NUMBER = re.compile(r"\d{8}")
_PARTED = r"[\W_]?"


def masked(number: str) -> str:
    """An account number that may be shown: its first and last two characters, of a short one nothing."""
    return f"{number[:2]}****{number[-2:]}" if len(number) > 4 else "****"


def without_accounts(text: str, known: Collection[str] = ()) -> str:
    """A text of KIS' without account numbers: ``***`` for each that looks like one (ten digits, also as 8-2), and for
    the ``known`` ones of eight digits however they are parted, their product with them."""
    for number in filter(_NUMBER.fullmatch, known):
        text = re.sub(rf"{_PARTED.join(number)}({_PARTED}\d\d(?!\d))?", "***", text)
    return _SHAPE.sub("***", text)


@dataclass(frozen=True, slots=True)
class Account:
    """A securities account: 8-digit CANO and 2-digit ACNT_PRDT_CD (01 general, 03 and 08 futures, 22 and 29 pension).

    Its text form is masked, so that no log or message carries the number in full.
    """

    number: str
    product: str

    @property
    def masked(self) -> str:
        return f"{masked(self.number)}-{self.product}"

    def __repr__(self) -> str:
        return f"Account({self.masked})"

    __str__ = __repr__
