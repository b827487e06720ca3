"""KIS' own strategy files (``.kis.yaml`` 1.0, of its strategy builder and backtester) → documents, and back.

The format has one flat level of conditions, and no universe, interval or sizing.
"""

from collections.abc import Mapping, Sequence
from typing import Final, cast

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.document.conditions import All, Any, Compare, Condition, PatternSeen
from kis_mcp.strategies.document.operands import PRICES, Derived, Operand, is_number
from kis_mcp.strategies.document.reading import read_strategy
from kis_mcp.strategies.document.strategy import Strategy

_COMPARISONS: Final = {
    "greater_than": "above",
    "less_than": "below",
    "greater_equal": "at_least",
    "less_equal": "at_most",
    "cross_above": "crosses_above",
    "cross_below": "crosses_below",
    "equal": "equal",
    "not_equal": "not_equal",
}
_OTHER_WORDS: Final = {
    ">": "greater_than",
    "<": "less_than",
    ">=": "greater_equal",
    "<=": "less_equal",
    "==": "equal",
    "!=": "not_equal",
    "gt": "greater_than",
    "lt": "less_than",
    "gte": "greater_equal",
    "lte": "less_equal",
    "crosses_above": "cross_above",
    "crosses_below": "cross_below",
    "crossover": "cross_above",
    "crossunder": "cross_below",
    "indicator_cross_above": "cross_above",
    "indicator_cross_below": "cross_below",
    "breaks": "greater_than",  # as KIS' code generator writes it
    "equals": "equal",  # as KIS' README spells it, which KIS' own reader refuses
}
_WORDS: Final = {mine: theirs for theirs, mine in _COMPARISONS.items()}
_RISKS: Final = {
    "stop_loss": "stop_loss_percent",
    "take_profit": "take_profit_percent",
    "trailing_stop": "trailing_stop_percent",
}
_DIRECTIONS: Final = {"up": 1, "down": -1}
"""The one parameter of an indicator that is a word, consecutive's direction."""

_PARAMETER_KEYS: Final = ("default", "min", "max", "step", "type", "description")
_ABOUT_KEYS: Final = ("author", "tags", "created_at", "updated_at")

_Mapping = Mapping[str, object]


def is_kis_form(document: object) -> bool:
    """Whether a document, parsed, is one of KIS' own files."""
    return isinstance(document, Mapping) and {"metadata", "strategy"} <= cast("_Mapping", document).keys()


def read_kis_form(file: object) -> Strategy:
    """The strategy of one of KIS' own files, parsed.

    Raises:
        BadArgument: It is no such file, or says something that no strategy can be made of; with the path.
    """
    whole = _mapping(file, "file")
    version = str(whole.get("version", "1.0"))
    if version.partition(".")[0] != "1":
        raise BadArgument(f"The file's version is {version}.", remedy="Version 1.0 is read.", field="version")
    about, strategy = _mapping(whole.get("metadata"), "metadata"), _mapping(whole.get("strategy"), "strategy")
    indicators = _with_aliases(strategy, "indicators")
    patterns = _with_aliases(strategy, "candlesticks")
    document: dict[str, object] = {
        "id": strategy.get("id"),
        "name": about.get("name"),
        "description": about.get("description") or "",
        "about": {key: about[key] for key in _ABOUT_KEYS if about.get(key) is not None}
        | {"category": strategy.get("category") or "custom"},
        "parameters": {
            name: {
                key: value for key, value in _mapping(each, f"strategy.params.{name}").items() if key in _PARAMETER_KEYS
            }
            for name, each in _mapping(strategy.get("params") or {}, "strategy.params").items()
        },
        "indicators": {
            alias: {
                "kind": use.get("id"),
                "params": _numbers(_mapping(use.get("params") or {}, f"indicators.{alias}.params")),
                "output": use.get("output") or "value",
                "title": use.get("name"),
            }
            for alias, use in indicators.items()
        },
        "patterns": {alias: {"kind": use.get("id")} for alias, use in patterns.items()},
        "entry": _group(strategy.get("entry"), "all", "strategy.entry"),
        "exit": _group(strategy.get("exit"), "any", "strategy.exit"),
    }
    return read_strategy(document | _risk(_mapping(whole.get("risk") or {}, "risk")))


