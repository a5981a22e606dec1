"""CFG-023: a package that is started in whatever version there is that day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from oktsec_lint.core.config import Transport
from oktsec_lint.core.display import quoted
from oktsec_lint.core.findings import Hit
from oktsec_lint.core.manifest import Entry
from oktsec_lint.core.packages import package_of

_NOT_FROM_REGISTRY = re.compile(r"[./~$]|[A-Za-z]:|.*(?:\$\{|://|git\+|github:|^file:)")
_EXAMPLES: Mapping[str, str] = {"npm": "`name@1.2.3`", "pypi": "`name==1.2.3`", "oci": "`image@sha256:...`"}


def version_left_open(entry: Entry) -> Iterator[Hit]:
    """At the argument that names the package, or else at `args`."""
    package = package_of(entry.spec.command, entry.spec.args)
    if package is None or package.version or entry.spec.transport is not Transport.STDIO:
        return
    ecosystem, _, name = package.name.partition(":")
    if _NOT_FROM_REGISTRY.match(name):
        return
    args = entry.launch["args"]
    named = (item for item, text in zip(args.items, entry.spec.args, strict=True) if name in text)
    message = f"{quoted(package.name)} is started in whatever version its registry serves that day"
    fix = f"Write the version that was reviewed: {_EXAMPLES[ecosystem]}."
    yield next(named, args).at.hit("CFG-023", message, fix)
