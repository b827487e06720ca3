"""The element that KIS' message refuses, told in the words of the tool that sent it."""

import re
from collections.abc import Mapping

from kis_mcp.catalog.arguments import wanted
from kis_mcp.catalog.model import Api, Parameter
from kis_mcp.errors import KisMcpError

_ELEMENT = re.compile(r"INVALID_CHECK_(\w+)|FIELD NOT FOUND \[(\w+)\]")
_FROM_SETTINGS: Mapping[str, str] = {
    "CANO": "the account number",
    "ACNO": "the account number",
    "ACNT_PRDT_CD": "the account's product code",
}


def name_argument(error: KisMcpError, api: Api) -> None:
    """Where KIS' message names the element at fault, let the error say which argument that is and what it takes."""
    match = _ELEMENT.search(error.kis_message or "")
    if match is None:
        return
    element = (match[1] or match[2]).upper()
    says = f"KIS says {error.kis_message!r}"
    parameters = [parameter for parameter in api.parameters if _fills(parameter, element)]
    if parameters:
        names = " and ".join(parameter.name for parameter in parameters)
        error.what = f"{says}: it does not accept {names} ({element}) as given."
        error.remedy = " ".join(f"For {parameter.name} give {wanted(parameter)}." for parameter in parameters)
        error.field = parameters[0].name
    elif element in _FROM_SETTINGS:
        error.what = f"{says}: it does not accept {_FROM_SETTINGS[element]} of the settings."
        error.remedy = "Correct this environment's account in the settings, and look at it with `kis-mcp doctor`."
    else:
        error.what = f"{says}: {element} is no argument of {api.tool}; kis-mcp fills it by itself."
        error.remedy = (
            f"Correct the other arguments; where they are right, report it as a fault of kis-mcp in {api.tool}."
        )


def _fills(parameter: Parameter, element: str) -> bool:
    own = (parameter.element, parameter.switch_element, parameter.count_element, *parameter.same, *parameter.also)
    return element in {name.upper() for name in own if name}
