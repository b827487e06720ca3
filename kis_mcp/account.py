"""A KIS account."""

from dataclasses import dataclass


def masked(number: str) -> str:
    """An account number that may be shown: its first and last two characters, of a short one nothing."""
    return f"{number[:2]}****{number[-2:]}" if len(number) > 4 else "****"


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
