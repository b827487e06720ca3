"""KIS' codes in a live session, by what they call for."""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from kis_mcp.kis.live.messages import Answer


class Outcome(Enum):
    """What an answer of KIS' calls for."""

    ON = "KIS sends the channel"
    OFF = "KIS sends the channel no more: the answer to the end of a registration"
    IN_USE = "another program has the session of this app key"
    STALE = "KIS does not know the approval key, which may have ended before its time"
    PASSING = "not now; the same registration may be taken in a moment"
    REFUSED = "not this channel, however often it is asked for"


OUTCOMES: Final[Mapping[str, Outcome]] = {
    "OPSP0000": Outcome.ON,
    "OPSP0002": Outcome.ON,  # it was on already
    "OPSP0001": Outcome.OFF,
    "OPSP0003": Outcome.OFF,  # it was not on
    "OPSP8996": Outcome.IN_USE,
    "OPSP0010": Outcome.STALE,
    "OPSP0011": Outcome.STALE,
    "OPSP9994": Outcome.STALE,
    "OPSP0007": Outcome.PASSING,
    "OPSP0008": Outcome.PASSING,  # full: also for a moment after a link broke, until KIS has noticed
    "OPSP8999": Outcome.PASSING,
    "OPSP9993": Outcome.PASSING,
    "OPSP9995": Outcome.PASSING,
}
"""Every other code is a refusal, unless rt_cd says otherwise."""


def outcome_of(answer: Answer) -> Outcome:
    return OUTCOMES.get(answer.code) or (Outcome.ON if answer.is_ok else Outcome.REFUSED)
