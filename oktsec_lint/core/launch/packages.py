"""CFG-023: a package that is started in whatever version there is that day. LCH-007: one that imitates another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from oktsec_lint.core.config import Transport
from oktsec_lint.core.display import quoted
from oktsec_lint.core.fields import Field
from oktsec_lint.core.findings import Hit
from oktsec_lint.core.manifest import Entry
from oktsec_lint.core.packages import package_of

IMITATION = "LCH-007"
_NOT_FROM_REGISTRY = re.compile(r"[./~$]|[A-Za-z]:|.*(?:\$\{|://|git\+|github:|^file:)")
_REPOSITORY = re.compile(r"(?:git\+|github:|gitlab:|bitbucket:|https?://[^\s]+\.git\b)")
_REVISION = re.compile(r"[^\s]*[@#](?:semver:)?(?:[0-9a-f]{7,40}|v?[0-9]+(?:\.[\w-]+)*)(?:#[^\s]*)?")
_EXAMPLES: Mapping[str, str] = {"npm": "`name@1.2.3`", "pypi": "`name==1.2.3`", "oci": "`image@sha256:...`"}


def version_left_open(entry: Entry) -> Iterator[Hit]:
    """At the argument that names the package, or else at `args`."""
    package = package_of(entry.spec.command, entry.spec.args)
    if package is None or package.version or entry.spec.transport is not Transport.STDIO:
        return
    ecosystem, _, name = package.name.partition(":")
    at = _argument(entry, name).at
    if _REPOSITORY.match(name) and not _REVISION.fullmatch(name):
        message = f"{quoted(name)} is started as whatever its repository holds that day"
        yield at.hit("CFG-023", message, "Write the commit that was reviewed behind the address: `@<commit>`.")
    elif not _NOT_FROM_REGISTRY.match(name):
        message = f"{quoted(package.name)} is started in whatever version its registry serves that day"
        yield at.hit("CFG-023", message, f"Write the version that was reviewed: {_EXAMPLES[ecosystem]}.")


def imitation(entry: Entry) -> Iterator[Hit]:
    """LCH-007, at the argument that names the package."""
    package = package_of(entry.spec.command, entry.spec.args)
    if package is None:
        return
    from oktsec_lint.core.known_packages import imitated

    likeness = imitated(package.name)
    if likeness is not None:
        name = package.name.partition(":")[2]
        known = likeness.name.partition(":")[2]
        message = f"{quoted(name)} is {quoted(known)} {likeness.how}"
        fix = f"Write `{known}` if that is what is meant; otherwise make sure who publishes {quoted(name)}."
        yield _argument(entry, name).at.hit(IMITATION, message, fix)


def _argument(entry: Entry, name: str) -> Field:
    """The argument that holds a package's name, or else all of them."""
    args = entry.launch["args"]
    named = (item for item, text in zip(args.items, entry.spec.args, strict=True) if name in text)
    return next(named, args)
