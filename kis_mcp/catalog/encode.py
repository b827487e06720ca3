"""Arguments → KIS request. Pure: no I/O, no clock."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from typing import cast

from kis_mcp.account import Account
from kis_mcp.catalog.gateway import KisRequest
from kis_mcp.catalog.live import Channel
from kis_mcp.catalog.model import AccountKind, Api, Parameter
from kis_mcp.errors import BadArgument, CredentialsError, NotInEnvironment

TODAY = "$today"
HTS_ID = "$hts_id"
_KEY = "tr_key"

_ACCOUNT_SETTINGS: Mapping[AccountKind, str] = {
    "stock": "KIS_ACCT_STOCK (demo: KIS_PAPER_STOCK)",
    "futures": "KIS_ACCT_FUTURE (demo: KIS_PAPER_FUTURE)",
    "overseas_futures": "KIS_ACCT_FUTURE, with KIS_PROD_TYPE=08",
    "pension": "KIS_ACCT_STOCK, with KIS_PROD_TYPE=22 or 29",
}


def encode(
    api: Api,
    values: Mapping[str, object],
    *,
    demo: bool,
    account: Account | None,
    hts_id: str = "",
    today: date,
    now: time = time(15, 30),
    page: Mapping[str, str] | None = None,
) -> KisRequest:
    """The request that asks KIS for ``api`` with ``values``, every element a string.

    Args:
        api: A REST API.
        values: Arguments as :func:`kis_mcp.catalog.arguments.check_arguments` returns them.
        demo: Whether to speak KIS' demo dialect.
        account: The account of the kind that the API wants.
        hts_id: The customer's HTS ID, for the APIs that want it.
        today: The day in Korea.
        now: The time in Korea.
        page: For a following page, the continuation elements with their values.

    Raises:
        NotInEnvironment: Demo lacks the API, or one of its words.
        CredentialsError: The account or HTS ID is not set.
        BadArgument: The arguments choose no TR id.
    """
    if demo:
        _require_demo(api, values)
    elements = dict(_account_elements(api, account))
    for name, text in api.constants.items():
        elements[name] = _constant(text, hts_id, today, now)
    for parameter in api.parameters:
        value = values.get(parameter.name)
        if parameter.pairs_with and not parameter.is_list:
            value = [value] * len(cast(Sequence[object], values.get(parameter.pairs_with, ())))
        for element, text in _parameter_elements(parameter, value, demo, today, now):
            elements[element] = elements.get(element, "") + text
    elements.update(_switches(api, values))
    tr_cont = ""
    if api.paging is not None:
        follows = page is not None
        elements.update({element: marks[follows] for element, marks in api.paging.marks.items()})
        elements.update(dict.fromkeys(api.paging.keys, "") | dict(page or {}))
        tr_cont = "N" if follows and api.paging.by_header else ""
    return KisRequest(
        method=api.method,
        path=api.path,
        tr_id=tr_id(api, values, demo=demo, today=today),
        elements=elements,
        tr_cont=tr_cont,
    )


def channels(api: Api, values: Mapping[str, object], *, demo: bool, hts_id: str = "", today: date) -> list[Channel]:
    """The registrations that a call of live data wants: one for each item of its list, or the customer's own.

    Args:
        api: A websocket API.
        values, demo, hts_id, today: As for `encode`.

    Raises:
        NotInEnvironment, CredentialsError: As `encode`.
    """
    listed = next((parameter for parameter in api.parameters if parameter.is_list), None)
    items = cast("Sequence[object]", values[listed.name]) if listed else ()
    each = [{**values, listed.name: [item]} for item in items] if listed else [values]
    requests = [encode(api, one, demo=demo, account=None, hts_id=hts_id, today=today) for one in each]
    return list(dict.fromkeys(Channel(request.tr_id, request.elements[_KEY]) for request in requests))


def dates_of_today(api: Api, values: Mapping[str, object], today: date) -> dict[str, object]:
    """The arguments with the days that stand for those left out, for whoever has to see all that will be sent."""
    days = {parameter.name: _day(parameter.blank, today) for parameter in api.parameters}
    return {**{name: day for name, day in days.items() if day is not None}, **values}


def tr_id(api: Api, values: Mapping[str, object], *, demo: bool, today: date) -> str:
    """The TR id that these arguments choose.

    Raises:
        BadArgument, NotInEnvironment: Nothing is offered for them.
    """
    words = [_selector_word(api, selector, values, today) for selector in api.tr.by]
    condition = " ".join(words)
    tr_ids = api.tr.demo if demo else api.tr.real
    if found := tr_ids.get(condition):
        return found
    names = [selector.split(":")[1] if selector.startswith("age:") else selector for selector in api.tr.by]
    given = ", ".join(f"{name} {word or 'left out'}" for name, word in zip(names, words, strict=True))
    field = names[-1] if names else None
    if demo and condition in api.tr.real:
        raise NotInEnvironment(
            f"KIS' demo does not offer {api.tool} for {given}.",
            remedy=f"Demo offers it for: {'; '.join(sorted(tr_ids)) or 'nothing'}.",
            field=field,
        )
    raise BadArgument(
        f"{api.tool} is not offered for {given}.",
        remedy=f"Choose {' and '.join(names)} as one of: {'; '.join(sorted(tr_ids))}.",
        field=field,
    )


def to_wire(parameter: Parameter, value: object, *, demo: bool) -> str:
    """One value in KIS' spelling: codes for words, YYYYMMDD, HHMMSS, plain decimals."""
    match value:
        case bool():
            return _code(parameter, _word(value), demo)
        case date():
            return value.strftime("%Y%m%d")
        case time():
            return value.strftime("%H%M%S")
        case Decimal():
            return format(value, "f")
        case str() if parameter.type == "month":
            return value.replace("-", "")
        case str() if parameter.codes:
            return _code(parameter, value, demo)
        case _:
            return str(value)


