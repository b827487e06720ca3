"""The simulator's own paths beside KIS': what it does may be changed while it runs."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from kis_mcp.simulator.embedded import EmbeddedKis
from kis_mcp.simulator.gate.faults import FaultKind, When
from kis_mcp.simulator.gate.switches import SWITCHES, UnknownSwitch
from kis_mcp.simulator.wire.replies import Reply

PREFIX = "/simulator/"
_FLAGS = TypeAdapter(dict[str, bool])


class _FaultWanted(BaseModel):
    """The arguments of :class:`kis_mcp.simulator.gate.faults.Fault`, or that all tokens expire."""

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind | Literal["expire_tokens"]
    target: str = "*"
    when: When = "before"
    times: int = Field(1, ge=1)
    seconds: float = Field(0, ge=0, le=600)
    code: str = "EGW00201"
    status: int = Field(500, ge=200, le=599)


def administer(
    kis: EmbeddedKis, method: str, path: str, headers: Mapping[str, str], sent: Mapping[str, object] | None
) -> Reply:
    """Answer ``GET`` and ``POST /simulator/switches``, ``POST`` and ``DELETE /simulator/faults``.

    A page in a browser may not ask: it would say so with the header Origin.
    """
    if "origin" in headers:
        return Reply({"error": "Pages in a browser may not change the simulator."}, 403)
    try:
        match method, path.removeprefix(PREFIX):
            case "GET", "switches":
                return _switches(kis)
            case "POST", "switches" if sent is not None:
                kis.switches.choose(_FLAGS.validate_python(sent))
                return _switches(kis)
            case "POST", "faults" if sent is not None:
                _add_fault(kis, _FaultWanted.model_validate(sent))
                return Reply({})
            case "DELETE", "faults":
                kis.faults.clear()
                return Reply({})
            case "POST", _ if sent is None:
                return Reply({"error": "The body is no JSON object."}, 400)
            case _:
                return Reply(
                    {"error": f"There are {PREFIX}switches (GET, POST) and {PREFIX}faults (POST, DELETE)."}, 404
                )
    except UnknownSwitch as error:
        return Reply({"error": str(error)}, 400)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        return Reply({"error": "; ".join(faults)}, 400)


def _switches(kis: EmbeddedKis) -> Reply:
    return Reply({name: {"on": kis.switches[name], "says": switch.says} for name, switch in SWITCHES.items()})


def _add_fault(kis: EmbeddedKis, wanted: _FaultWanted) -> None:
    if wanted.kind == "expire_tokens":
        kis.faults.expire_tokens()
        return
    arguments = wanted.model_dump(exclude={"kind", "target"})
    kis.faults.add(wanted.kind, wanted.target, **arguments)
