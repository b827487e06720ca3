"""The spec table, read from ``tools/`` as far as it is needed."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from threading import RLock
from typing import Any, cast

import tomli

from kis_mcp.catalog.corrections import NOTHING, Corrections, read_corrections
from kis_mcp.catalog.data import tools_folder
from kis_mcp.catalog.dictionary import Dictionary
from kis_mcp.catalog.model import Api
from kis_mcp.catalog.rows import OWN, PREFIXES, Common, read_row, tool_name
from kis_mcp.catalog.table import SpecError, Table

_NAME = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b")


class Catalog:
    """All tools. The core tools, and each category, are read when they are first asked for.

    Args:
        root: The folder of the table; by default the one that belongs to this package.
        strict: Whether an element that ``elements.csv`` lacks is an error, as in the table's own tests. Otherwise
            such a field keeps KIS' name and is text.
        corrected: Whether the rows say what is known beside KIS' documents, or the documents alone.

    Raises:
        SpecError: From any member that reads a faulty row; the message names file, row and key.
    """

    def __init__(self, root: Path | None = None, *, strict: bool = False, corrected: bool = True) -> None:
        self._root = root or tools_folder()
        self._strict = strict
        self._corrected = corrected
        self._categories: dict[str, tuple[Api, ...]] = {}
        self._reading = RLock()

    @cached_property
    def core(self) -> tuple[Api, ...]:
        """The market-neutral core tools."""
        path = self._root / "core.toml"
        return tuple(self._rows(path, "core")) if path.exists() else ()

    @cached_property
    def strategies(self) -> tuple[Api, ...]:
        """This server's own tools for strategies, which the core has in one."""
        path = self._root / "strategies.toml"
        return tuple(self._rows(path, "strategies")) if path.exists() else ()

    @property
    def tools(self) -> tuple[Api, ...]:
        """Every tool, the core ones first."""
        return (*self.core, *self.strategies, *self.apis)

    @cached_property
    def apis(self) -> tuple[Api, ...]:
        """Every KIS API, REST and websocket, category by category."""
        return tuple(api for category in PREFIXES for api in self.category(category))

    def category(self, name: str) -> tuple[Api, ...]:
        """The APIs of one category, by group and in the table's order; reads nothing of the others.

        Every thread gets the same ones: they are compared by identity.
        """
        with self._reading:
            if name not in self._categories:
                paths = sorted((self._root / name).glob("*.toml"))
                apis = [api for path in paths for api in self._rows(path, name)]
                tools = {api.slug: api.tool for api in apis}
                self._categories[name] = tuple(_with_full_names(api, tools) for api in apis)
            return self._categories[name]

    def find(self, tool: str) -> Api | None:
        """The tool of that name, core or KIS API, or None."""
        category = next((name for name, prefix in PREFIXES.items() if tool.startswith(f"{prefix}_")), None)
        if category is not None:
            return _named(tool, self.category(category))
        return _named(tool, self.core) or _named(tool, self.strategies)

    def of_kis(self, name: str) -> tuple[Api, ...]:
        """The APIs that KIS calls so: by a TR id, in real or demo, or by the path of the request."""
        return self._by_kis_name.get(name.strip().strip("/").upper(), ())

    @cached_property
    def _by_kis_name(self) -> dict[str, tuple[Api, ...]]:
        found: dict[str, tuple[Api, ...]] = {}
        for api in self.apis:
            names = {*api.tr.real.values(), *api.tr.demo.values(), api.path if api.kind == "rest" else ""}
            for name in names - {""}:
                key = name.strip("/").upper()
                found[key] = (*found.get(key, ()), api)
        return found

    @cached_property
    def _common(self) -> Common:
        values = _read(self._root / "common.toml")
        dictionary = Dictionary(self._root / "elements.csv", values.get("enums", {}), strict=self._strict)
        return Common(params=values.get("params", {}), paging=values.get("paging", {}), dictionary=dictionary)

    @cached_property
    def corrections(self) -> Corrections:
        """What is known beside KIS' documents."""
        path = self._root / "corrections.toml"
        return read_corrections(_read(path) if self._corrected and path.exists() else {}, path.name)

    @cached_property
    def edition(self) -> date:
        """The day of KIS' edition that the rows follow."""
        path = self._root / "edition.toml"
        return Table(_read(path), path.name).take("date", date)

    def _rows(self, path: Path, category: str) -> Iterator[Api]:
        where = path.relative_to(self._root).as_posix()
        known = NOTHING if category in OWN else self.corrections  # our own tools follow no document of KIS
        rows = _read(path)
        for slug, read in rows.items():
            if not isinstance(read, dict):
                raise SpecError(f"{where} {slug}: must be a table")
            values = cast("dict[str, Any]", read)
            if "params_of" in values:
                values = {**values, "params": _params_of(rows, values, f"{where} {slug}")}
            tool = tool_name(category, slug)
            row = Table(known.over(tool, values), f"{where} [{slug}]")
            api = read_row(
                row, slug=slug, category=category, group=path.stem, common=self._common, corrections=known.of(tool)
            )
            if self._strict:
                _check_names(row, api)
            yield api


@cache
def catalog() -> Catalog:
    """The package's own table, read once."""
    return Catalog()


def _named(tool: str, apis: Iterable[Api]) -> Api | None:
    return next((api for api in apis if api.tool == tool), None)


def _params_of(rows: Mapping[str, Any], row: Mapping[str, Any], where: str) -> object:
    """The parameters of the other row that a row names."""
    other = rows.get(row["params_of"])
    if "params" in row or not isinstance(other, dict) or "params" not in other:
        raise SpecError(f"{where}: params_of must name a row of this file with params, and the row have none itself")
    return cast(dict[str, Any], other)["params"]


def _with_full_names(api: Api, tools: Mapping[str, str]) -> Api:
    """The API with the whole names of other tools in its texts, where the table writes KIS' slugs."""

    def full(text: str) -> str:
        return _NAME.sub(lambda match: tools.get(match[0], match[0]), text)

    parameters = tuple(replace(each, description=full(each.description)) for each in api.parameters)
    texts = {"description": full(api.description), "demo_instead": full(api.demo_instead)}
    return replace(api, parameters=parameters, **texts)


def _check_names(row: Table, api: Api) -> None:
    """That every readable name which the row uses is one of its fields."""
    names = {block.name: {field.name for field in block.fields} for block in api.blocks}
    if len(names) < len(api.blocks):
        raise row.error("blocks", "two have the same name")
    for block in api.blocks:
        if unknown := set(block.columns) - names[block.name]:
            raise row.error(f"blocks {block.key} columns", f"{min(unknown)!r} is no field of it")
    if unknown := api.untrusted - {name for block in names.values() for name in block}:
        raise row.error("untrusted", f"{min(unknown)!r} is no field")


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomli.loads(path.read_text(encoding="utf-8"))
    except tomli.TOMLDecodeError as error:
        raise SpecError(f"{path.parent.name}/{path.name}: {error}") from error
