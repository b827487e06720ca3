"""How a tool is called, in one line."""

from kis_mcp.catalog.model import Api, Parameter

_MOST_WORDS = 8
"""A longer list of words would be most of the line; the tool's document has them all."""


def signature(api: Api) -> str:
    """Such as ``inquire_price(symbol, market: krx|nxt = krx)``; ``?`` marks what may be left out."""
    required = [parameter for parameter in api.parameters if parameter.required]
    optional = [parameter for parameter in api.parameters if not parameter.required]
    return f"{api.tool}({', '.join(_parameter(parameter) for parameter in (*required, *optional))})"


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
