"""Whether a request carries what its API wants."""

import re
from collections.abc import Collection, Mapping
from functools import cache

from kis_mcp.catalog import Api, Parameter
from kis_mcp.simulator.wire.hosts import Host
from kis_mcp.simulator.wire.replies import Refusal, input_refusal, missing_element, wrong_element

_FORMS = {
    "integer": re.compile(r"-?\d+"),
    "decimal": re.compile(r"-?\d+(\.\d+)?"),
    "date": re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"),
    "month": re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])"),
    "time": re.compile(r"([01]\d|2[0-3])[0-5]\d([0-5]\d)?"),
}
_LONGEST_FORM = 8
"""Digits of a date; a time has fewer."""


def upper_elements(api: Api, sent: Mapping[str, object]) -> Mapping[str, str]:
    """The elements as KIS reads them: a GET's names in any case, a POST's in upper case only, and text values only.

    Raises:
        Refusal: A value of a POST is not a string.
    """
    if api.method == "GET":
        return {name.upper(): str(value) for name, value in sent.items()}
    for name, value in sent.items():
        if not isinstance(value, str):
            raise input_refusal(f"ERROR INVALID INPUT_FIELD_TYPE [{name}]", "OPSQ2002")
    return {name: str(value) for name, value in sent.items() if name == name.upper()}


def check_elements(api: Api, host: Host, elements: Mapping[str, str], absent: Collection[str] = ()) -> None:
    """Refuse what is missing or malformed, naming the element.

    Args:
        absent: Elements that may be missing or blank all the same.

    Raises:
        Refusal: As KIS words it.
    """
    for element in _present(api):
        if element not in elements and element not in absent:
            raise missing_element(element)
    if api.account is not None:
        _check_account(elements)
    for parameter in api.parameters:
        if parameter.element is None or "{" in parameter.element:
            continue
        element = parameter.element.upper()
        text = elements.get(element, "")
        if text:
            if not _fits(parameter, text, host):
                raise wrong_element(element)
        elif parameter.required and element not in absent and "" not in (parameter.codes or {}).values():
            raise missing_element(element)


def _check_account(elements: Mapping[str, str]) -> None:
    if not re.fullmatch(r"\d{8}", elements["CANO"]) or not re.fullmatch(r"\d{2}", elements["ACNT_PRDT_CD"]):
        raise wrong_account()


def wrong_account() -> Refusal:
    return input_refusal("ERROR : INPUT INVALID_CHECK_ACNO", "OPSQ2000")


@cache
def _present(api: Api) -> list[str]:
    """Elements that must be there, if only blank. A POST may leave out what it does not use."""
    reads = api.method == "GET"
    names = ["CANO", "ACNT_PRDT_CD"] if api.account is not None else []
    names += [name for name, text in api.constants.items() if reads or text]
    names += list(api.paging.keys) if api.paging is not None else []
    for parameter in api.parameters:
        if parameter.element is None or "{" in parameter.element:
            continue
        blank_word = "" in (parameter.codes or {}).values()
        if (parameter.required and not blank_word) or (reads and parameter.blank is not None):
            names.append(parameter.element)
    return [name.upper() for name in names]


def without_prefix(parameter: Parameter, text: str) -> str:
    """A value without the zeros that KIS wants before some dates and times, sent or not."""
    return text[len(parameter.prefix) :] if len(text) > _LONGEST_FORM else text


def _fits(parameter: Parameter, text: str, host: Host) -> bool:
    if parameter.codes:
        codes = {
            word: parameter.demo_codes.get(word, code) if host is Host.DEMO else code
            for word, code in parameter.codes.items()
        }
        if host is Host.DEMO and parameter.demo_words is not None:
            codes = {word: code for word, code in codes.items() if word in parameter.demo_words}
        return text in codes.values() or text == parameter.blank
    form, text = _FORMS.get(parameter.type), without_prefix(parameter, text)
    return text == parameter.blank or form is None or form.fullmatch(text) is not None