def write_kis_file(strategy: Strategy) -> str:
    """The ``.kis.yaml`` of a strategy.

    Raises:
        BadArgument: The strategy says what KIS' format cannot; the field is its path.
    """
    kept = Strategy(id=strategy.id, name=strategy.name, entry=strategy.entry)
    for name in ("universe", "interval", "sizing"):
        if getattr(strategy, name) != getattr(kept, name):
            raise _not_in_format(name)
    exits, limits = strategy.exits, strategy.limits
    if exits.after_bars is not None or exits.at_session_end:
        raise _not_in_format("exits")
    if limits.model_copy(update={"position_percent": None}) != kept.limits or isinstance(limits.position_percent, str):
        raise _not_in_format("limits")
    about = strategy.about.model_dump(mode="json", exclude_defaults=True)
    file: dict[str, object] = {
        "version": "1.0",
        "metadata": {"name": strategy.name, "description": strategy.description}
        | {key: about[key] for key in _ABOUT_KEYS if key in about},
        "strategy": {
            "id": strategy.id,
            "category": strategy.about.category,
            "params": {
                name: each.model_dump(mode="json", exclude_defaults=True) for name, each in strategy.parameters.items()
            },
            "indicators": [
                {"id": use.kind, "alias": alias}
                | ({"name": use.title} if use.title else {})
                | {"params": _words(use.params), "output": use.output}
                for alias, use in strategy.indicators.items()
            ],
            "candlesticks": [{"id": use.kind, "alias": alias} for alias, use in strategy.patterns.items()],
            "entry": _write_group(strategy.entry, "entry"),
            "exit": {"logic": "OR", "conditions": []} if strategy.exit is None else _write_group(strategy.exit, "exit"),
        },
        "risk": {
            theirs: {"enabled": True, "percent": value}
            for theirs, mine in _RISKS.items()
            if (value := getattr(exits, mine)) is not None
        }
        | ({} if limits.position_percent is None else {"max_position_size": float(limits.position_percent) / 100}),
    }
    import yaml

    return yaml.safe_dump(file, allow_unicode=True, sort_keys=False)


def _mapping(value: object, path: str) -> _Mapping:
    if not isinstance(value, Mapping):
        raise BadArgument(f"{path} of the file is no mapping.", remedy="Give one, as KIS' templates do.", field=path)
    return cast("_Mapping", value)


def _sequence(value: object, path: str) -> Sequence[object]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise BadArgument(f"{path} of the file is no list.", remedy="Give one, as KIS' templates do.", field=path)
    return cast("Sequence[object]", value)


def _with_aliases(strategy: _Mapping, key: str) -> dict[str, _Mapping]:
    """Alias → use. One without an alias is called by its id and its number among those of the id."""
    path, uses, counts = f"strategy.{key}", dict[str, _Mapping](), dict[str, int]()
    for number, each in enumerate(_sequence(strategy.get(key) or [], path)):
        use = _mapping(each, f"{path}[{number}]")
        alias = str(use.get("alias") or "")
        if not alias:
            name = str(use.get("id"))
            counts[name] = counts.get(name, 0) + 1
            alias = f"{name}_{counts[name]}"
        if alias in uses:
            raise BadArgument(
                f"{path} has {alias} twice.", remedy="Give each another alias.", field=f"{path}[{number}].alias"
            )
        uses[alias] = use
    return uses


def _numbers(params: _Mapping) -> dict[str, object]:
    return {name: _DIRECTIONS.get(str(value), value) for name, value in params.items()}


def _words(params: _Mapping) -> dict[str, object]:
    words: dict[object, str] = {number: word for word, number in _DIRECTIONS.items()}
    return {name: words.get(value, value) if name == "direction" else value for name, value in params.items()}


def _group(group: object, usual: str, path: str) -> object:
    """The condition of an entry or exit; None of one without conditions."""
    given = _mapping(group or {}, path)
    conditions = _sequence(given.get("conditions") or [], f"{path}.conditions")
    match logic := given.get("logic"):
        case None:
            join = usual
        case "AND":
            join = "all"
        case "OR":
            join = "any"
        case _:
            raise BadArgument(f"{path}.logic is {logic}.", remedy="Give AND or OR.", field=f"{path}.logic")
    if not conditions:
        return None
    return {
        join: [
            _condition(_mapping(each, f"{path}.conditions[{n}]"), f"{path}.conditions[{n}]")
            for n, each in enumerate(conditions)
        ]
    }


def _condition(condition: _Mapping, path: str) -> object:
    if condition.get("candlestick") is not None:
        return {"pattern": condition["candlestick"], "is": condition.get("signal") or "detected"}
    word = str(condition.get("operator"))
    comparison = _COMPARISONS.get(_OTHER_WORDS.get(word, word))
    if comparison is None:
        raise BadArgument(
            f"{path}.operator is {word}."
            + (" The file's format has no place for its second bound." if word == "between" else ""),
            remedy=f"Give one of {', '.join(_COMPARISONS)}.",
            field=f"{path}.operator",
        )
    right = condition.get("value")
    if right is None:
        right = _named(condition.get("compare_to"), condition.get("compare_output"))
    if right is None:
        raise BadArgument(f"{path} compares with nothing.", remedy="Give value or compare_to.", field=path)
    if (scalar := condition.get("compare_scalar")) is not None:
        right = {"of": right} | _arithmetic(condition.get("compare_operation") or "mul", scalar, path)
    left = _named(condition.get("indicator") or "close", condition.get("output"))
    return {"left": left, "is": comparison, "right": right}


