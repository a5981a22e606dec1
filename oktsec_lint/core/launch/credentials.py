"""CFG-017: literal credentials in what is written down, found by form and by the name they are written under.

Never returns, shows or compares a value; a finding names the key. Every pattern is bounded or starts only once in a
run of its own characters, so a hostile megabyte is searched in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from oktsec_lint.core.config import ServerSpec
from oktsec_lint.core.display import quoted
from oktsec_lint.core.fields import Field
from oktsec_lint.core.findings import Hit, Severity
from oktsec_lint.core.manifest import Entry
from oktsec_lint.core.values import NamedTuple

RULE = "CFG-017"
_FORMS: tuple[tuple[str, str], ...] = (
    ("a GitHub token", r"\b(?:gh[pousr]_[A-Za-z0-9]{3,}|github_pat_[A-Za-z0-9_]{3,})"),
    ("a GitLab token", r"\bglpat-[A-Za-z0-9_-]{8,}"),
    (
        "an API key",
        r"(?<![A-Za-z0-9])(?:sk|rk|pk)[-_](?:ant-|proj-|live_|test_)?(?=[A-Za-z_-]{0,40}[0-9])[A-Za-z0-9_-]{16,}",
    ),
    ("a Slack token", r"\bxox[abeoprs]-[A-Za-z0-9-]{6,}"),
    (
        "a chat webhook",
        r"https://(?:hooks\.slack\.com/services|discord(?:app)?\.com/api/webhooks)/[A-Za-z0-9]+/[^\s\"']+",
    ),
    ("an AWS access key", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    ("a Google API key", r"\bAIza[A-Za-z0-9_-]{30,}"),
    ("an npm token", r"\bnpm_[A-Za-z0-9]{20,}"),
    ("a PyPI token", r"\bpypi-[A-Za-z0-9_-]{20,}"),
    ("a Hugging Face token", r"\bhf_[A-Za-z0-9]{20,}"),
    ("an oktsec token", r"\bokt_[a-z]{2,8}_[A-Za-z0-9]{8,}"),
    ("a signed web token", r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    ("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    ("a password in a URL", r"\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@\"']*:(?!\$\{)[^\s/@\"']+@"),
    ("an authorization value", r"\b[Bb]earer[ \t]+(?!\$\{|\$[A-Z_]|\{env:)[^\s\"']+"),
)
KNOWN_FORM = re.compile("|".join(f"(?P<form{number}>{pattern})" for number, (_, pattern) in enumerate(_FORMS)))
"""Every kind of credential that is recognised wherever it stands."""

_NAMES = (
    r"(?:token|secret|password|passwd|pwd|passphrase|credentials?|(?:api|access|private|secret|auth)[-_]?key|apikey)"
)
_SECRET_NAME = re.compile(rf"(?:.*[-_.])?{_NAMES}", re.IGNORECASE)
_SECRET_HEADER = re.compile(rf"(?:proxy-)?authorization|cookie|(?:.*[-_])?{_NAMES}", re.IGNORECASE)
_SECRET_PARAMETER = re.compile(rf"(?:.*[-_.])?{_NAMES}|key|auth|sig|signature", re.IGNORECASE)
_SECRET_OPTION = re.compile(rf"--?(?:[\w-]*[-_])?{_NAMES}(?:=(.*))?", re.IGNORECASE | re.DOTALL)
_ASSIGNMENT = re.compile(
    r"(?:--(?:headers?|env)=|-[eH])?(?P<name>[A-Za-z_][\w-]{0,80})(?:=|:[ \t]+)(?P<value>.+)", re.DOTALL
)
"""An argument that is a header or a variable with its value."""
_PARAMETER = re.compile(r"[?&;#](?P<name>[^=&;#\s]{1,80})=(?P<value>[^&;#\s]+)")
_SCHEME = re.compile(r"(?:[A-Za-z][A-Za-z-]{0,40}:[ \t]+)?((?:bearer|basic|token) )", re.IGNORECASE)
_REFERENCE = re.compile(r"\$\{[^}]{0,200}\}|\$[A-Za-z_]\w*")
_PLACEHOLDER = re.compile(
    r"x{3,}|\*{3,}|\.{3}|<[^>]{0,60}>|your|example|change.?me|placeholder|replace|redacted|dummy|todo", re.I
)
_NAME_OF_ONE = re.compile(r"(?:[Bb]earer )?(?:[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|(?i:value|token|api[-_]?key|key)[0-9]*)")
"""What stands in for a credential: the name of a variable, or the word for one."""
_NOT_SECRET = re.compile(
    r"\W*|true|false|yes|no|none|null|[0-9]{1,6}|[~./\\].*|[a-z]+://[^@]*", re.IGNORECASE | re.DOTALL
)


def of_entry(entry: Entry, reference: str) -> Iterator[Hit]:
    """A hit for every literal credential in a launch line. `reference` is `Manifest.reference`."""
    spec, launch = entry.spec, entry.launch
    remedies = _Remedies(reference)
    for name, value in spec.env.items():
        form = _form(value)
        if form or (_SECRET_NAME.fullmatch(name) and _may_be_secret(value)):
            severity = None if form else Severity.MEDIUM
            yield remedies.hit(launch["env"][name], form or "a credential (by its name)", value, name, severity)
    headers = spec.headers or launch["headers"].text_map()
    yield from _in_headers(launch["headers"], headers, f"{spec.name}_token", remedies)
    for index, form in _secret_arguments(spec.args):
        yield remedies.hit(launch["args"].items[index], form, spec.args[index], f"{spec.name}_token")
    yield from _in_url(launch["url"], spec.url or launch["url"].text(), f"{spec.name}_token", remedies)
    for other in entry.other_urls:
        yield from _in_url(other, other.text(), f"{spec.name}_token", remedies)
    for holder in entry.secrets:
        if _is_literal(holder.text()):
            yield remedies.hit(holder, "a credential (by its name)", holder.text(), f"{spec.name}_secret")


def in_headers(headers: Field, variable: str, reference: str) -> Iterator[Hit]:
    """A hit for every header that holds a literal credential; `variable` is what could hold it."""
    return _in_headers(headers, headers.text_map(), variable, _Remedies(reference))


def in_url(holder: Field, variable: str = "", reference: str = "", remedy: str = "") -> Iterator[Hit]:
    """A hit for a URL with a credential in it."""
    return _in_url(holder, holder.text(), variable, _Remedies(reference, remedy))


def in_key(holder: Field, form: str, remedy: str) -> Iterator[Hit]:
    """A hit for a key that holds nothing but credentials."""
    if _is_literal(holder.text()):
        yield _Remedies("", remedy).hit(holder, form, holder.text(), "")


def shown_words(spec: ServerSpec) -> tuple[str, ...]:
    """The words of a launch line as they may be shown: asterisks in place of each literal credential."""
    secret = {index for index, _ in _secret_arguments(spec.args)}
    args = ("***" if index in secret else word for index, word in enumerate(spec.args))
    return tuple(KNOWN_FORM.sub("***", word) for word in (spec.command, *args))


class _Remedies(NamedTuple):
    """What can be written in place of a credential."""

    reference: str
    other: str = ""
    """What else can be done where there is no such reference."""

    def hit(self, holder: Field, form: str, value: str, variable: str, severity: Severity | None = None) -> Hit:
        message = f"{quoted(holder.at.dotted)} holds {form} in plain text"
        if _is_placeholder(value):
            message, severity = f"{message}; it looks like a placeholder", Severity.LOW
        elif not (self.reference or self.other):
            severity = Severity.LOW
        fix = f"{self._instead(value, variable)} If it is real, revoke it: it was in a file."
        return holder.at.hit(RULE, message, fix, severity=severity)

    def _instead(self, value: str, variable: str) -> str:
        if not self.reference:
            return self.other or _NO_REFERENCE
        scheme = _SCHEME.match(value)
        name = re.sub("[^A-Za-z0-9]+", "_", variable).upper()
        return (
            f"Put it into the environment and write `{scheme[1] if scheme else ''}{self.reference.format(name)}` "
            "in its place."
        )


_NO_REFERENCE = (
    "Nothing in this file can refer to the environment: keep it readable by nobody else and out of version control, or "
    "start a script that reads the credential from elsewhere."
)


def _in_headers(headers: Field, values: Mapping[str, str], variable: str, remedies: _Remedies) -> Iterator[Hit]:
    for name, value in values.items():
        form = _form(value)
        if form or (_SECRET_HEADER.fullmatch(name) and _is_literal(value)):
            yield remedies.hit(headers[name], form or "an authorization value", value, variable)


def _in_url(holder: Field, url: str, variable: str, remedies: _Remedies) -> Iterator[Hit]:
    form = _form(url) or ("a credential (by its parameter)" if _in_query(url) else "")
    if form:
        yield remedies.hit(holder, form, url, variable)


def _secret_arguments(args: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Arguments that are a credential, or the value of an option that takes one."""
    expected = False
    for index, value in enumerate(args):
        form = _form(value) or _named(value)
        option = _SECRET_OPTION.fullmatch(value)
        inline = option is not None and option[1] is not None and _may_be_secret(option[1])
        if form or inline or (expected and not value.startswith("-") and _may_be_secret(value)):
            yield index, form or "a credential (by its option)"
        expected = option is not None and option[1] is None


