"""One row of the spec table → one :class:`Api`, checked on the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import product
from typing import Any, get_args

from kis_mcp.catalog.dictionary import Dictionary, DictionaryFields
from kis_mcp.catalog.model import (
    AccountKind,
    Api,
    Block,
    CacheClass,
    Correction,
    Field,
    Kind,
    Paging,
    Parameter,
    ParameterType,
    Risk,
    TrRule,
)
from kis_mcp.catalog.order_rows import read_order_row
from kis_mcp.catalog.table import Table

PREFIXES = {
    "domestic_stock": "domestic_stock",
    "overseas_stock": "overseas_stock",
    "domestic_futureoption": "domestic_fo",
    "overseas_futureoption": "overseas_fo",
    "domestic_bond": "domestic_bond",
    "etfetn": "etfetn",
    "elw": "elw",
}
"""Category → the first part of its tools' names."""

OWN = frozenset({"core", "strategies"})
"""Categories of tools that are this server's own, not KIS' APIs."""

_DERIVED = frozenset({"tool", "slug", "category", "parameters", "corrections"})
_ROW_KEYS = frozenset(field.name for field in fields(Api)) - _DERIVED | {"params"}
_PARAMETER_KEYS = frozenset(field.name for field in fields(Parameter)) - {"name"} | {"use"}
_BLOCK_KEYS = frozenset(
    {"name", "list", "fields", "columns", "overrides", "aliases", "row_names", "first_if", "layouts"}
)
_PAGING_KEYS = frozenset(field.name for field in fields(Paging)) | {"use"}
_TR_KEYS = frozenset({"by", "real", "demo"})
_PARAMETER_SCALARS: Mapping[str, type] = {
    "element": str,
    "required": bool,
    "pattern": str,
    "prefix": str,
    "is_list": bool,
    "max_items": int,
    "count_element": str,
    "pairs_with": str,
    "not_before": str,
    "switch_element": str,
}
_YES_NO: Mapping[str, str] = {"true": "Y", "false": "N"}


@dataclass(frozen=True, slots=True)
class Common:
    """What rows refer to: parameters and paging styles by name, and the dictionary of elements."""

    params: Mapping[str, Mapping[str, Any]]
    paging: Mapping[str, Mapping[str, Any]]
    dictionary: Dictionary


def tool_name(category: str, slug: str) -> str:
    """What the tool of a row is called."""
    return slug if category in OWN else f"{PREFIXES[category]}_{slug}"


def read_row(
    row: Table,
    *,
    slug: str,
    category: str,
    group: str,
    common: Common,
    corrections: tuple[Correction, ...] = (),
) -> Api:
    """Build the API that a row describes.

    Args:
        row: The row.
        slug: Its key.
        category: Its folder; ``core`` for core tools, whose name is the slug alone.
        group: Its file; a core tool names its own.
        common: What it may refer to.
        corrections: What is known beside it, and is in ``row`` already as far as it changes that.

    Raises:
        SpecError: The row cannot be right; the message names file, row and key.
    """
    row.allow(_ROW_KEYS)
    core = category in OWN
    parameters = tuple(_parameter(name, table, common) for name, table in row.table("params").tables())
    _check_references(row, parameters)
    account = row.values.get("account")
    risk: Risk = row.one_of("risk", get_args(Risk), "read")
    return Api(
        tool=tool_name(category, slug),
        slug=slug,
        category=category,
        group=row.take("group", str, group),
        title=row.take("title", str),
        title_ko=row.take("title_ko", str, "" if core else None),
        description=row.take("description", str),
        kind=row.one_of("kind", get_args(Kind), "core" if core else "rest"),
        risk=risk,
        method=row.one_of("method", ("GET", "POST"), "GET"),
        path=row.take("path", str, "" if core else None),
        tr=_tr_rule(row.table("tr"), parameters) if not core else TrRule((), {}, {}),
        parameters=parameters,
        constants=row.texts("constants"),
        account=None if account is None else row.one_of("account", get_args(AccountKind)),
        blocks=tuple(_block(key, table, common.dictionary) for key, table in row.table("blocks").tables()),
        paging=_paging(row, common) if "paging" in row.values else None,
        cache=row.one_of("cache", get_args(CacheClass), "none"),
        demo_instead=row.take("demo_instead", str, ""),
        untrusted=frozenset(row.words("untrusted")),
        units={unit: row.table("units").words(unit) for unit in row.table("units").values},
        order=read_order_row(row, parameters) if risk == "order" and not core else None,
        params_of=row.take("params_of", str, ""),
        example=row.take("example", dict, {}),
        corrections=corrections,
    )


