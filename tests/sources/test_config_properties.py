"""Whatever stands in an `oktsec.yaml`, it loads or is refused; and what is wrong never opens a door."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oktsec_lint import rulebook
from oktsec_lint.core.errors import SourceError
from oktsec_lint.sources import LoadedConfig, load_config
from oktsec_lint.sources.grammar import ROOT, Shape, Type

CONFIGS = Path(__file__).parents[1] / "fixtures" / "configs"
RULES = frozenset(
    rule.id for family in ("config", "suppressions") for rule in rulebook.load_dir(rulebook.rules_dir() / family)
)

texts = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\u2028\u2029\ufeff"), max_size=6)
junk = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 70_000) | st.floats(-9, 9) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
scraps = st.sampled_from(["", " ", "\n", ":", "- ", "{", "]", "'", "&a ", "*a", "#", "!x ", "~", "\t"])
words = st.sampled_from(
    ["read_file", "a", "no", "1_0", "ghp_abc123", "__oktsec_deny_all__", "http://h/x", "", "IAP-001"]
)


@st.composite
def configurations(draw: st.DrawFn) -> dict[str, Any]:
    """Documents the grammar accepts, with values it does not here and there."""
    return {
        key.name: _value(draw, key.shape) for key in ROOT.keys if draw(st.integers(0, 3)) == 0 or key.name == "agents"
    }


def _value(draw: st.DrawFn, shape: Shape) -> Any:
    if draw(st.integers(0, 7)) == 0:
        return draw(junk)
    if shape.type is Type.SECTION:
        return {key.name: _value(draw, key.shape) for key in shape.keys if draw(st.booleans())}
    if shape.items is not None:
        values = [_value(draw, shape.items) for _ in range(draw(st.integers(0, 2)))]
        return values if shape.type is Type.LIST else {draw(words): value for value in values}
    simple: dict[Type, st.SearchStrategy[Any]] = {
        Type.TEXT: st.sampled_from(shape.choices) if shape.choices else words,
        Type.FLAG: st.booleans(),
        Type.WHOLE: st.integers(-2, 70_000),
        Type.NUMBER: st.floats(-1, 100),
    }
    return draw(simple.get(shape.type, junk))


def check(loaded: LoadedConfig) -> None:
    for hit in loaded.hits:
        assert hit.rule in RULES
        assert hit.message
        assert hit.place is not None
        where = loaded.document.locate(hit.place.pointer, at_key=hit.place.at_key)
        assert 1 <= where.line <= len(loaded.document.lines)
        assert "ghp_abc123" not in f"{hit.message}{hit.help}{where.snippet}"


@given(configurations())
@settings(max_examples=60)
def test_any_configuration_loads_and_fails_closed(value: dict[str, Any]) -> None:
    loaded = load_config("f", json.dumps(value, ensure_ascii=False), known_rules={"IAP-001"}, known_categories={"pii"})
    check(loaded)
    agents = value.get("agents")
    for agent in loaded.config.agents:
        assert isinstance(agents, dict)
        entry = agents[agent.name]
        free = entry is None or (isinstance(entry, dict) and entry.get("allowed_tools") in (None, []))
        assert agent.unrestricted is free
    assert loaded.config.default_policy in ("allow", "deny")
    if value.get("default_policy") not in (None, "", "allow"):
        assert loaded.config.default_policy == "deny"


@pytest.mark.parametrize("name", ["use-case", "everything", "mistakes"])
@given(data=st.data())
@settings(max_examples=40)
def test_a_damaged_file_loads_or_is_refused(name: str, data: st.DataObject) -> None:
    text = (CONFIGS / f"{name}.yaml").read_text()
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 12)))
        text = text[:start] + data.draw(scraps) + text[end:]
    try:
        loaded = load_config("f", text, known_rules={"IAP-001"}, known_categories={"pii"})
    except SourceError as error:
        assert error.path == "f"  # noqa: PT017 - either outcome is right
        return
    for hit in loaded.hits:
        assert hit.place is not None
        loaded.document.locate(hit.place.pointer, at_key=hit.place.at_key)


@given(st.text(max_size=80))
def test_any_text_loads_or_is_refused(text: str) -> None:
    try:
        check(load_config("f", text))
    except SourceError as error:
        assert error.path == "f"  # noqa: PT017 - either outcome is right