def _named(argument: str) -> str:
    if _assigned(argument):
        return "a credential (by its name)"
    return "a credential (by its parameter)" if _in_query(argument) else ""


def _in_query(url: str) -> str:
    """The credential among the parameters of a URL; empty when there is none."""
    found = _PARAMETER.finditer(url) if "://" in url else ()
    secrets = (match["value"] for match in found if _SECRET_PARAMETER.fullmatch(match["name"]))
    return next(filter(_may_be_secret, secrets), "")


def _assigned(argument: str) -> str:
    """The credential in `NAME=...` or `Name: ...`; empty when there is none."""
    match = _ASSIGNMENT.fullmatch(argument)
    if match is None or not _SECRET_HEADER.fullmatch(match["name"]):
        return ""
    return match["value"] if _may_be_secret(match["value"]) else ""


def _form(value: str) -> str:
    """What kind of credential a text holds; empty when none is recognised."""
    match = KNOWN_FORM.search(value)
    return _FORMS[int(match.lastgroup.removeprefix("form"))][0] if match and match.lastgroup else ""


def _is_placeholder(value: str) -> bool:
    """Judged by the credential alone: the rest of a URL says nothing about it."""
    match = KNOWN_FORM.search(value)
    credential = match.group() if match else _in_query(value) or _assigned(value) or value
    return _PLACEHOLDER.search(credential) is not None or _NAME_OF_ONE.fullmatch(credential) is not None


def _is_literal(value: str) -> bool:
    """Whether anything but references to the environment is left (a scheme such as `Bearer` is not)."""
    rest = _REFERENCE.sub("", value).strip()
    return bool(rest) and rest.lower() not in {"bearer", "basic", "token"}


def _may_be_secret(value: str) -> bool:
    return _is_literal(value) and _NOT_SECRET.fullmatch(value) is None


class Literal(NamedTuple):
    """A credential that is written out."""

    form: str
    """What kind it is; empty where only its name tells."""
    placeholder: bool


def literal_in(value: str) -> Literal | None:
    """The credential that a text under a telling name is or holds; None where it can be none."""
    form = _form(value)
    return Literal(form, _is_placeholder(value)) if form or _may_be_secret(value) else None


def form_in(text: str) -> str:
    """What kind of credential a text holds by its form alone; empty when none is recognised."""
    return _form(text)


def is_telling(name: str) -> bool:
    """Whether a variable or header of this name holds a credential."""
    return _SECRET_HEADER.fullmatch(name) is not None or _SECRET_NAME.fullmatch(name) is not None
