"""The pump writes nothing that is not in the journal, one message or a batch of them."""

from __future__ import annotations

import json
import os
from typing import Any

from oktsec_lint.protocol.gate import Event, Side
from oktsec_lint.runtime.pump import Outlet, Pump
from tests.protocol.gate.playing import OPENED, READ, Peers, call, request, result


def carried(messages: Any, unrecorded: str) -> tuple[bytes, bytes]:
    """What reaches the client and the server of a line of the client's, when one message cannot be recorded."""
    peers = Peers()
    peers.client(request(1, "initialize", protocolVersion="2025-03-26"))
    peers.server(result(1, {**OPENED, "protocolVersion": "2025-03-26"}))
    peers.client(request(2, "tools/list"))
    peers.server(result(2, {"tools": [READ]}))
    ends = {side: os.pipe() for side in Side}
    outlets = {side: Outlet(write) for side, (_, write) in ends.items()}

    def record(event: Event) -> str | None:
        return None if event.message_id == unrecorded else "id"

    said, ours = os.pipe()
    os.write(ours, json.dumps(messages).encode() + b"\n")
    os.close(ours)
    Pump(peers.gate, outlets, record, lambda: 0.0).carry(Side.CLIENT, said)
    os.close(said)
    for outlet in outlets.values():
        outlet.close()
    heard = []
    for side in (Side.CLIENT, Side.SERVER):
        with os.fdopen(ends[side][0], "rb") as end:
            heard.append(end.read())
    return heard[0], heard[1]


def test_a_batch_is_recorded_as_its_messages_and_passes_as_one_line() -> None:
    to_client, to_server = carried([call(3), call(4)], "")
    assert (to_client, json.loads(to_server)) == (b"", [call(3), call(4)])


def test_a_batch_with_a_message_that_cannot_be_recorded_is_refused_as_a_whole() -> None:
    to_client, to_server = carried([call(3), call(4)], "4")
    refusals = [json.loads(line) for line in to_client.splitlines()]
    assert [(item["id"], item["error"]["message"]) for item in refusals] == [
        (3, "blocked by oktsec: journal"),
        (4, "blocked by oktsec: journal"),
    ]
    assert to_server == b""
