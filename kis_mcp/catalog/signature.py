"""How a tool is called, in one line."""

from kis_mcp.catalog.model import Api, Parameter
from kis_mcp.catalog.reserved import CONFIRMATION_TOKEN, CURSOR, all_parameters

_MOST_WORDS = 8
"""A longer list of words would be most of the line; the tool's document has them all."""

_MOST_PARAMETERS = 12
"""Screeners take dozens; describe_tool names them all."""
_UNSAID = frozenset({CURSOR, CONFIRMATION_TOKEN})
"""What no first call takes."""


def call_signature(api: Api) -> str:
    """Such as ``inquire_price(symbol, market: krx|nxt = krx)``; ``?`` marks what may be left out."""
    parameters = [parameter for parameter in all_parameters(api) if parameter.name not in _UNSAID]
    own = {parameter.name for parameter in api.parameters}
    of_tool = [parameter for parameter in parameters if parameter.name not in own]
    ranked = sorted((it for it in parameters if it.name in own), key=lambda it: not it.required)
    needed = sum(parameter.required for parameter in ranked)
    cut = max(needed, _MOST_PARAMETERS - len(of_tool))
    shown = [_parameter(parameter) for parameter in ranked[:cut]]
    more = [f"… {len(ranked) - cut} more"] if len(ranked) > cut else []
    return f"{api.tool}({', '.join([*shown, *more, *map(_parameter, of_tool)])})"


def _parameter(parameter: Parameter) -> str:
    words = "|".join(list(parameter.codes)[:_MOST_WORDS]) if parameter.type == "enum" and parameter.codes else ""
    if len(parameter.codes or ()) > _MOST_WORDS:
        words += "|…"
    kind = words or ("" if parameter.type in ("string", "symbol") else parameter.type)
    text = parameter.name + ("" if parameter.required or parameter.default is not None else "?")
    if kind:
        text += f": {kind}"
    if parameter.default is not None:
        text += f" = {str(parameter.default).lower() if isinstance(parameter.default, bool) else parameter.default}"
    return text
