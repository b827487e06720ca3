"""JSON Schemas (2020-12) of a tool's arguments and result, straight from the spec table and as short as they can be.

Input schemas need the rows only; output schemas also read the dictionary of elements.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from kis_mcp.catalog.columns import COLUMNS, EVERY_ROW, ROWS, ResultShape
from kis_mcp.catalog.decode import ITEM
from kis_mcp.catalog.model import Api, Block, Field, Parameter
from kis_mcp.catalog.reserved import CONFIRMATION_TOKEN, FIELDS, all_parameters
from kis_mcp.catalog.units import unit_of

Schema: TypeAlias = dict[str, Any]

_ITEM: Mapping[str, Schema] = {
    "integer": {"type": "integer"},
    "decimal": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "month": {"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"},
    "time": {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}(:[0-9]{2})?$"},
    "object": {"type": "object"},
    "document": {"type": ["object", "string"]},
}
_VALUE: Mapping[str, list[str]] = {
    "integer": ["integer"],
    "decimal": ["number"],
    "boolean": ["boolean"],
    "object": ["object"],
}
_CELL = ["string", "number", "boolean", "null"]


def input_schema(api: Api) -> Schema:
    """What a call of the tool takes, short enough that a model can read hundreds of them.

    `check_arguments` also holds what is not said here since it goes without saying: that a count, a quantity or a
    price is at least 0 or 1, that a list is not empty, and the form of texts, which are the caller's own words, as the
    description says, or copied from another answer. What another tool describes is only named, with its type, to be
    read there.
    """
    parameters = all_parameters(api)
    described = frozenset[str]() if not api.params_of else frozenset(one.name for one in api.parameters)
    schema: Schema = {
        "type": "object",
        "properties": {
            one.name: _named(_parameter(one)) if one.name in described else _parameter(one) for one in parameters
        },
        "additionalProperties": False,
    }
    if required := [parameter.name for parameter in parameters if parameter.required]:
        schema["required"] = required
    return schema


def output_schema(api: Api, shape: ResultShape = "rows") -> Schema:
    """The envelope that the tool answers with, its lists in the shape that the server gives them.

    Clients such as those of the TypeScript SDK hold failures to it as well, so it admits an error in place of blocks.
    """
    return {
        "type": "object",
        "properties": {
            "environment": {"type": "string"},
            "tool": {"type": "string"},
            "as_of": {"type": "string", "format": "date-time"},
            "blocks": {"type": "object", "properties": {block.name: _block(api, block, shape) for block in api.blocks}},
            "complete": {"type": "boolean"},
            "next_cursor": {"type": "string"},
            "notes": {"type": "array", "items": {"type": "string"}},
            "error": {"type": "object"},
        },
        "required": ["environment", "tool"],
        "anyOf": [{"required": ["as_of", "blocks", "complete"]}, {"required": ["error"]}],
    }


def _parameter(parameter: Parameter) -> Schema:
    if parameter.name in (FIELDS, CONFIRMATION_TOKEN):  # the one has several forms, the other is only repeated
        return {"type": "string", "description": parameter.description}
    schema: Schema = _item(parameter)
    if parameter.is_list:
        schema = {"type": "array", "items": schema}
        if parameter.max_items is not None:
            schema["maxItems"] = parameter.max_items
    schema["description"] = parameter.description
    if parameter.default is not None:
        schema["default"] = parameter.default
    return schema


def _named(schema: Schema) -> Schema:
    """Without words, but with the type: hosts refuse a parameter that has none."""
    return {key: value for key, value in schema.items() if key in ("type", "items")}


def _item(parameter: Parameter) -> Schema:
    schema: Schema = dict(_ITEM.get(parameter.type, {"type": "string"}))
    if parameter.type == "enum":
        schema["enum"] = list(parameter.codes or ())
    if parameter.pattern is not None and parameter.type == "symbol":
        schema["pattern"] = f"^(?:{parameter.pattern})$" if "|" in parameter.pattern else f"^{parameter.pattern}$"
    if parameter.minimum is not None and not 0 <= parameter.minimum <= 1:
        schema["minimum"] = parameter.minimum
    if parameter.maximum is not None:
        schema["maximum"] = parameter.maximum
    return schema


def _block(api: Api, block: Block, shape: ResultShape) -> Schema:
    properties: Schema = {
        field.name: _value(field, unit_of(api, field), blank=api.kind != "core") for field in block.fields
    }
    if block.row_names:
        properties = {ITEM: {"enum": list(block.row_names)}} | properties
    record: Schema = {"type": "object", "properties": properties}
    if not block.is_list:
        return record
    return _table(record) if shape == "columns" else {"type": "array", "items": record}


def _table(record: Schema) -> Schema:
    """Rows as `as_columns` gives them. KIS may send fields that no document names, so any text may be a column."""
    return {
        "type": "object",
        "properties": {
            COLUMNS: {"type": "array", "items": {"type": "string"}, "description": "The fields of each row, in order."},
            EVERY_ROW: record | {"description": "Fields that are the same in all rows. Columns have these types too."},
            ROWS: {"type": "array", "items": {"type": "array", "items": {"type": _CELL}}},
        },
        "required": [COLUMNS, ROWS],
        "additionalProperties": False,
    }


def _value(field: Field, unit: str, *, blank: bool) -> Schema:
    """``blank`` tells whether KIS may leave it so; core tools leave the field out instead."""
    types, nothing = _VALUE.get(field.type, ["string"]), ["null"] if blank else []
    schema: Schema = {"type": [*types, *nothing] if len(types) + len(nothing) > 1 else types[0]}
    if field.codes:
        schema["enum"] = [*dict.fromkeys(field.codes.values()), *([None] if blank else [])]
    if unit:
        schema["description"] = f"In {unit}."
    return schema
