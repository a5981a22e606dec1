"""The public lists our rules refer to, as SARIF taxonomies: OWASP MCP Top 10, OWASP Agentic Top 10, CWE.

Identifiers and titles only. The OWASP lists are given whole, CWE as far as a rule of this run refers to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sarif_om import (
    MultiformatMessageString,
    ReportingDescriptor,
    ReportingDescriptorReference,
    ReportingDescriptorRelationship,
    ToolComponent,
    ToolComponentReference,
)

from oktsec_lint.core.rules import Rule
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.reporters.wording import taxon


class _Taxonomy(NamedTuple):
    key: str
    """As a rule's `taxa` names it."""
    name: str
    organization: str
    uri: str
    titles: Mapping[str, str]
    closed: bool = True
    """Whether `titles` has every entry the list has."""


_MCP = _Taxonomy(
    "owasp-mcp",
    "OWASP MCP Top 10",
    "OWASP Foundation",
    "https://owasp.org/www-project-mcp-top-10/",
    {
        "MCP01": "Token Mismanagement and Secret Exposure",
        "MCP02": "Privilege Escalation via Scope Creep",
        "MCP03": "Tool Poisoning",
        "MCP04": "Software Supply Chain Attacks and Dependency Tampering",
        "MCP05": "Command Injection and Execution",
        "MCP06": "Intent Flow Subversion",
        "MCP07": "Insufficient Authentication and Authorization",
        "MCP08": "Lack of Audit and Telemetry",
        "MCP09": "Shadow MCP Servers",
        "MCP10": "Context Injection and Over-Sharing",
    },
)
_AGENTIC = _Taxonomy(
    "owasp-agentic",
    "OWASP Top 10 for Agentic Applications",
    "OWASP Foundation",
    "https://genai.owasp.org/",
    {
        "ASI01": "Agent Goal Hijack",
        "ASI02": "Tool Misuse",
        "ASI03": "Identity and Privilege Abuse",
        "ASI04": "Agentic Supply Chain",
        "ASI05": "Unexpected Code Execution",
        "ASI06": "Memory and Context Poisoning",
        "ASI07": "Insecure Inter-Agent Communication",
        "ASI08": "Cascading Failures",
        "ASI09": "Human-Agent Trust Exploitation",
        "ASI10": "Rogue Agents",
    },
)
_CWE = _Taxonomy(
    "cwe",
    "CWE",
    "MITRE",
    "https://cwe.mitre.org/",
    {
        "20": "Improper Input Validation",
        "22": "Path Traversal",
        "77": "Command Injection",
        "78": "OS Command Injection",
        "88": "Argument Injection",
        "116": "Improper Encoding or Escaping of Output",
        "150": "Improper Neutralization of Escape, Meta, or Control Sequences",
        "200": "Exposure of Sensitive Information to an Unauthorized Actor",
        "250": "Execution with Unnecessary Privileges",
        "269": "Improper Privilege Management",
        "284": "Improper Access Control",
        "285": "Improper Authorization",
        "287": "Improper Authentication",
        "306": "Missing Authentication for Critical Function",
        "312": "Cleartext Storage of Sensitive Information",
        "319": "Cleartext Transmission of Sensitive Information",
        "345": "Insufficient Verification of Data Authenticity",
        "359": "Exposure of Private Personal Information to an Unauthorized Actor",
        "436": "Interpretation Conflict",
        "441": "Unintended Proxy or Intermediary",
        "451": "User Interface (UI) Misrepresentation of Critical Information",
        "494": "Download of Code Without Integrity Check",
        "506": "Embedded Malicious Code",
        "522": "Insufficiently Protected Credentials",
        "693": "Protection Mechanism Failure",
        "694": "Use of Multiple Resources with Duplicate Identifier",
        "770": "Allocation of Resources Without Limits or Throttling",
        "798": "Use of Hard-coded Credentials",
        "829": "Inclusion of Functionality from Untrusted Control Sphere",
        "841": "Improper Enforcement of Behavioral Workflow",
        "862": "Missing Authorization",
        "863": "Incorrect Authorization",
        "918": "Server-Side Request Forgery (SSRF)",
        "1007": "Insufficient Visual Distinction of Homoglyphs Presented to User",
        "1188": "Initialization of a Resource with an Insecure Default",
        "1220": "Insufficient Granularity of Access Control",
        "1287": "Improper Validation of Specified Type of Input",
        "1427": "Improper Neutralization of Input Used for LLM Prompting",
    },
    closed=False,
)
_KNOWN = (_MCP, _AGENTIC, _CWE)


class Taxonomies:
    """The taxonomies a rulebook refers to, and where each of their entries stands in the file."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        used: dict[str, set[str]] = {}
        for rule in rules:
            for key, identifiers in rule.taxa.items():
                used.setdefault(key, set()).update(identifiers)
        self._lists = [(item, _entries(item, used[item.key])) for item in _KNOWN if item.key in used]

    def components(self) -> list[ToolComponent]:
        return [_component(taxonomy, entries) for taxonomy, entries in self._lists]

    def references(self) -> list[ToolComponentReference]:
        return [ToolComponentReference(name=item.name, index=index) for index, (item, _) in enumerate(self._lists)]

    def relationships(self, rule: Rule) -> Iterator[ReportingDescriptorRelationship]:
        """From a rule to the entries it names; a name no list has (in a rule of the user's own) is passed over."""
        for (taxonomy, entries), reference in zip(self._lists, self.references(), strict=True):
            for identifier in rule.taxa.get(taxonomy.key, ()):
                if identifier in entries:
                    target = ReportingDescriptorReference(
                        id=taxon(taxonomy.key, identifier),
                        index=entries.index(identifier),
                        tool_component=reference,
                    )
                    yield ReportingDescriptorRelationship(target=target)


def _entries(taxonomy: _Taxonomy, used: Iterable[str]) -> list[str]:
    if taxonomy.closed:
        return list(taxonomy.titles)
    return sorted(filter(str.isdecimal, used), key=int)


def _component(taxonomy: _Taxonomy, entries: Iterable[str]) -> ToolComponent:
    return ToolComponent(
        name=taxonomy.name,
        organization=taxonomy.organization,
        information_uri=taxonomy.uri,
        short_description=MultiformatMessageString(text=f"{taxonomy.name}, identifiers and titles."),
        is_comprehensive=taxonomy.closed,
        taxa=[_taxon(taxonomy, identifier) for identifier in entries],
    )


def _taxon(taxonomy: _Taxonomy, identifier: str) -> ReportingDescriptor:
    name = taxon(taxonomy.key, identifier)
    title = taxonomy.titles.get(identifier, name)
    return ReportingDescriptor(
        id=name,
        short_description=MultiformatMessageString(text=f"{title}."),
        help_uri=f"https://cwe.mitre.org/data/definitions/{identifier}.html" if taxonomy is _CWE else None,
    )