def _named(name: object, output: object) -> object:
    name = "close" if name == "price" else name
    if not isinstance(name, str) or name in PRICES or name.startswith("$") or output in (None, "value"):
        return name
    return f"{name}.{output}"


def _arithmetic(operation: object, scalar: object, path: str) -> dict[str, float]:
    if not is_number(scalar) or (operation == "div" and not scalar):
        raise BadArgument(
            f"{path}.compare_scalar is {scalar}.", remedy="Give a number.", field=f"{path}.compare_scalar"
        )
    match operation:
        case "mul":
            return {"times": scalar}
        case "div":
            return {"times": 1 / scalar}
        case "add":
            return {"plus": scalar}
        case "sub":
            return {"plus": -scalar}
        case _:
            raise BadArgument(
                f"{path}.compare_operation is {operation}.",
                remedy="Give one of mul, div, add and sub.",
                field=f"{path}.compare_operation",
            )


def _risk(risk: _Mapping) -> dict[str, object]:
    exits = dict[str, object]()
    for theirs, mine in _RISKS.items():
        rule = _mapping(risk.get(theirs) or {}, f"risk.{theirs}")
        if not rule:
            continue
        is_enabled = rule.get("enabled")
        if not isinstance(is_enabled, bool):
            path = f"risk.{theirs}.enabled"
            raise BadArgument(f"{path} is {is_enabled!r}.", remedy="Give true or false.", field=path)
        if is_enabled:
            exits[mine] = _percent(rule.get("percent"), f"risk.{theirs}.percent")
    size = risk.get("max_position_size")
    if size is None:
        return {"exits": exits}
    if not is_number(size) or not 0 < size <= 1:
        raise BadArgument(
            f"risk.max_position_size is {size}.", remedy="Give a share from 0 to 1.", field="risk.max_position_size"
        )
    return {"exits": exits, "limits": {"position_percent": size * 100}}


def _percent(percent: object, path: str) -> object:
    """The percent of a rule that is switched on: a number, or ``$name`` of a parameter."""
    if is_number(percent) or isinstance(percent, str):
        return percent
    raise BadArgument(f"{path} is {percent}.", remedy="Give a number, or $name of a parameter.", field=path)


def _write_group(condition: Condition, path: str) -> dict[str, object]:
    match condition:
        case All(all=parts) | Any(any=parts):
            key, logic = ("all", "AND") if isinstance(condition, All) else ("any", "OR")
            return {"logic": logic, "conditions": [_write(part, f"{path}.{key}[{n}]") for n, part in enumerate(parts)]}
        case _:
            return {"logic": "AND", "conditions": [_write(condition, path)]}


def _write(condition: Condition, path: str) -> dict[str, object]:
    match condition:
        case PatternSeen():
            return {"candlestick": condition.pattern, "signal": condition.is_}
        case Compare(left=str() as left) if condition.is_ in _WORDS and not left.startswith(("$", "position.")):
            name, _, output = left.partition(".")
            return (
                {"indicator": name, "operator": _WORDS[condition.is_]}
                | ({"output": output} if output else {})
                | _write_right(condition.right, f"{path}.right")
            )
        case _:
            raise _not_in_format(path)


def _write_right(right: Operand, path: str) -> dict[str, object]:
    match right:
        case Derived(of=str() as of, times=int() | float() as times, plus=int() | float() as plus) if (
            right.back == 0 and right.change_over is None and (times == 1 or plus == 0)
        ):
            operation, scalar = ("add", plus) if times == 1 else ("mul", times)
            return _write_right(of, path) | {"compare_scalar": scalar, "compare_operation": operation}
        case Derived():
            raise _not_in_format(path)
        case str() if right.startswith("position."):
            raise _not_in_format(path)
        case str() if not right.startswith("$"):
            name, _, output = right.partition(".")
            named: dict[str, object] = {"compare_to": name}
            return named | ({"compare_output": output} if output else {})
        case _:
            return {"value": right}


def _not_in_format(path: str) -> BadArgument:
    return BadArgument(
        f"KIS' strategy files cannot say what {path} says.",
        remedy="Keep the document in this project's own form.",
        field=path,
    )
