"""Literal credentials in a configuration that gets committed: found by form and by the name they are written under.

Never returns, shows or compares a value; a finding names the key. Every pattern is bounded or starts only once in a
run of its own characters, so a hostile megabyte is searched in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from oktsec_lint.core.display import quoted
from oktsec_lint.core.findings import Hit, Severity

from .fields import Field
from .servers import webhook_urls

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
    ("an authorization value", r"\b[Bb]earer[ \t]+(?!\$\{)[^\s\"']+"),
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
_NOT_SECRET = re.compile(
    r"\W*|true|false|yes|no|none|null|[0-9]{1,6}|[~./\\].*|[a-z]+://[^@]*", re.IGNORECASE | re.DOTALL
)


def plaintext_secrets(root: Field) -> Iterator[Hit]:
    """A hit for every literal credential, in reading order of the keys that may hold one."""
    for server in root["mcp_servers"]:
        yield from _of_env(server)
        yield from _of_headers(server, f"{server.name}_token")
        yield from _of_args(server)
        yield from _of_url(server["url"], variable=f"{server.name}_token")
    for holder in (root["server"]["api_key"], root["llm"]["api_key"], root["llm"]["fallback"]["api_key"]):
        if _is_literal(holder.text()):
            yield _hit(holder, "an API key", holder.text())
    yield from _of_url(root["db_dsn"], variable="db_password")
    yield from _of_url(root["rate_limit"]["redis_url"], variable="redis_password")
    for hook in root["webhooks"].items:
        yield from _of_headers(hook, f"{hook['name'].text() or 'webhook'}_token")
    for address in webhook_urls(root):
        yield from _of_url(address, variable="webhook_url")


def _of_env(server: Field) -> Iterator[Hit]:
    for variable in server["env"]:
        form = _form(variable.text())
        if form:
            yield _hit(variable, form, variable.text())
        elif _SECRET_NAME.fullmatch(variable.name) and _may_be_secret(variable.text()):
            yield _hit(variable, "a credential (by its name)", variable.text(), severity=Severity.MEDIUM)


def _of_headers(holder: Field, variable: str) -> Iterator[Hit]:
    for header in holder["headers"]:
        form = _form(header.text())
        if form or (_SECRET_HEADER.fullmatch(header.name) and _is_literal(header.text())):
            yield _hit(header, form or "an authorization value", header.text(), variable=variable)


def _of_args(server: Field) -> Iterator[Hit]:
    for argument, form in _secret_arguments(server):
        yield _hit(argument, form, argument.text(), variable=f"{server.name}_token")


def _secret_arguments(server: Field) -> Iterator[tuple[Field, str]]:
    """Arguments that are a credential, or the value of an option that takes one."""
    expected = False
    for argument in server["args"].items:
        value = argument.text()
        form = _form(value) or _named(value)
        option = _SECRET_OPTION.fullmatch(value)
        inline = option is not None and option[1] is not None and _may_be_secret(option[1])
        if form or inline or (expected and not value.startswith("-") and _may_be_secret(value)):
            yield argument, form or "a credential (by its option)"
        expected = option is not None and option[1] is None


def _of_url(holder: Field, *, variable: str = "") -> Iterator[Hit]:
    form = _form(holder.text()) or ("a credential (by its parameter)" if _in_query(holder.text()) else "")
    if form:
        yield _hit(holder, form, holder.text(), variable=variable)


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
    return _PLACEHOLDER.search(credential) is not None


def _is_literal(value: str) -> bool:
    """Whether anything but references to the environment is left (a scheme such as `Bearer` is not)."""
    rest = _REFERENCE.sub("", value).strip()
    return bool(rest) and rest.lower() not in {"bearer", "basic", "token"}


def _may_be_secret(value: str) -> bool:
    return _is_literal(value) and _NOT_SECRET.fullmatch(value) is None


def _hit(holder: Field, form: str, value: str, *, variable: str = "", severity: Severity | None = None) -> Hit:
    message = f"{quoted(holder.at.dotted)} holds {form} in plain text"
    if _is_placeholder(value):
        message, severity = f"{message}; it looks like a placeholder", Severity.LOW
    fix = f"{_remedy(holder, value, variable or holder.name)} If it is real, revoke it: it was in a file."
    return holder.at.hit("CFG-017", message, fix, severity=severity)


def _remedy(holder: Field, value: str, variable: str) -> str:
    """Where a credential can stand instead. `${VAR}` means something wherever somebody is reached."""
    section, _, key = holder.at.dotted.partition(".")
    if section.startswith(_EXPANDED):
        scheme = _SCHEME.match(value)
        name = re.sub("[^A-Za-z0-9]+", "_", variable).upper()
        return f"Put it into the environment and write `{scheme[1] if scheme else ''}${{{name}}}` in its place."
    if section == "server":
        return "Delete it here and write `OKTSEC_API_KEY=...` into the file `.env` beside this one; upstream reads it."
    return f"Delete it here and let `{section}.{key}_env` name an environment variable that holds it."


_EXPANDED = ("mcp_servers", "webhooks[", "category_webhooks[", "rules[", "db_dsn", "rate_limit")
"""Sections whose `${VAR}` is put in when they are used."""
