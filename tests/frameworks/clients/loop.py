"""What each framework's client does, written once: it makes the calls that come as lines, and says what came of them.

    python CLIENT.py stdio COMMAND [ARGUMENT …]
    python CLIENT.py http URL TOKEN

Prints ``{"tools": 36}`` first. Each line that comes is a call, ``{"tool": …, "arguments": {…}, "seconds": 60}``, given
up after so many seconds, or a resource to read, ``{"read": URI}``. The answer to it is a line: the ``text`` and
``pictures`` (base64) that the framework would hand its model, for a failure too; what its person was ``asked`` and the
``progress`` that it was told meanwhile; and whether the call was ``given_up``.
"""

import asyncio
import json
import sys

asked = []
progress = []


async def serve(tools, call, read):
    """Answer lines until there are no more.

    Args:
        tools: How many the framework sees.
        call: Calls a tool with arguments; text and pictures.
        read: Reads a resource; its text.
    """
    print(json.dumps({"tools": tools}), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        request = json.loads(line)
        asked.clear()
        progress.clear()
        given_up, text, pictures = False, "", []
        patience = asyncio.timeout(request.get("seconds"))
        try:
            if "read" in request:
                text = await read(request["read"])
            else:
                async with patience:
                    text, pictures = await call(request["tool"], request["arguments"])
        except Exception:  # a session that is left while its answer comes may break with another error than the timeout
            if not patience.expired():
                raise
            given_up = True
        answer = {"text": text, "pictures": pictures, "asked": asked, "progress": progress, "given_up": given_up}
        print(json.dumps(answer), flush=True)


def agree(question):
    """What a person answers who agrees to all."""
    asked.append(question)
    return {"confirm": True}


def server_from_command_line():
    """``stdio`` and the command, or ``http`` and URL and token."""
    return sys.argv[1], sys.argv[2:]
