"""The gate's own listing: a call must not pass before it is known what its tool is.

A client may call a tool that it has never listed, or whose list has changed since. Then the call waits while the gate
lists the tools itself, in the same era as the call, page by page.
"""

from __future__ import annotations

from oktsec_lint.core.model import JsonValue
from oktsec_lint.protocol.wire import encode

from .commands import Side
from .message import Message

OWN = "oktsec-list-"
"""How the ids of the gate's own requests begin; no client may use such an id."""
_PAGES = 100


class Asking:
    """At most one listing at a time, and what it needs to go on."""

    def __init__(self) -> None:
        self.waiting = ""
        """JSON text of the id of the request that waits for its answer; empty when there is none."""
        self._number = 0
        self._pages = 0
        self._meta: JsonValue = None

    def begin(self, meta: JsonValue) -> bytes:
        """The request for the first page; `meta` is the `_meta` of the call that waits for it."""
        self._pages = 0
        self._meta = (
            {key: value for key, value in meta.items() if key != "progressToken"} if isinstance(meta, dict) else None
        )
        return self._request({})

    def following(self, result: JsonValue) -> bytes | None:
        """The request for the page after `result`; None when that was the last one, or enough."""
        cursor = result.get("nextCursor") if isinstance(result, dict) else None
        self.waiting = ""
        if not isinstance(cursor, str) or self._pages >= _PAGES:
            return None
        return self._request({"cursor": cursor})

    def awaits(self, message: Message) -> bool:
        """Whether a message answers the gate itself."""
        return message.side is Side.SERVER and message.id_text != "" and message.id_text == self.waiting

    @property
    def is_first(self) -> bool:
        """Whether the page that is waited for is the first."""
        return self._pages == 1

    def _request(self, params: dict[str, JsonValue]) -> bytes:
        self._number += 1
        self._pages += 1
        own = f"{OWN}{self._number}"
        self.waiting = f'"{own}"'
        if self._meta is not None:
            params["_meta"] = self._meta
        return encode({"jsonrpc": "2.0", "id": own, "method": "tools/list", "params": params})
