"""DEF-001, 002, 003, 006, 015: what names, keywords and values of an input schema ask for beyond the tool's job.

A model fills in every parameter it is shown, and reads every word of the schema while it does so. One walk serves all
five rules; it is iterative and reads a name once, whatever its servers repeat. A tool that is about models,
conversations or agents by its own words may ask for such things, and what it says about the parameter itself is none
of its own words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TypeAlias

from oktsec_lint.core.config import Config
from oktsec_lint.core.display import quoted
from oktsec_lint.core.findings import Evidence, Hit, Severity
from oktsec_lint.core.model import Definition, Inventory, JsonValue, Server, pointer_to
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.core.words import prose_words, words_of

OUT_OF_SCOPE, SENTENCE, SECRET, PROSE, SPEAKING = "DEF-001", "DEF-002", "DEF-003", "DEF-006", "DEF-015"

_NAME_MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
_NO_SCHEMAS = frozenset({"default", "const", "enum", "examples", "example"})
_KEYWORDS = frozenset(
    """type required format minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength minItems maxItems
    uniqueItems multipleOf minProperties maxProperties additionalProperties items nullable readOnly writeOnly
    deprecated contentEncoding contentMediaType""".split()
)
"""Keywords whose value is a number, a boolean, a schema, or one word of a list."""
_PROSE_WORDS = 5
_SENTENCE_WORDS = 9
_ORDERED_WORDS = 5
_SHORTEST_PROSE = 2 * _PROSE_WORDS - 1
"""Characters of a text with that many words."""
_LONGEST_NAME = 600
_SPOKEN_WORDS = 6
"""Words of a default or of one choice among short ones that make it a sentence."""
_WIDE_LETTERS = 14
"""Letters that make a sentence in scripts without spaces."""
_FIRST_WIDE = "\u2e80"
_TEXT_NAMES = frozenset(
    """prompt prompts text message messages template body content instruction instructions query question description
    subject title caption summary comment code script sql system""".split()
)
"""Words of parameters whose default may well be a sentence."""
_MODEL_TOPICS = frozenset("llm llms model models ai gpt embedding embeddings inference completion prompt ml".split())
_TALK_TOPICS = frozenset(
    """llm llms chat chats conversation conversations dialog dialogue assistant assistants agent agents bot chatbot
    prompt prompts message messages thread threads completion completions transcript transcripts thinking reasoning
    thought thoughts memory memories model models session ai""".split()
)
_TOOL_TOPICS = frozenset("tool tools mcp agent agents toolkit toolset plugin plugins action actions function".split())
_TOPICS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        """llm_model_name llm_name llm_model user_model_name user_model assistant_model assistant_model_name
        calling_model calling_model_name caller_model agent_model agent_model_name client_model client_model_name
        ai_model_name your_model_name host_model model_identity model_name""".split(),
        _MODEL_TOPICS,
    ),
    **dict.fromkeys(
        """conversation_history full_conversation conversation_log conversation_context conversation_transcript
        conversation_so_far entire_conversation complete_conversation whole_conversation chat_history chat_log
        chat_transcript full_chat_history full_chat message_history previous_messages prior_messages all_messages
        full_context context_window entire_context full_context_window session_transcript system_prompt
        system_message system_instructions system_prompt_text developer_message developer_prompt developer_instructions
        your_instructions your_system_prompt initial_instructions hidden_instructions initial_prompt
        original_user_message original_user_prompt last_user_message user_messages chain_of_thought
        chain_of_thoughts internal_reasoning internal_thoughts private_reasoning hidden_reasoning reasoning_trace
        reasoning_chain your_reasoning scratchpad agent_memory memory_dump prior_context previous_context""".split(),
        _TALK_TOPICS,
    ),
    **dict.fromkeys(
        """tool_name tool_list tools_list tool_names list_of_tools available_tools all_tools other_tools
        installed_tools enabled_tools connected_tools tool_definitions tool_descriptions tool_inventory
        tool_call_history tool_calls tool_history tool_call_log previous_tool_calls tool_results tool_outputs
        previous_tool_results connected_servers mcp_servers mcp_config available_servers""".split(),
        _TOOL_TOPICS | _TALK_TOPICS,
    ),
}
"""Parameters that are about whoever calls the tool, to the words of a tool that has business with them."""
_PLAIN = frozenset({"model_name", "tool_name"})
"""Names that ask nothing of the kind once a word stands before or after them."""
_LEADING = frozenset(
    "full entire complete whole current your user users the raw all recent my prior agent client".split()
)
_TRAILING = frozenset("text json string dump data content contents list summary value full raw log".split())
_ABOUT_ARGUMENTS = (
    "\nargs:",
    "\narguments:",
    "\nparameters:",
    "\nparams:",
    "\ninput:",
    "\ninputs:",
    ":param ",
    "@param",
)
_ADDRESSING = frozenset(
    """you your must should before after ignore always never please instructions then otherwise forward send whole
    entire everything""".split()
)
_ORDERS = frozenset("read paste put copy forward send attach insert fill upload append dump fetch give tell".split())
_WHOLE = frozenset("here it everything all whole contents chat conversation history then and".split())
_SECRET_FILES = (
    "id_rsa id_ed25519 id_ecdsa id_dsa etc_passwd etc_shadow bash_history zsh_history mcp_json dot_env env_file "
    "aws_credentials ssh_key ssh_keys ssh_private_key private_key private_keys known_hosts kube_config kubeconfig "
    "environment_variables env_vars process_env browser_cookies saved_passwords all_passwords all_secrets "
    "cursor_mcp claude_desktop_config ssh_config authorized_keys"
).split()
_TAKING = frozenset(
    "content contents contentof reading read from dump cat text data body full entire complete all".split()
)


_Path: TypeAlias = "tuple[_Path, str | int] | None"
"""The way to a schema, last step first; None is the input schema itself."""


class _Spot(NamedTuple):
    """Something a schema says where it should not."""

    rule: str
    pointer: str
    text: str
    message: str


def check(inventory: Inventory, _config: Config) -> Iterator[Hit]:
    """The hits of all tools, in listing order; at most one a rule and pointer."""
    for server, tool in inventory.tools():
        schema = tool.body.get("inputSchema") if isinstance(tool.body, dict) else None
        for spot in _spots(schema):
            if spot.rule != OUT_OF_SCOPE or not _has_business(tool, spot.text):
                yield _hit(server, tool, spot)


def _spots(root: JsonValue) -> Iterator[_Spot]:
    stack: list[tuple[JsonValue, _Path, bool]] = [(root, None, False)]
    while stack:
        node, path, names = stack.pop()
        if isinstance(node, list):
            stack.extend((item, (path, at), False) for at, item in enumerate(node) if isinstance(item, dict))
        elif isinstance(node, dict) and names:
            yield from _of_names(node, path)
            stack.extend((value, (path, name), False) for name, value in node.items())
        elif isinstance(node, dict):
            for key, value in node.items():
                if key in _SPEAKING and _may_speak(value):
                    yield from _SPEAKING[key](key, value, path)
                if isinstance(value, (dict, list)) and key not in _NO_SCHEMAS:
                    stack.append((value, (path, key), key in _NAME_MAPS))


def _may_speak(value: JsonValue) -> bool:
    """Whether a value can be prose by its size: most are a number or one word."""
    return len(value) >= _SHORTEST_PROSE if isinstance(value, str) else isinstance(value, list)


def _pointer(path: _Path, *tokens: str | int) -> str:
    steps: list[str | int] = list(reversed(tokens))
    while path is not None:
        path, token = path
        steps.append(token)
    return pointer_to("inputSchema", *reversed(steps))


def _of_names(names: Iterable[str], path: _Path) -> Iterator[_Spot]:
    for name in names:
        trouble = _trouble(name) if len(name) <= _LONGEST_NAME else (SENTENCE, "is a text, not a name")
        if trouble is not None:
            message = f"the parameter name {quoted(name)} {trouble[1]}"
            yield _Spot(trouble[0], _pointer(path, name), name, message)


@lru_cache(maxsize=8192)
def _trouble(name: str) -> tuple[str, str] | None:
    """Which rule a parameter name breaks, and how a message says so."""
    words = words_of(name)
    joined = "_".join(words)
    if _asked(words) is not None:
        return OUT_OF_SCOPE, "asks about the model or its conversation, not about the tool's own input"
    if any(f"_{file}_" in f"_{joined}_" for file in _SECRET_FILES) and not _TAKING.isdisjoint(words):
        return SECRET, "asks for the content of a secret"
    ordered = len(words) >= _ORDERED_WORDS and words[0] in _ORDERS and not _WHOLE.isdisjoint(words)
    if (
        ordered
        or len(words) >= _SENTENCE_WORDS
        or (len(words) >= _ORDERED_WORDS and len(_ADDRESSING.intersection(words)) > 1)
    ):
        return SENTENCE, "is a sentence"
    return None


def _asked(words: tuple[str, ...]) -> str | None:
    """Which known question a name asks, with `full`, `current`, `text` and the like around it or without."""
    first, last = 0, len(words)
    while first < last:
        name = "_".join(words[first:last])
        if name in _TOPICS:
            return None if first + len(words) - last and name in _PLAIN else name
        if words[first] in _LEADING:
            first += 1
        elif words[last - 1] in _TRAILING:
            last -= 1
        else:
            break
    return None


def _of_keyword(key: str, value: JsonValue, path: _Path) -> Iterable[_Spot]:
    if isinstance(value, str):
        return () if value.count(" ") < _PROSE_WORDS - 1 else _prose(key, value, path)
    return _prose(key, value, path) if isinstance(value, list) else ()


def _prose(key: str, value: JsonValue, path: _Path) -> Iterator[_Spot]:
    items = value if isinstance(value, list) else [value]
    for at, item in enumerate(items):
        if isinstance(item, str) and _is_prose(item):
            pointer = _pointer(path, key, at) if isinstance(value, list) else _pointer(path, key)
            yield _Spot(PROSE, pointer, item, f"`{key}` of the input schema holds prose instead of a schema value")


def _of_value(key: str, value: JsonValue, path: _Path) -> Iterator[_Spot]:
    """A default that is a sentence, and the one choice of several that is."""
    if isinstance(value, str):
        name = str(path[1]) if path else ""
        if key != "example" and _is_sentence(value) and _TEXT_NAMES.isdisjoint(words_of(name)):
            yield _Spot(SPEAKING, _pointer(path, key), value, f"the `{key}` of a parameter is a sentence")
    elif isinstance(value, list) and key == "enum":
        spoken = [at for at, item in enumerate(value) if isinstance(item, str) and _is_sentence(item)]
        for at in spoken if 2 * len(spoken) <= len(value) else ():
            message = "one of the values a parameter may have is a sentence"
            yield _Spot(SPEAKING, _pointer(path, key, at), str(value[at]), message)


_SPEAKING: Mapping[str, Callable[[str, JsonValue, _Path], Iterable[_Spot]]] = {
    **dict.fromkeys(_KEYWORDS, _of_keyword),
    **dict.fromkeys(_NO_SCHEMAS, _of_value),
}
"""Keywords at which prose is looked for."""


def _is_sentence(text: str) -> bool:
    if text.count(" ") >= _SPOKEN_WORDS - 1:
        return len(text.split()) >= _SPOKEN_WORDS
    return not text.isascii() and sum(char >= _FIRST_WIDE for char in text) >= _WIDE_LETTERS


def _is_prose(text: str) -> bool:
    return text.count(" ") >= _PROSE_WORDS - 1 and len(prose_words(text)) >= _PROSE_WORDS


def _has_business(tool: Definition, name: str) -> bool:
    """Whether the tool is about what the parameter asks for, by its own name or the opening of its description."""
    body = tool.body if isinstance(tool.body, dict) else {}
    description = body.get("description")
    own = description.lower() if isinstance(description, str) else ""
    for heading in _ABOUT_ARGUMENTS:
        own = own.partition(heading)[0]
    own = "\n".join(line for line in own.splitlines() if name.lower() not in line)
    said = {*words_of(tool.name), *prose_words(own)}
    asked = _asked(words_of(name))
    return asked is None or not said.isdisjoint(_TOPICS[asked])


def _hit(server: Server, tool: Definition, spot: _Spot) -> Hit:
    text = spot.text[:200]
    return Hit(
        rule=spot.rule,
        message=spot.message,
        subject=server.subject_of(tool),
        pointer=spot.pointer,
        place=tool.place.child(spot.pointer) if tool.place else None,
        evidence=(Evidence(0, len(spot.text), text, text),),
        severity=Severity.LOW if words_of(spot.text) == ("model", "name") else None,
    )
