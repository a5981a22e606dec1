"""`oktsec.yaml`: the whole file as a `Config`, and everything wrong with it at once.

Only a file that is no YAML mapping at all is an error; any other mistake is a hit at its own line, and the rest of the
file still counts. What is wrong is never read as the more permissive choice.
"""

from __future__ import annotations

from collections.abc import Collection

from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.launch import launch_problems
from oktsec_lint.sources.concealment import concealed, discreet
from oktsec_lint.sources.document import Document
from oktsec_lint.sources.grammar import ROOT
from oktsec_lint.sources.repeats import duplicate_keys
from oktsec_lint.sources.results import LoadedConfig
from oktsec_lint.sources.yaml_nodes import MappingNode
from oktsec_lint.sources.yaml_reader import read_yaml

from .building import build, manifest_of
from .decoding import decode
from .entries import allowlists, invalid_names, self_messages
from .overrides import contradictions, unmet_conditions
from .secrets import plaintext_secrets
from .servers import entry_problems, insecure_urls
from .suppressions import lint_of, with_known_rules
from .vocabulary import vocabulary_problems

_CHECKS = (
    invalid_names,
    self_messages,
    allowlists,
    entry_problems,
    insecure_urls,
    contradictions,
    unmet_conditions,
    plaintext_secrets,
)


def load_config(
    path: str,
    text: str,
    *,
    known_rules: Collection[str] | None = None,
    known_categories: Collection[str] | None = None,
) -> LoadedConfig:
    """The configuration in a text. Raises SourceError when it is no YAML mapping.

    `known_rules` and `known_categories` (categories and tags) come from the rulebook; without them nobody can say
    which names in the file are unknown, and those checks are left out.
    """
    return loaded(read_yaml(path, text), known_rules, known_categories)


def loaded(
    document: Document, known_rules: Collection[str] | None, known_categories: Collection[str] | None
) -> LoadedConfig:
    """The configuration in a YAML document that was read before."""
    node = document.root
    if not isinstance(node, MappingNode):
        hint = "start with `mcp_servers:` or `agents:`"
        raise SourceError("not an oktsec.yaml: the file is no mapping", path=document.path, line=1, hint=hint)
    root, misfits = decode(document.path, node)
    hits = [*duplicate_keys(document), *misfits]
    for check in _CHECKS:
        hits.extend(check(root))
    manifest = manifest_of(root)
    hits.extend(launch_problems(manifest))
    lint, problems = lint_of(root, document)
    hits.extend(problems)
    if known_rules is not None and known_categories is not None:
        hits.extend(vocabulary_problems(root, known_rules, known_categories))
        lint, problems = with_known_rules(lint, root, known_rules)
        hits.extend(problems)
    config = build(root, manifest.servers())._replace(lint=lint)
    shown = document.concealing(concealed(document, node, ROOT))
    return LoadedConfig(config, shown, tuple(map(discreet, hits)), manifest)
