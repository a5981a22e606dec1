"""`oktsec-lint schema`: the JSON Schema of `oktsec.yaml`, for editors."""

from __future__ import annotations

import json
import sys


def schema() -> None:
    """Print the JSON Schema of oktsec.yaml.

    With it, editors that speak the YAML language server complete and explain every key: save it beside the
    configuration and begin the configuration with `# yaml-language-server: $schema=oktsec.schema.json`.
    """
    from oktsec_lint.sources.oktsec_yaml import editor_schema

    sys.stdout.write(json.dumps(editor_schema.schema(), indent=2, ensure_ascii=False) + "\n")
