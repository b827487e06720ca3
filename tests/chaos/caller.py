"""What clients do with a call: ask once, or several times, or at two servers, or try to cheat with the answer."""

import asyncio
from collections.abc import Sequence

from tests.chaos.orders import ToolCall
from tests.chaos.peer import AskedBack, Json, Peer, Question, RpcError, ServerDied
from tests.chaos.person import Person, consent
from tests.chaos.plan import Wish
from tests.chaos.report import Report
from tests.chaos.seat import Seat

_PATIENCE_SECONDS = 0.5
"""When a client gives a silent person up."""

_SEVERAL = ("repeat", "at_once", "on_both")


class Caller:
    """Makes the calls of wishes, and notes what clients see."""

    def __init__(self, person: Person, report: Report) -> None:
        self._person = person
        self._report = report

    async def answer(self, question: Question) -> Json:
        """The person's answer to a question that comes in the middle of a call."""
        answer = self._person.answer(question)
        if answer is None:
            await asyncio.Event().wait()
        return answer or {}

    async def make(self, seats: Sequence[Seat], wish: Wish, call: ToolCall) -> Json | None:
        """The result of a wish's call at the first of the seats; None where the client got none.

        Raises:
            ServerDied: It died before any answer.
        """
        peer = await seats[0].peer()
        other = await seats[1].peer()
        if wish.prank in _SEVERAL:
            self._report.pranks[wish.prank] += 1
        if wish.prank == "repeat":
            await self._once(peer, other, wish, call)
        peers = {"at_once": [peer, peer, peer], "on_both": [peer, other]}.get(wish.prank or "", [peer])
        calls = (self._once(peer, other, wish, call) for peer in peers)
        results = await asyncio.gather(*calls, return_exceptions=True)
        failures = [result for result in results if isinstance(result, BaseException)]
        for failure in failures:
            if not isinstance(failure, ServerDied):
                raise failure
        if len(failures) == len(results):
            raise ServerDied
        return next((result for result in results if isinstance(result, dict)), None)

    async def _once(self, peer: Peer, other: Peer, wish: Wish, call: ToolCall) -> Json | None:
        result: Json | AskedBack | None = None
        try:
            if wish.verdict == "silence":
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    result = await peer.call(call.tool, call.arguments)
            else:
                result = await peer.call(call.tool, call.arguments)
            if isinstance(result, AskedBack):
                result = await self._reply(peer, other, wish, call, result)
        except RpcError as error:
            self._note_refusal(wish, error)
            return None
        except TimeoutError:
            if wish.verdict != "silence":
                raise
            self._report.seen["nothing: the client gave up"] += 1
            return None
        if result:
            self._note(result)
        return result

    async def _reply(self, peer: Peer, other: Peer, wish: Wish, call: ToolCall, asked: AskedBack) -> Json | None:
        """Call again with the person's answer, and with answers that they never gave."""
        answer = self._person.answer(asked.question)
        cheated = await self._cheat(peer, other, wish, call, asked)
        if answer is None:
            return None
        result, *_ = await asyncio.gather(
            *(
                self._repeated(peer, call.tool, call.arguments, asked, answer)
                for _ in range(3 if wish.prank == "replay" else 1)
            )
        )
        if wish.prank == "no_to_yes" and wish.verdict != "accept":
            yes: Json = {"action": "accept", "content": consent(asked.question)}
            await self._repeated(peer, call.tool, call.arguments, asked, yes)
        if wish.prank in ("replay", "no_to_yes") or cheated:
            self._report.pranks[wish.prank or ""] += 1
        return result if isinstance(result, dict) else None

    async def _cheat(self, peer: Peer, other: Peer, wish: Wish, call: ToolCall, asked: AskedBack) -> bool:
        """Say yes in the person's place: to other arguments, with a state that is forged, or at the other server."""
        yes: Json = {"action": "accept", "content": consent(asked.question)}
        arguments, state, at = call.arguments, asked.state, peer
        match wish.prank:
            case "altered_arguments":
                changed = next(name for name in ("order_id", "reservation_id", "quantity") if name in arguments)
                arguments = {**arguments, changed: 9_999 if changed == "quantity" else "00000999"}
            case "forged_state":
                middle = len(state) // 2
                state = f"{state[:middle]}{'A' if state[middle] != 'A' else 'B'}{state[middle + 1 :]}"
            case "foreign_state" if other is not peer and other.era == "modern":
                at = other
            case _:
                return False
        try:
            got = await at.call(call.tool, arguments, state=state, answers={asked.key: yes})
        except RpcError as error:
            self._note_refusal(wish, error)
        except ServerDied:
            if at is peer:
                raise
        else:
            self._report.findings.surprises.append(f"wish {wish.number}, {wish.prank}: {got}")
        return True

    async def _repeated(self, peer: Peer, tool: str, arguments: Json, asked: AskedBack, answer: Json) -> Json | None:
        try:
            result = await peer.call(tool, arguments, state=asked.state, answers={asked.key: answer})
        except RpcError as error:
            self._report.seen[f"protocol error: {error}"] += 1
            return None
        if isinstance(result, AskedBack):
            self._report.findings.surprises.append(f"asked again: {asked.question.message}")
            return None
        return result

    def _note(self, result: Json) -> None:
        told = result["structuredContent"]
        if result.get("isError"):
            self._report.seen[told["error"]["class"]] += 1
        else:
            self._report.seen[told["blocks"]["order"]["status"]] += 1

    def _note_refusal(self, wish: Wish, error: RpcError) -> None:
        self._report.seen[f"protocol error: {error}"] += 1
        if "requestState" not in str(error):
            self._report.findings.surprises.append(f"wish {wish.number}: {error}")
