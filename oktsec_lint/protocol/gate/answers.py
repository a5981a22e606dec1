"""What becomes of an answer that somebody waits for: passed on, refused, or without what may not be shown."""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.record import Decision
from oktsec_lint.protocol.revisions import SERVER_INFO
from oktsec_lint.protocol.wire import encode

from .commands import Command, Forward, Side
from .judging import Judging
from .message import Message, Pending, members, text_in
from .offer import LISTS, OPENINGS, OWN_WORDS, Offer, unsaid
from .refusal import RESPONSE_REFUSED, refusal
from .ruling import PASSED
from .texts import of_error, of_reply, of_result


class Answers:
    """Rules on answers, and knows from them which revision was agreed."""

    def __init__(self, judging: Judging, offer: Offer) -> None:
        self._judging = judging
        self._offer = offer
        self.revision = ""

    def commands(self, message: Message, asked: Pending) -> Iterator[Command]:
        """What to do about the answer to a request."""
        shows = message.from_server and "result" in message.value
        if shows and asked.method in LISTS:
            yield from self._list(message, asked)
        elif shows and asked.method in OPENINGS:
            yield from self._opening(message, asked)
        else:
            yield from self._answer(message, asked)

    def _answer(self, message: Message, asked: Pending) -> Iterator[Command]:
        judging = self._judging
        if "error" in message.value:
            surfaces = of_error(message.value["error"], judging.subject)
        elif message.from_server:
            surfaces = of_result(asked.method, message.value["result"], judging.subject)
        else:
            surfaces = of_reply(message.value["result"], judging.subject)
        too_long = judging.beyond_limit(message, asked.event)
        ruling = too_long or judging.weighed(message, surfaces)
        event = judging.event(message, ruling, asked.method, asked.event)
        refuses = judging.refuses(ruling)
        if refuses and message.from_server and not (too_long or judging.setup.withholds_results):
            refuses, event = False, event._replace(decision=Decision.WOULD_BLOCK)
        if refuses:
            yield refusal(message.side.other, message.value["id"], RESPONSE_REFUSED, ruling, event)
        else:
            judging.tasks.begun(asked.event.tool, members(message.value.get("result")))
            yield Forward(message.side.other, message.line, event, value=message.value)

    def _list(self, message: Message, asked: Pending) -> Iterator[Command]:
        """One page of a list, without what may not be shown."""
        judging = self._judging
        result, member = members(message.value["result"]), LISTS[asked.method][1]
        beside = {key: value for key, value in result.items() if key != member or not isinstance(value, list)}
        ruling = judging.weighed(message, of_result("", beside, judging.subject))
        if judging.refuses(ruling):
            event = judging.event(message, ruling, asked.method, asked.event)
            yield refusal(Side.CLIENT, message.value["id"], RESPONSE_REFUSED, ruling, event)
            return
        page = self._offer.page(asked.method, result, first=asked.first)
        event = judging.event(message, page.ruling, asked.method, asked.event)
        if not judging.refuses(page.ruling):
            yield Forward(Side.CLIENT, message.line, event)
            return
        kept: JsonValue = {**result, member: list(page.kept)}
        line = encode({**message.value, "result": kept})
        yield Forward(Side.CLIENT, line, event._replace(decision=Decision.WITHHELD))

    def _opening(self, message: Message, asked: Pending) -> Iterator[Command]:
        """What a server says of itself; its instructions are withheld when they are not to be read."""
        judging = self._judging
        result = members(message.value["result"])
        said = result.get("instructions")
        self.revision = text_in(result.get("protocolVersion")) or self.revision
        info = members(result.get("serverInfo") or members(result.get("_meta")).get(SERVER_INFO))
        judged = {key for key, kind in OWN_WORDS.items() if isinstance(result.get(key), kind)}
        rest = {key: value for key, value in result.items() if key not in judged}
        beside = judging.weighed(message, of_result("", rest, judging.subject))
        ruling = beside if beside.blocked else self._offer.opening(info, text_in(said), self.revision)
        event = judging.event(message, ruling, asked.method, asked.event)
        if not judging.refuses(ruling):
            yield Forward(Side.CLIENT, message.line, event)
        elif not beside.blocked and "instructions" in judged and self._offer.opening({}, "", "") == PASSED:
            line = encode({**message.value, "result": unsaid(result, judging.setup.server)})
            yield Forward(Side.CLIENT, line, event._replace(decision=Decision.WITHHELD))
        else:
            yield refusal(Side.CLIENT, message.value["id"], RESPONSE_REFUSED, ruling, event)
