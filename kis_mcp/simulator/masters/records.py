"""How the rows of KIS' files are built: the fields of KIS' structures with their bytes, and the text of each."""

from collections.abc import Mapping

ENCODING = "cp949"


def fields(structure: str) -> Mapping[str, int]:
    """Name → bytes, from the text of a structure: names and sizes in turn."""
    words = structure.split()
    return {name: int(size) for name, size in zip(words[::2], words[1::2], strict=True)}


def fixed(structure: Mapping[str, int], values: Mapping[str, str]) -> bytes:
    """A row of fixed places. A field that nothing is given for is blank, and what is too long is cut by letters.

    Raises:
        KeyError: A value for a field that the structure does not have.
    """
    if unknown := values.keys() - structure.keys():
        raise KeyError(*sorted(unknown))
    return b"".join(_padded(values.get(name, ""), size) for name, size in structure.items())


def piped(*values: str) -> bytes:
    return "|".join(values).encode(ENCODING)


def tabbed(*values: str) -> bytes:
    return "\t".join(values).encode(ENCODING)


def _padded(text: str, size: int) -> bytes:
    packed = text.encode(ENCODING)
    while len(packed) > size:
        text = text[:-1]
        packed = text.encode(ENCODING)
    return packed.ljust(size)
