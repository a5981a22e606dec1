"""The gate: what two peers say to each other, judged message by message. Bytes in, commands out; no input or output.

`scan` and the gate share one judge and one policy; here it is only decided which texts a message holds, who asked what,
and what a refusal looks like on the wire.
"""

from __future__ import annotations

from .commands import Answer, Close, Command, Drop, Event, Forward, Hold, Side
from .gate import Gate
from .setup import Setup

__all__ = ["Answer", "Close", "Command", "Drop", "Event", "Forward", "Gate", "Hold", "Setup", "Side"]
