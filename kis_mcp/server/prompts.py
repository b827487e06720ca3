"""Prompts that a person starts in their client: texts of ``resources/prompts``, in Korean and English."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import tomli
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    GetPromptRequestParams,
    GetPromptResult,
    ListPromptsResult,
    PaginatedRequestParams,
    Prompt,
    PromptArgument,
    PromptMessage,
    TextContent,
)

from kis_mcp.catalog import encodable, resources_folder
from kis_mcp.language import Language
from kis_mcp.server.one_page import require_first_page
from kis_mcp.server.serving import Serving

LANGUAGE: Final = "language"
LANGUAGES: Final = ("ko", "en")
MOST_CHARACTERS: Final = 500
"""An argument names an instrument or an order in a sentence."""

_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class PromptText:
    """A prompt as its file has it.

    Attributes:
        name: Of the file.
        title, description, text: By language.
        arguments: Name → its table in the file: ``description``, ``required``, ``completes`` (symbol), ``phrase`` (the
            words in which it stands in the text) and ``otherwise`` (what stands there if it is left out).
    """

    name: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    text: Mapping[str, str]
    arguments: Mapping[str, Mapping[str, Any]]


class Prompts:
    """The prompts of one server.

    Args:
        language: In which they are written where the person asks for none.
        folder: Where their files are.
    """

    def __init__(self, language: Language, folder: Path | None = None) -> None:
        self._language: Language = language
        self._folder = folder or resources_folder() / "prompts"

    async def list_prompts(
        self,
        context: ServerRequestContext[Serving, Any],  # noqa: ARG002
        params: PaginatedRequestParams | None,
    ) -> ListPromptsResult:
        require_first_page(params)
        return ListPromptsResult(prompts=[self._listed(prompt) for prompt in self.texts.values()])

    async def get_prompt(
        self,
        context: ServerRequestContext[Serving, Any],  # noqa: ARG002
        params: GetPromptRequestParams,
    ) -> GetPromptResult:
        """The text of a prompt with its arguments in it.

        Raises:
            MCPError: There is no such prompt, or an argument is missing, unknown or too long.
        """
        prompt = self.texts.get(params.name)
        if prompt is None:
            known = ", ".join(self.texts)
            raise MCPError(INVALID_PARAMS, f"There is no prompt {encodable(params.name)!r}. There are {known}.")
        given = {name: encodable(value).strip() for name, value in (params.arguments or {}).items() if value.strip()}
        language = given.pop(LANGUAGE, self._language)
        _check(prompt, given, language)
        return GetPromptResult(
            description=prompt.description[language],
            messages=[
                PromptMessage(role="user", content=TextContent(type="text", text=_filled(prompt, given, language)))
            ],
        )

    @cached_property
    def texts(self) -> Mapping[str, PromptText]:
        """Name → prompt."""
        return {path.stem: _read(path) for path in sorted(self._folder.glob("*.toml"))}

    def _listed(self, prompt: PromptText) -> Prompt:
        language = self._language
        arguments = [
            PromptArgument(
                name=name, description=argument["description"][language], required=argument.get("required", False)
            )
            for name, argument in prompt.arguments.items()
        ]
        words = {"en": "ko or en", "ko": "ko 또는 en"}
        arguments.append(PromptArgument(name=LANGUAGE, description=words[language], required=False))
        return Prompt(
            name=prompt.name,
            title=prompt.title[language],
            description=prompt.description[language],
            arguments=arguments,
        )


def _read(path: Path) -> PromptText:
    table = tomli.loads(path.read_text(encoding="utf-8"))
    return PromptText(path.stem, table["title"], table["description"], table["text"], table.get("arguments", {}))


def _check(prompt: PromptText, given: Mapping[str, str], language: str) -> None:
    if language not in LANGUAGES:
        raise MCPError(INVALID_PARAMS, f"{LANGUAGE} is {language!r}: give ko or en.")
    for name, value in given.items():
        if name not in prompt.arguments:
            known = ", ".join((*prompt.arguments, LANGUAGE))
            raise MCPError(INVALID_PARAMS, f"{prompt.name} has no argument {name!r}. It takes {known}.")
        if len(value) > MOST_CHARACTERS:
            raise MCPError(INVALID_PARAMS, f"{name} is longer than {MOST_CHARACTERS} characters: shorten it.")
    for name, argument in prompt.arguments.items():
        if argument.get("required") and name not in given:
            raise MCPError(INVALID_PARAMS, f"{prompt.name} needs {name}: {argument['description'][language]}")


def _filled(prompt: PromptText, given: Mapping[str, str], language: str) -> str:
    def words(place: re.Match[str]) -> str:
        argument = prompt.arguments[place[1]]
        if place[1] not in given:
            return argument.get("otherwise", {}).get(language, "")
        return argument.get("phrase", {}).get(language, "{}").replace("{}", given[place[1]])

    return _PLACE.sub(words, prompt.text[language]).strip()
