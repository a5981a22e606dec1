"""The judge of one connection, asked about messages, and what is remembered of each."""

from __future__ import annotations

from collections.abc import Iterable

from oktsec_lint.core.calls import Call
from oktsec_lint.core.model import Kind, Subject
from oktsec_lint.core.record import Decision
from oktsec_lint.core.surfaces import Surface

from .commands import Event
from .message import Message, event_of
from .ruling import Ruling, denied, weighed
from .setup import Setup
from .tasks import Tasks
from .texts import unspecified


class Judging:
    """A setup, the tasks that are on their way, and the questions that every message raises."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.subject = Subject(setup.server, Kind.SERVER, setup.server)
        self.tasks = Tasks()

    def weighed(self, message: Message, surfaces: Iterable[Surface]) -> Ruling:
        """The ruling on a message's texts, and on what it carries beside everything the specification knows."""
        every = (*surfaces, *unspecified(message.value, self.subject, from_server=message.from_server))
        return weighed(self.setup.judge, every, self.setup.agent, arguments=not message.from_server)

    def event(self, message: Message, ruling: Ruling, method: str = "", asked: Event | None = None) -> Event:
        """What is remembered of a message; `asked` is the event of the request that it answers."""
        decision = Decision.FORWARDED
        if ruling.blocked:
            decision = Decision.BLOCKED if self.setup.enforce else Decision.WOULD_BLOCK
        tool = asked.tool if asked is not None else self.tasks.tool(method, message.params)
        return event_of(message, ruling, decision, method, tool, is_answer=asked is not None)

    def refuses(self, ruling: Ruling) -> bool:
        """Whether a message does not pass; an observing gate lets everything pass."""
        return ruling.blocked and self.setup.enforce

    def beyond_limit(self, message: Message, asked: Event) -> Ruling | None:
        """The ruling on a result beyond the agent's `max_response_bytes`, whether it comes now or from a task."""
        if not message.from_server or not asked.tool:
            return None
        setup = self.setup
        limit = setup.calls.response_limit(Call(setup.agent, setup.agent_name, setup.server, asked.tool))
        if limit is None or len(message.line) <= limit:
            return None
        return denied("tool_constraint:max_response_bytes", f"the answer is longer than {limit:,} bytes", "/result")
