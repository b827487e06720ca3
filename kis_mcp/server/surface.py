"""Which tools the server offers: decided once at start, the same for every client, in the table's order."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from kis_mcp.catalog import Api, Catalog, Parameter
from kis_mcp.errors import SettingsError


@dataclass(frozen=True, slots=True)
class SurfaceOptions:
    """What the operator asked to offer.

    Attributes:
        surface: ``core``, the workflow tools; ``all``, every typed KIS API as well.
        toolsets: Offer these instead of the surface: a category (``domestic_stock``), one of its groups
            (``domestic_stock_ranking``), ``core`` or one of its groups (``core_market``), or ``strategies``.
        tools: Offer these as well.
        exclude_tools: Never offer these, whatever includes them.
        read_only: Offer nothing that can send an order, whatever includes it. Of a tool of which some words can, offer
            the others.
        keeps: Whether the server keeps alerts and strategies while it runs, as one that stays does.
    """

    surface: Literal["core", "all"] = "core"
    toolsets: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    exclude_tools: tuple[str, ...] = ()
    read_only: bool = False
    keeps: bool = True


def select_tools(catalog: Catalog, options: SurfaceOptions) -> tuple[Api, ...]:
    """The offered tools, core first, each once. Reads no more of the table than the options name.

    Raises:
        SettingsError: A name is unknown; the message suggests the nearest.
    """
    for tool in (*options.tools, *options.exclude_tools):
        if catalog.find(tool) is None:
            raise _unknown("tool", tool, (api.tool for api in _every(catalog)))
    wanted = frozenset(options.toolsets)
    if unknown := wanted and wanted.difference(*map(_toolsets, _every(catalog))):
        raise _unknown("toolset", min(unknown), (name for api in _every(catalog) for name in _toolsets(api)))
    chosen = _every(catalog) if wanted or options.tools or options.surface == "all" else catalog.core
    if options.read_only:
        chosen = map(_without_orders, chosen)
    return tuple(
        api
        for api in chosen
        if (_in_base(api, options, wanted) or api.tool in options.tools)
        and api.tool not in options.exclude_tools
        and not (options.read_only and api.risk == "order")
    )


def _without_orders(api: Api) -> Api:
    """A tool without the words that can send orders, where it has others."""
    if not any(parameter.order_words for parameter in api.parameters):
        return api
    return replace(api, risk="account", parameters=tuple(map(_without_order_words, api.parameters)))


def _without_order_words(parameter: Parameter) -> Parameter:
    if not parameter.order_words:
        return parameter
    codes = {word: code for word, code in (parameter.codes or {}).items() if word not in parameter.order_words}
    return replace(parameter, codes=codes, order_words=frozenset())


def _in_base(api: Api, options: SurfaceOptions, wanted: frozenset[str]) -> bool:
    if wanted:
        return not wanted.isdisjoint(_toolsets(api))
    return options.surface == "all" or api.category == "core"


def _every(catalog: Catalog) -> Iterator[Api]:
    yield from catalog.core
    yield from catalog.strategies
    yield from catalog.apis


def _toolsets(api: Api) -> tuple[str, str]:
    return api.category, api.toolset


def _unknown(what: str, name: str, known: Iterable[str]) -> SettingsError:
    from difflib import get_close_matches

    names = sorted(set(known))
    nearest = get_close_matches(name, names, n=3, cutoff=0.4)
    return SettingsError(
        f"There is no {what} {name!r}.",
        remedy=f"Did you mean {' or '.join(nearest)}?" if nearest else f"Known: {', '.join(names[:20])}.",
        field=f"--{what}s",
    )
