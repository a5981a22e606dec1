"""Clauses that forbid what an attack orders: "never send a payment without the confirmation of the user".

A warning holds every word of the attack it warns of. What tells the two apart is the verb that is denied: attacks
forbid the model to tell, ask, show, check, log or refuse, hardly ever to send, delete or run. Those verbs are listed
here and no others, and each only without the objects that an attack would want left alone, such as another tool or a
scan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

_NOT = (
    r"(?:(?:do|must|should|may|shall|can|could|will) ?(?:not|never)|(?:do|must|should|ca|could|wo)n['’]?t|never"
    r"|(?:is|are) (?:not|never) (?:allowed|permitted|supposed|meant) to)"
    r"(?: (?:ever|just|simply|automatically|silently|blindly|knowingly|directly|accidentally|also|attempt to"
    r"|try to)){0,2}"
)
_ACT = (
    r"act on|add|approve|buy|charge|commit|copy|delete|deploy|destroy|download|drop|e-?mail|enter|erase|execute|export"
    r"|expose|force[ -]push|forward|give|grant|hard-?code|install|kill|leak|merge|modify|open|overwrite|paste|pay"
    r"|place|post|publish|purchase|push|put|read|remove|run|save|sell|send|share|store|submit|transfer|transmit|type"
    r"|upload|wipe|withdraw|write"
)
_DONE = (
    r"added|altered|approved|charged|committed|copied|deleted|deployed|destroyed|e-?mailed|erased|executed|exported"
    r"|exposed|forwarded|given|granted|hard-?coded|installed|leaked|merged|modified|overwritten|pasted|posted|published"
    r"|purchased|read|removed|run|saved|sent|shared|split|stored|transferred|transmitted|uploaded|wiped|written"
)
_EVADE = (
    r"bypass|circumvent|conceal|deactivate|disable|evade|get around|hide|split|switch off|tamper with|turn off"
    r"|work around|skip (?:the |any |a )?(?:ci|code review|review|approval|confirmation|test)s?"
)
_EVADED = "bypassed|circumvented|concealed|deactivated|disabled|evaded|hidden|skipped|tampered with|turned off"
_SECRETS = (
    r"(?:(?:the|a|an|any|your|its|new|raw|full|plain|plaintext|api|access|private|secret|one-time|card|seed|user"
    r"|user's)['’]? ){0,4}(?:tokens?|passwords?|passphrases?|secrets?|keys?|credentials?|phrases?|codes?|card numbers"
    r"|pins?|personal data|pii|e-?mail addresses|phone numbers)"
)
_ORDERS = r"(?:instructions?|commands?|orders?|requests?|directives?|prompts?)"
_ASKING = (
    r" without (?:[\w'’-]{1,16} ){0,4}(?:ask|confirm|consent|approv|permi|authori|agree|review|consult|ticket|show"
    r"|check(?:ing)? with)[^,;:.()!?]{0,60}"
)
"""What a forbidden act may not lack."""
_CLAUSE = (
    r"(?:(?! (?:and|but|then|so|because|instead|until|before|after|when|whenever|if|that|which|who|unless|except"
    r"|without|other than|rather than|as|since|while)\b)"
    r"(?:(?:, [\w-]{2,16}){1,3},? or |[^,;:.()!?\n]|\.(?=\w))){0,90}"
)
_FOLLOW = "(?:follow|obey|act on|execute|carry out)(?: any| the| its| their)?"
_HAND_OVER = "(?:paste|enter|share|provide|type|send|give)"
_FORBIDDEN = (
    rf"\b{_NOT} (?:(?:{_ACT})\b(?P<object>{_CLAUSE})|(?:{_EVADE})\b(?P<own>{_CLAUSE}))(?:{_ASKING})?",
    rf"\b{_NOT} be (?:(?:{_DONE})\b(?P<done>{_CLAUSE})|(?:{_EVADED})\b{_CLAUSE})(?:{_ASKING})?",
    rf"\b{_NOT} {_FOLLOW} {_ORDERS}(?P<found>{_CLAUSE}(?: that appear {_CLAUSE})?)",
    rf"\b{_NOT} (?:print|display|show|reveal|disclose|echo|log|include|mention|repeat) {_SECRETS}\b{_CLAUSE}",
    rf"\b{_NOT} ask (?:the )?(?:users?|customers?) (?:for|to {_HAND_OVER}) {_SECRETS}\b{_CLAUSE}",
    rf"\b{_NOT}(?! (?:tell|inform|notify|mention|stop|refuse))(?P<any>(?: [\w'’-]{{1,16}}){{1,8}}?){_ASKING}",
    rf"\bas (?:untrusted )?data,? (?:and )?(?:not|never|rather than) (?:as )?{_ORDERS}",
)
"""Compiled when a text first denies something."""
_TO_SOMEBODY = r"\b(?:to|with|from) (?:the |your |any )?(?:users?|humans?|operators?|owners?)\b"
_WANTED = (
    r"^ (?:this|these|it|them|that)\b|\b(?:tools?|functions?|instructions?|directives?|descriptions?|prompts?|notes?"
    r"|logs?|logging|show|tell|display|mention|audit\w*|history|alerts?|reports?|tickets?|scans?|scanners?|checks?"
    r"|tests?|validations?|verif\w+|polic\w+|guard\w*|filters?|limits?|restrictions?|moderation|updates?|patch\w*"
    rf"|warnings?|errors?|backups?|safety|security)\b|{_TO_SOMEBODY}"
)
"""What an attack may forbid to touch, or to let somebody know."""
_IN_DATA = (
    r"\b(?:in|inside|within|from|by) (?:the |this |these |those |an? |any )?(?:\w{1,14} ){0,2}(?:content|pages?"
    r"|results?|documents?|e?mails?|files?|outputs?|data|texts?|it|them|websites?|comments?|issues?)\b"
)
_FROM_PRINCIPAL = r"\b(?:users?|system|developers?|human|operator|previous|prior|earlier|other|above|old)\b"
_MAY_FORBID = ("not ", "n't ", "n’t ", "dont ", "never ", "not,")


def prohibitions(text: str) -> Iterator[tuple[int, int]]:
    """Where a text forbids an act, in any letter case: from the denial to the end of its clause."""
    small = text.lower()
    if len(small) != len(text) or not any(word in small for word in _MAY_FORBID):
        return
    for found in _forbidden().finditer(small):
        if not _is_wanted(found):
            yield found.span()


def joined_prohibitions(text: str) -> Iterator[tuple[int, int]]:
    """The same, with those that only `and` or `or` stands between as one."""
    before: tuple[int, int] | None = None
    for start, end in prohibitions(text):
        if before and re.fullmatch(r",? ?(?:and|or|nor)? ?", text[before[1] : start]):
            before = before[0], end
            continue
        if before:
            yield before
        before = start, end
    if before:
        yield before


@cache
def _forbidden() -> re.Pattern[str]:
    return re.compile("|".join(_FORBIDDEN))


def _is_wanted(found: re.Match[str]) -> bool:
    """Whether an attack would forbid this as well."""
    act = found["object"] if found["object"] is not None else found["done"]
    if act is not None:
        return re.search(_WANTED, act) is not None
    if found["own"] is not None:
        return re.match(" (?:this|these|it)\\b", found["own"]) is not None
    if found["any"] is not None:
        return re.search(_TO_SOMEBODY, found["any"]) is not None
    orders = found["found"]
    return orders is not None and (
        re.search(_FROM_PRINCIPAL, orders) is not None or re.search(_IN_DATA, orders) is None
    )
