"""Whether a call may be made: the limits first, then its tool, its schema, and what it says."""

from __future__ import annotations

from oktsec_lint.core.calls import Call, LockedSchemas
from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.policy import Level

from .judging import Judging
from .message import Message
from .offer import Offer
from .quarantine import Grant
from .ruling import PASSED, Ruling, denied, of_denial
from .texts import of_request


class Calls:
    """Rules on the calls of one connection."""

    def __init__(self, judging: Judging, offer: Offer) -> None:
        setup, standing = judging.setup, judging.setup.judge.standing
        self._judging = judging
        self._offer = offer
        self._locked = standing is not None
        self._schemas = LockedSchemas(standing.lock.server(setup.server) if standing is not None else None)
        self._holds = setup.holds and setup.enforce

    def ruling(self, message: Message, grant: Grant | None) -> Ruling:
        """The ruling on a call. What it was given of the limits is given back when it is refused for something else.

        A grant lifts what could be approved and nothing else: the call is judged anew, as everything else may have
        changed since it was held.
        """
        ruling = self._ruling(message, grant)
        if grant is not None and grant.covers(ruling):
            return grant.passing
        if self._judging.refuses(ruling) and not ruling.approvable:
            self._judging.setup.ended(message.id_text)
        return ruling

    def _ruling(self, message: Message, grant: Grant | None) -> Ruling:
        """Policy first: it costs least, and nothing else needs to be asked of what it denies."""
        tool, arguments = message.params.get("name"), message.params.get("arguments")
        if not isinstance(tool, str) or not tool:
            return denied("malformed", "a call names its tool with a text", "/params/name")
        limits = self._limits(tool, arguments, message, grant)
        if limits.blocked and not limits.approvable:
            return limits
        known = self._known(tool)
        if known.blocked:
            return known
        objection = self._schemas.objection(tool, arguments)
        if objection is not None:
            return of_denial(objection)
        said = self._said(message)
        if not (limits.blocked and said.blocked):
            return limits if limits.blocked else said
        return said._replace(rules=(*said.rules, *limits.rules), unadmitted=True)

    def _limits(self, tool: str, arguments: JsonValue, message: Message, grant: Grant | None) -> Ruling:
        if grant is not None and grant.admitted:
            return PASSED
        setup = self._judging.setup
        call = Call(setup.agent, setup.agent_name, setup.server, tool, arguments, grant is not None)
        denial = setup.admission(call, message.id_text, message.now)
        if denial is None:
            return PASSED
        ruling = of_denial(denial)
        if denial.approvable and self._holds:
            return ruling._replace(level=Level.QUARANTINE, approvable=True, unadmitted=True)
        return ruling

    def _known(self, tool: str) -> Ruling:
        known = self._offer.ruling(tool)
        if known is None and (self._offer.closed or self._locked):
            return denied("unlisted", "the server does not list this tool, so nobody knows what it is", "/params/name")
        return known or PASSED

    def _said(self, message: Message) -> Ruling:
        """The ruling on a call's texts. Only its arguments can be approved: an approval is bound to them."""
        judging = self._judging
        ruling = judging.weighed(message, of_request("tools/call", message.value.get("params"), judging.subject))
        if not (ruling.blocked and self._holds) or ruling.level > Level.QUARANTINE:
            return ruling
        beside: JsonValue = {key: value for key, value in message.params.items() if key != "arguments"}
        return ruling._replace(
            approvable=not judging.weighed(message, of_request("tools/call", beside, judging.subject)).blocked
        )