def _word(value: object) -> str:
    """The word that a value is known by in the table."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _code(parameter: Parameter, word: str, demo: bool) -> str:
    codes = parameter.codes or {}
    return parameter.demo_codes.get(word, codes[word]) if demo else codes[word]


def _require_demo(api: Api, values: Mapping[str, object]) -> None:
    if not api.in_demo:
        instead = f"In demo: {api.demo_instead}" if api.demo_instead else "It works in the sim and real environments."
        raise NotInEnvironment(f"KIS' demo does not offer {api.tool}.", remedy=instead)
    for parameter in api.parameters:
        allowed = parameter.demo_words
        value = values.get(parameter.name)
        if allowed is None or value is None:
            continue
        items = cast(Sequence[object], value) if parameter.is_list else (value,)
        for word in map(_word, items):
            if word not in allowed:
                raise NotInEnvironment(
                    f"KIS' demo does not take {parameter.name} {word} in {api.tool}.",
                    remedy=f"In demo use {' or '.join(sorted(allowed))}." if allowed else "Leave it out.",
                    field=parameter.name,
                )


def _account_elements(api: Api, account: Account | None) -> Mapping[str, str]:
    if api.account is None:
        return {}
    if account is None:
        raise CredentialsError(
            f"{api.tool} needs the {api.account.replace('_', ' ')} account, which is not set.",
            remedy=f"Set {_ACCOUNT_SETTINGS[api.account]} and start again.",
            field=api.account,
        )
    return {"CANO": account.number, "ACNT_PRDT_CD": account.product}


def _constant(text: str, hts_id: str, today: date, now: time) -> str:
    if text != HTS_ID:
        return _moment(text, today, now)
    if not hts_id:
        raise CredentialsError(
            "This needs your HTS ID, which is not set.", remedy="Set KIS_HTS_ID and start again.", field="KIS_HTS_ID"
        )
    return hts_id


def _moment(text: str, today: date, now: time) -> str:
    """A text of the table, with the words that stand for a time in its place."""
    if text == "$now":
        return now.strftime("%H%M%S")
    if text == "$last_year":
        return str(today.year - 1)
    day = _day(text, today)
    return text if day is None else day.strftime("%Y%m%d")


def _day(text: str | None, today: date) -> date | None:
    """The day that ``$today`` or ``$today-30`` stands for; None for any other text."""
    if text is None or not text.startswith(TODAY):
        return None
    return today + timedelta(days=int(text.removeprefix(TODAY) or 0))


def _parameter_elements(
    parameter: Parameter, value: object, demo: bool, today: date, now: time
) -> Iterator[tuple[str, str]]:
    for element, codes in parameter.also.items():
        yield element, codes.get(_word(value), "")
    if parameter.element is None:
        return
    if value is None:
        blank = parameter.demo_codes.get("", parameter.blank) if demo else parameter.blank
        if blank is not None and not parameter.is_list:
            for element in (parameter.element, *parameter.same):
                yield element, _moment(blank, today, now)
    elif isinstance(value, list):
        items = cast(list[object], value)
        for position, item in enumerate(items, start=1):
            yield parameter.element.format(n=position), to_wire(parameter, item, demo=demo)
        if parameter.count_element:
            yield parameter.count_element, str(len(items))
    else:
        for element in (parameter.element, *parameter.same):
            yield element, parameter.prefix + to_wire(parameter, value, demo=demo)


def _switches(api: Api, values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """The elements that are "1" where any of the arguments that name them is given."""
    for element in {parameter.switch_element for parameter in api.parameters if parameter.switch_element}:
        named = (values.get(parameter.name) for parameter in api.parameters if parameter.switch_element == element)
        yield element, "1" if any(value is not None for value in named) else ""


def _selector_word(api: Api, selector: str, values: Mapping[str, object], today: date) -> str:
    if not selector.startswith("age:"):
        value = values.get(selector)
        return "" if value is None else _word(value)
    _, name, months = selector.split(":")
    day = values.get(name)
    if day is None:
        parameter = api.parameter(name)
        day = _day(parameter.blank if parameter else None, today)
    return "older" if isinstance(day, date) and day < _months_before(today, int(months)) else "recent"


def _months_before(day: date, months: int) -> date:
    """The same day of an earlier month; the first of the next where that month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        return date(year, month + 2, 1)
