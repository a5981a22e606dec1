"""What a tool says it detects: "detects attempts to bypass access checks or disable the audit log".

The object of such a verb is the attack of somebody else. It is left unread up to the end of its clause, and only where
it is told in plain words: whoever addresses the reader, or names an address or a file, may give an order all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

_WATCH = "scan|check|test|look|search|watch|screen|inspect|audit|analy[sz]e|review|examine"
_FOR = r" (?:[\w'’-]{1,16} ){0,7}?for"
_DETECTS = (
    r"(?:^|[.:;!?\n]\s?)(?:tool that )?(?:(?:detect|flag|spot|recogni[sz]e|identify)"
    rf"|(?:{_WATCH}){_FOR})"
    r"|\b(?:detects|flags|spots|recogni[sz]es|identifies|quarantines|rejects|blocks|prevents|catches|alerts on|warns of"
    rf"|(?:detection|prevention) of|protects against|defends against|(?:{_WATCH})e?s{_FOR})"
)
_TROUBLE = (
    r"(?:attempt|injection|jailbreak|attack|exploit|payload|backdoor|trojan|rootkit|trigger|override|instruction|order"
    r"|phrase|prompt|request|message|text|chunk|entrie|tool|agent|server|process|script|command|shell|miner)s?"
    r"|entry|malware|phishing|fraud|abuse|tampering|smuggling|exfiltration|escalation|evasion|persistence|poisoning"
    r"|poisoned|hidden|malicious|suspicious|injected|leaked|deleted|altered|backdated"
)
_ALSO = (
    r" (?:and|then|but) (?:then |also |silently |secretly |always )?(?:send|upload|forward|post|email|cop|stor|sav|writ"
    r"|run|execut|delet|return|includ|pass|read|call|us|tell|add|append|ignor|follow)\w*\b"
)
"""What the tool does besides, or the reader has to."""
_DETECTED = (
    rf"(?:{_DETECTS}) (?P<object>(?:[\w'’,/-]{{1,20}} ){{0,6}}?(?:{_TROUBLE})\b"
    rf"(?:(?!{_ALSO})[^.;:!?\n]|\.(?=\w)){{0,200}})"
)
_ADDRESSED = (
    r"\b(?:you|your|must|please|always|first|now|immediately|this tool|http)\b|://|~/|/\w+/|@\w|\.(?:ssh|aws|env)\b"
)


def detections(text: str) -> Iterator[tuple[int, int]]:
    """Where a text says what somebody detects, in any letter case: the object of the verb."""
    for found in _detected().finditer(text):
        if not _addressed().search(found["object"]):
            yield found.span("object")


@cache
def _detected() -> re.Pattern[str]:
    return re.compile(_DETECTED, re.IGNORECASE)


@cache
def _addressed() -> re.Pattern[str]:
    return re.compile(_ADDRESSED, re.IGNORECASE)
