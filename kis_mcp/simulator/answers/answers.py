"""The answer to any API: every documented block with every documented element."""

from collections import ChainMap
from collections.abc import Sequence
from typing import cast

from kis_mcp.catalog import Block
from kis_mcp.simulator.answers import values
from kis_mcp.simulator.answers.placement import Answer, message
from kis_mcp.simulator.answers.quotes import quotations
from kis_mcp.simulator.answers.quotes.absent import ABSENT
from kis_mcp.simulator.answers.quotes.subject import Facts
from kis_mcp.simulator.answers.quotes.subjects import subject_of, subjects_of
from kis_mcp.simulator.answers.sources import SOURCES
from kis_mcp.simulator.engine.problems import Problem, Rejected
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.wire.paging import page_of
from kis_mcp.simulator.wire.replies import Reply, business_refusal, success
from kis_mcp.simulator.world import World

_UNKNOWN = object()
_UNSIGNED = {"diff": "sign", "t_xdif": "t_xsgn", "p_xdif": "p_xsng", "prev_diff_price": "prev_diff_flag"}
"""Changes abroad that KIS sends without a sign → the element beside them that tells the direction."""


def answer(world: World, call: Call) -> Reply:
    """What KIS says to a call that has passed the gateway.

    Raises:
        Refusal: A business reason speaks against it.
    """
    source = SOURCES.get(call.api.tool)
    try:
        answer = source(world, call) if source else _stateless_answer(world, call)
    except Rejected as rejected:
        raise business_refusal(rejected.problem, call.host) from None
    listed = next((block.key for block in call.api.blocks if block.is_list), None)
    page = page_of(call, len(_rows(answer.get(listed))) if listed else 0)
    body: dict[str, object] = {}
    for block in call.api.blocks:
        rows = _rows(answer.get(block.key))
        if block.key == listed:
            rows = rows[page.start : page.end]
            rows = rows[::-1] if call.api.tool in quotations.OLDEST_FIRST else rows
        written = [_record(call, block, facts) for facts in rows]
        if block.is_list:
            body[block.key] = written
        else:
            record = written[0] if written else _record(call, block, {})
            body.update({block.key: record} if block.key else record)
    code, words = _message(call, found=bool(listed and body[listed]) or not listed)
    return success({**page.keys, **body}, code=code, message=words, tr_cont=page.tr_cont)


def _stateless_answer(world: World, call: Call) -> Answer:
    """Blocks about the instrument that was asked for, or about those that a list holds.

    They are empty of what the world does not have. Of what the broker does not trade, accounts hold nothing.

    Raises:
        Rejected: It is an order for such a thing, or the instrument does not exist.
    """
    if call.api.risk == "order":
        raise Rejected(Problem.UNKNOWN_SYMBOL)
    if call.api.account is not None:
        world.account(call)
        return {}
    subject = subject_of(world, call)
    if call.api.tool in ABSENT:
        return {}
    answer: dict[str, object] = {}
    subjects = () if subject else subjects_of(world, call)
    for block in call.api.blocks:
        if not block.is_list:
            answer[block.key] = quotations.record(block, subject) if subject else {}
        elif subject:
            answer[block.key] = quotations.rows(call, block, subject)
        else:
            answer[block.key] = quotations.listing(call, block, subjects)
    counts = [len(_rows(answer[block.key])) for block in call.api.blocks if block.is_list]
    for block in call.api.blocks:
        if not block.is_list and counts:
            answer[block.key] = ChainMap(_counts(counts[0]), cast("dict[str, object]", answer[block.key]))
    return answer


def _counts(rows: int) -> dict[str, object]:
    """How many rows there are. Minutes can always be asked for before the oldest one, back to the first day."""
    counts: dict[str, object] = dict.fromkeys(("record_count", "current_record_count", "total_record_count"), rows)
    return {**counts, "has_next": rows > 0}


def _rows(part: object) -> Sequence[Facts]:
    if part is None:
        return []
    return cast("Sequence[Facts]", part) if isinstance(part, list | tuple) else [cast("Facts", part)]


def _record(call: Call, block: Block, facts: Facts) -> dict[str, str]:
    """A record with every documented element; what the facts do not say is left blank.

    Facts of accounts go by KIS' elements first, facts of markets by readable names alone: KIS calls another thing
    ``last_price`` than elements.csv does.
    """
    has_account = call.api.account is not None
    record: dict[str, str] = {}
    for field in block.fields:
        value = facts.get(field.element.lower(), _UNKNOWN) if has_account else _UNKNOWN
        if value is _UNKNOWN:
            value = facts.get(field.name, _UNKNOWN)
        if value is not _UNKNOWN:
            record[field.element] = values.text(field, value)
        elif not has_account and field.element.lower() == "prdt_type_cd" and call.text("PRDT_TYPE_CD"):
            record[field.element] = call.text("PRDT_TYPE_CD")
        else:
            record[field.element] = values.blank(field) if has_account else ""
    return _without_signs(record) if call.api.category.startswith("overseas") else record


def _without_signs(record: dict[str, str]) -> dict[str, str]:
    for change, sign in _UNSIGNED.items():
        if change in record and sign in record:
            record[change] = record[change].removeprefix("-")
    return record


def _message(call: Call, *, found: bool) -> tuple[str, str]:
    if call.api.risk == "order":
        return message(call)
    if call.api.account is None:
        return "MCA00000", "정상처리 되었습니다."
    return ("KIOK0510", "조회가 완료되었습니다") if found else ("KIOK0560", "조회할 내용이 없습니다")
