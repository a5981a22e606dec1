"""CycloneDX 1.6: what the servers are made of and offer, for whoever keeps an inventory of software.

A server is a service with its tools as properties, and the package that its launch line runs a component with a package
URL. Findings are no vulnerabilities in CycloneDX's sense, so only the verdicts are told. Written with the optional
`cyclonedx-python-lib`; its serial number and timestamp are taken out again, so that one input has one text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from oktsec_lint.core.errors import UsageError
from oktsec_lint.core.report import Exit, Report, ServerRow

from .base import Style
from .inert import shown
from .json_text import laid_out
from .links import HOME, TOOL
from .wording import plural

try:
    from cyclonedx.model import ExternalReference, ExternalReferenceType, Property, XsUri
    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.service import Service
    from cyclonedx.model.tool import ToolRepository
    from cyclonedx.output.json import JsonV1Dot6
    from packageurl import PackageURL
except ImportError as error:
    raise UsageError(
        "the format cyclonedx needs a library that is not installed", hint="pip install 'oktsec-lint[cyclonedx]'"
    ) from error

_PACKAGES: Mapping[str, re.Pattern[str]] = {
    "npm": re.compile(r"(?:(@[\w.-]+)/)?(\w[\w.-]*)"),
    "pypi": re.compile(r"()([A-Za-z0-9][\w.-]*)"),
    "oci": re.compile(r"((?:\w[\w.:-]*/)*)(\w[\w.-]*)"),
}
"""What a package index can hold; the arguments of a launch line can be anything, such as an address with a token."""
_VERSION = re.compile(r"[\w.+!:-]{1,100}")
_MOST_TOOLS = 1_000
_NAME = 200
_DEPTH = 4


def render(report: Report, _style: Style, _code: Exit | None) -> str:
    bom = Bom(metadata=BomMetaData(tools=ToolRepository(components=[_tool(report)])))
    for index, row in enumerate(report.servers):
        service = _service(index, row)
        bom.services.add(service)
        component = _component(index, row)
        if component is not None:
            bom.components.add(component)
            bom.register_dependency(service, [component])
    document = json.loads(JsonV1Dot6(bom).output_as_string())
    del document["serialNumber"], document["metadata"]["timestamp"]
    return laid_out(document, _DEPTH)


def _tool(report: Report) -> Component:
    link = ExternalReference(type=ExternalReferenceType.WEBSITE, url=XsUri(HOME))
    return Component(name=TOOL, version=report.tool_version, type=ComponentType.APPLICATION, external_references=[link])


def _service(index: int, row: ServerRow) -> Service:
    facts = [Property(name=f"{TOOL}:{name}", value=value) for name, value in _facts(row)]
    return Service(name=_text(row.name) or "unnamed", bom_ref=f"server-{index}", properties=facts)


def _facts(row: ServerRow) -> Iterator[tuple[str, str]]:
    yield "listed", row.status.value
    if row.protocol:
        yield "protocol", _text(row.protocol)
    counts = {"prompts": row.prompts, "resources": row.resources, "templates": row.templates}
    yield from ((name, str(count)) for name, count in counts.items() if count)
    for tool in row.tools[:_MOST_TOOLS]:
        yield f"tool:{_text(tool.name)}", tool.verdict.label
    if len(row.tools) > _MOST_TOOLS:
        yield "left-out", plural(len(row.tools) - _MOST_TOOLS, "tool")


def _component(index: int, row: ServerRow) -> Component | None:
    kind, _, package = row.package.partition(":")
    match = _PACKAGES[kind].fullmatch(package) if kind in _PACKAGES else None
    if match is None:
        return None
    namespace, name = (match[1] or "").rstrip("/"), match[2]
    version = row.version if _VERSION.fullmatch(row.version) else ""
    return Component(
        name=name,
        group=namespace if kind == "npm" else None,
        version=version or None,
        type=ComponentType.CONTAINER if kind == "oci" else ComponentType.APPLICATION,
        bom_ref=f"package-{index}",
        purl=_purl(kind, namespace, name, version),
    )


def _purl(kind: str, namespace: str, name: str, version: str) -> PackageURL:
    """An image is named by its digest and found by its address; a tag is no version of it."""
    if kind != "oci":
        return PackageURL(kind, namespace or None, name, version or None)
    is_digest = version.startswith("sha256:")
    qualifiers = {"repository_url": f"{namespace}/{name}" if namespace else f"docker.io/library/{name}"}
    if version and not is_digest:
        qualifiers["tag"] = version
    return PackageURL(kind, None, name, version if is_digest else None, qualifiers)


def _text(text: str) -> str:
    return shown(text, limit=_NAME)