def _parameter(name: str, table: Table, common: Common) -> Parameter:
    if "use" in table.values:
        use = table.take("use", str)
        if use not in common.params:
            raise table.error("use", f"common.toml has no parameter {use!r}")
        table = Table({**common.params[use], **table.values}, table.place)
    table.allow(_PARAMETER_KEYS)
    kind: ParameterType = table.one_of("type", get_args(ParameterType))
    for key, scalar in _PARAMETER_SCALARS.items():
        if key in table.values:
            table.take(key, scalar)
    codes = table.texts("codes") or (_YES_NO if kind == "boolean" else None)
    if kind == "enum" and not codes:
        raise table.error("codes", "is missing")
    default: Any = table.values.get("default")
    if kind == "enum" and codes and default is not None and default not in codes:
        raise table.error("default", f"{default!r} is not among codes")
    values: dict[str, Any] = {key: value for key, value in table.values.items() if key != "use"}
    values |= {"name": name, "type": kind, "codes": codes, "description": table.take("description", str)}
    if values.get("blank") is False:
        values["blank"] = None
    if "same" in values:
        values["same"] = table.words("same")
    if "demo_words" in values:
        values["demo_words"] = frozenset(table.words("demo_words"))
    if "order_words" in values:
        values["order_words"] = frozenset(table.words("order_words"))
    if "also" in values:
        values["also"] = {element: table.table("also").texts(element) for element in table.table("also").values}
    values["demo_codes"] = table.texts("demo_codes")
    return Parameter(**values)


def _check_references(row: Table, parameters: Sequence[Parameter]) -> None:
    names = {parameter.name for parameter in parameters}
    for parameter in parameters:
        for key in ("pairs_with", "not_before"):
            other = getattr(parameter, key)
            if other is not None and other not in names:
                raise row.error(f"params.{parameter.name}.{key}", f"{other!r} is no parameter of this row")


def _block(key: str, table: Table, dictionary: Dictionary) -> Block:
    table.allow(_BLOCK_KEYS)
    described: Any = table.values.get("fields", "")
    block_fields: Sequence[Field]
    if isinstance(described, dict):
        block_fields = tuple(_core_field(name, table, dictionary) for name in table.texts("fields"))
    else:
        block_fields = DictionaryFields(table.words("fields"), table.table("overrides"), dictionary)
    return Block(
        key=key,
        name=table.take("name", str),
        is_list=table.take("list", bool, False),
        fields=block_fields,
        columns=table.words("columns"),
        aliases=table.words("aliases"),
        row_names=table.words("row_names"),
        first_if=table.take("first_if", str, "") or None,
        layouts={int(width): elements.split() for width, elements in table.texts("layouts").items()},
    )


def _core_field(name: str, table: Table, dictionary: Dictionary) -> Field:
    kind, codes = dictionary.type_of(table.texts("fields")[name], table)
    return Field(element=name, name=name, type=kind, label_ko="", codes=codes)


def _paging(row: Table, common: Common) -> Paging:
    described = row.values["paging"]
    table = Table({"use": described}, row.place) if isinstance(described, str) else row.table("paging")
    table.allow(_PAGING_KEYS)
    if "use" in table.values:
        use = table.take("use", str)
        if use not in common.paging:
            raise table.error("paging", f"common.toml has no paging style {use!r}")
        table = Table({**common.paging[use], **table.values}, table.place)
    return Paging(
        keys=table.texts("keys"),
        by_header=table.take("by_header", bool, True),
        marks={element: _mark(table.table("marks"), element) for element in table.table("marks").values},
        page_rows_real=table.take("page_rows_real", int, 0) or None,
        page_rows_demo=table.take("page_rows_demo", int, 0) or None,
    )


def _mark(table: Table, element: str) -> Sequence[str]:
    values = table.words(element)
    if len(values) != 2:
        raise table.error(element, "must have two values, for the first page and a following one")
    return values


def _tr_rule(table: Table, parameters: Sequence[Parameter]) -> TrRule:
    table.allow(_TR_KEYS)
    by = table.words("by")
    words = [_words_of(selector, table, parameters) for selector in by]
    return TrRule(by=by, real=_tr_ids("real", table, words), demo=_tr_ids("demo", table, words))


def _tr_ids(key: str, table: Table, words: Sequence[frozenset[str]]) -> Mapping[str, str]:
    """The TR ids of one environment, alternatives (``nasdaq|nyse buy``) written out."""
    described: Any = table.values.get(key)
    if described is None and key == "demo":
        return {}
    if isinstance(described, str) and not words:
        return {"": described}
    tr_ids: dict[str, str] = {}
    for condition, tr_id in table.texts(key).items():
        alternatives = [part.split("|") for part in condition.split()]
        if len(alternatives) != len(words):
            raise table.error(f"{key}.{condition}", f"must have {len(words)} words, one for each of `by`")
        for chosen, allowed in zip(alternatives, words, strict=True):
            if unknown := set(chosen) - allowed:
                raise table.error(f"{key}.{condition}", f"{min(unknown)!r} is none of {', '.join(sorted(allowed))}")
        tr_ids |= {" ".join(combination): tr_id for combination in product(*alternatives)}
    if not tr_ids:
        raise table.error(key, "is missing")
    return tr_ids


def _words_of(selector: str, table: Table, parameters: Sequence[Parameter]) -> frozenset[str]:
    if selector.startswith("age:"):
        _, name, months = (*selector.split(":"), "", "")[:3]
        if not months.isdigit() or not any(p.name == name and p.type == "date" for p in parameters):
            raise table.error("by", f"{selector!r} must be age:<date parameter>:<months>")
        return frozenset({"recent", "older"})
    codes = next((parameter.codes for parameter in parameters if parameter.name == selector), None)
    if codes is None:
        raise table.error("by", f"{selector!r} is no parameter with codes")
    return frozenset(codes)
