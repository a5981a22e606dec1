"""`oktsec.yaml`: comments in the fixtures say what is wrong with each line; nothing more and nothing less is found."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from oktsec_lint import rulebook
from oktsec_lint.core.config import DENY_ALL, Action, Gateway, ScanProfile, Transport
from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.findings import Hit, Severity
from oktsec_lint.core.model import Kind, Place
from oktsec_lint.sources.document import Span
from oktsec_lint.sources.oktsec_yaml import load_config
from oktsec_lint.sources.results import LoadedConfig
from tests.command import oktsec_lint
from tests.reporters.formats import WRITABLE

CONFIGS = Path(__file__).parents[1] / "fixtures" / "configs"
EXPECTED = re.compile(r"#= (.*)$")
RULES = {"IAP-001", "IAP-007", "IAP-008", "IAP-011"}
CATEGORIES = {"inter-agent", "credentials", "pii", "exfiltration", "command-execution"}


@pytest.fixture(scope="module")
def severities() -> dict[str, Severity]:
    return {rule.id: rule.severity for rule in rulebook.load_dir(rulebook.rules_dir() / "config")}


def load(text: str) -> LoadedConfig:
    return load_config("oktsec.yaml", text, known_rules=RULES, known_categories=CATEGORIES)


def hit_of(text: str, rule: str) -> Hit:
    (hit,) = (hit for hit in load(text).hits if hit.rule == rule)
    return hit


def shown(loaded: LoadedConfig, hit: Hit) -> str:
    """The very characters a finding points at."""
    place = hit.place
    assert place is not None
    where = loaded.document.locate(place.pointer, at_key=place.at_key)
    assert where.line == where.end_line
    return loaded.document.text.splitlines()[where.line - 1][where.column - 1 : where.end_column - 1]


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_line_is_reported_for_what_its_comment_says(path: Path, severities: dict[str, Severity]) -> None:
    text = path.read_text()
    expected = {
        number: sorted(match[1].split())
        for number, line in enumerate(text.splitlines(), 1)
        if (match := EXPECTED.search(line))
    }
    loaded = load(text)
    found: dict[int, list[str]] = defaultdict(list)
    for hit in loaded.hits:
        assert hit.place is not None
        line = loaded.document.locate(hit.place.pointer, at_key=hit.place.at_key).line
        severity = severities[hit.rule] if hit.severity is None else hit.severity
        found[line].append(f"{hit.rule}/{severity.label}")
    assert {line: sorted(rules) for line, rules in found.items()} == expected


def test_hits_are_about_the_configuration_and_name_the_dotted_key() -> None:
    hit = hit_of("rules:\n- {id: IAP-001, action: block}\n- {id: IAP-7, action: block}\n", "CFG-005")
    assert (hit.subject.server, hit.subject.kind, hit.subject.name) == ("", Kind.CONFIG, "rules[1].id")
    assert hit.place == Place("oktsec.yaml", "/rules/1/id")


UPSTREAM_TEXTS = {
    "server: {port: 70000}": "invalid port: 70000",
    "gateway: {port: -1}": "invalid gateway port: -1",
    "default_policy: maybe": 'invalid default_policy "maybe" (must be allow or deny)',
    "agents: {a: {can_message: [a]}}": 'agent "a" lists itself in can_message',
    "agents: {a: {scan_profile: lax}}": (
        'agent "a" has invalid scan_profile "lax" (valid: strict, content-aware, minimal)'
    ),
    "rules: [{id: R, action: block}, {id: R, action: block}]": 'duplicate rule override for "R"',
    "rules: [{id: R, action: stop}]": (
        'rule "R" has invalid action "stop" (valid: block, quarantine, allow-and-flag, ignore)'
    ),
    "rules: [{id: R}]": 'rule "R" has invalid action "" (valid: block, quarantine, allow-and-flag, ignore)',
    "rules: [{id: R, action: block, apply_to_tools: [a], exempt_tools: [b]}]": (
        'rule "R" cannot have both apply_to_tools and exempt_tools'
    ),
    "mcp_servers: {s: {transport: stdio}}": 'mcp_server "s": stdio transport requires command',
    "mcp_servers: {s: {transport: http}}": 'mcp_server "s": http transport requires url',
    "mcp_servers: {s: {transport: ftp, url: https://a.example}}": (
        'mcp_server "s": invalid transport "ftp" (must be stdio or http)'
    ),
    "identity: {require_signature: true}": "keys_dir is required when require_signature is true",
    "forward_proxy: {enabled: true}": (
        "forward_proxy is enabled without allowed_domains, blocked_domains, or scanning; configure at least one"
    ),
    "forward_proxy: {max_body_size: -5}": "forward_proxy.max_body_size must be non-negative",
}


@pytest.mark.parametrize(("text", "message"), UPSTREAM_TEXTS.items())
def test_upstreams_validation_texts_are_kept(text: str, message: str) -> None:
    assert message in [hit.message for hit in load(text).hits]


ADVICE = [
    ("agents: {a: {allowedTools: []}}", "CFG-001", "allowed_tools"),
    ("mcpservers: {}", "CFG-001", "mcp_servers"),
    ("allowed_tools: [read_file]", "CFG-001", "agents.<name>"),
    ("gateway: {enabled: true, prot: 9090}", "CFG-001", "port"),
    ("llm: {budget: {daily_limit: 20}}", "CFG-001", "daily_limit_usd"),
    ("agents: {a: {allowed_tools: read_file}}", "CFG-003", "- entry"),
    ("agents: {a: {suspended: 'true'}}", "CFG-003", "quotes"),
    ("agents: {a: {can_message: [{target: b}]}}", "CFG-003", "acl_entries"),
    ("rules: [{id: IAP-001, action: quarentine}]", "CFG-004", "quarantine"),
    ("rules: [{id: IAP-7, action: block}]", "CFG-005", "IAP-007"),
    ("rules: [{id: iap_11, action: block}]", "CFG-005", "IAP-011"),
    ("agents: {a: {blocked_content: [credentail]}}", "CFG-006", "credentials"),
    ("mcp_servers: {s: {transport: sse, url: https://a.example}}", "CFG-008", "tried automatically"),
    ("mcp_servers: {s: {command: server}}", "CFG-008", "transport: stdio"),
    ("mcp_servers: {s: {transport: stdio, url: https://a.example}}", "CFG-009", "transport: http"),
    ("mcp_servers: {s: {transport: stdio, command: npx -y x}}", "CFG-022", "command: npx"),
    ("mcp_servers: {my-forge: {transport: http, url: 'https://a', headers: {Authorization: Bearer abc}}}", "CFG-017",
     "Bearer ${MY_FORGE_TOKEN}"),
    ("db_dsn: postgres://a:bcdefg@h/d", "CFG-017", "`${DB_PASSWORD}`"),
    ("rate_limit: {redis_url: 'redis://a:bcdefg@h'}", "CFG-017", "`${REDIS_PASSWORD}`"),
    ("webhooks: [{url: 'https://h.example/x?token=b1946ac9'}]", "CFG-017", "`${WEBHOOK_URL}`"),
    ("webhooks: [{name: ops, url: 'https://h', headers: {Authorization: Bearer abc}}]", "CFG-017",
     "Bearer ${OPS_TOKEN}"),
    ("rules: [{id: IAP-001, action: block, notify: ['https://h.example/x?token=b1946ac9']}]", "CFG-017",
     "`${WEBHOOK_URL}`"),
    ("webhooks: [{name: team, url: 'https://h'}]\nrules: [{id: IAP-001, action: block, notify: [taem]}]", "CFG-020",
     "`team`"),
    ("category_webhooks: [{category: pii, notify: [team]}]", "CFG-020", "Add it to `webhooks`"),
    ("category_webhooks: [{category: pii, notify: ['http://h.example/x']}]", "CFG-019", ""),
    ("alerting: {cooldown: 300}", "CFG-004", ""),
    ("server: {api_key: b1946ac9}", "CFG-017", "OKTSEC_API_KEY"),
    ("llm: {fallback: {api_key: b1946ac9}}", "CFG-017", "llm.fallback.api_key_env"),
    ("mcp_servers: {s: {transport: stdio, command: x, args: [--header, 'Authorization: Basic dTpwYXNz']}}", "CFG-017",
     "Basic ${S_TOKEN}"),
    ("mcp_servers: {s: {transport: stdio, command: x, type: stdio}}", "CFG-001", "`transport`"),
    ("mcp_servers: {s: {transport: stdio, command: x, cwd: /x}}", "CFG-001", "`working_dir`"),
    ("mcp_servers: {s: {transport: stdio, command: x, environment: {}}}", "CFG-001", "`env`"),
    ("mcp_servers: {s: {transport: stdio, command: x, evn: {}}}", "CFG-001", "`env`"),
    ("mcp_servers: {s: {transport: stdio, command: x, arguments: []}}", "CFG-001", "`args`"),
    ("agents: {a: {tools: [x]}}", "CFG-001", "`allowed_tools`"),
    ("rules: [{id: IAP-001, action: ignore, exclude_tools: [x]}]", "CFG-001", "`exempt_tools`"),
    ("agents: {a: {blocked_content: [promt-injection]}}", "CFG-006", "`prompt-injection`"),
    ("agents: {a: {blocked_content: [toxic-flow]}}", "CFG-006", "Keep it"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rule", "advice"), ADVICE)
def test_a_finding_says_what_to_type_next(text: str, rule: str, advice: str) -> None:
    assert advice in hit_of(text, rule).help


@pytest.mark.parametrize("key", ["disabled", "timeout", "port", "id", "enabled"])
def test_a_key_of_an_unrelated_section_is_no_advice(key: str) -> None:
    assert hit_of(f"mcp_servers: {{s: {{transport: stdio, command: x, {key}: 1}}}}", "CFG-001").help == ""


@pytest.mark.parametrize("word", ["unicode-attack", "toxic-flow", "prompt-injection"])
def test_a_category_of_upstreams_is_not_called_a_mistake(word: str) -> None:
    hit = hit_of(f"agents: {{a: {{blocked_content: [{word}]}}}}", "CFG-006")
    assert hit.severity is Severity.LOW
    assert "a category of upstream's" in hit.message


POINTED = [
    ("agents:\n  a: {alowed_tools: []}", "CFG-001", "alowed_tools"),
    ("agents:\n  a: {suspended: x}\n  a: {suspended: y}", "CFG-002", "a"),
    ("agents:\n  a: {allowed_tools: read_file}", "CFG-003", "read_file"),
    ("rules:\n- {id: IAP-001, action: 'blok'}", "CFG-004", "'blok'"),
    ("mcp_servers:\n  s: {transport: stdio}", "CFG-009", "s"),
    ("agents:\n  a: {can_message: [b]}", "CFG-010", "can_message"),
    ("agents:\n  ä/b: {}", "CFG-011", "ä/b"),
    ("mcp_servers:\n  s: {transport: stdio, command: x, args: [é, no]}", "CFG-018", "no"),
    ("default_policy: 'é'", "CFG-004", "'é'"),
]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize(("text", "rule", "characters"), POINTED)
def test_a_finding_points_at_the_very_characters(text: str, rule: str, characters: str, end: str) -> None:
    loaded = load("# \u00fc\n".replace("\n", end) + text.replace("\n", end))
    hit = next(hit for hit in loaded.hits if hit.rule == rule)
    assert shown(loaded, hit) == characters


def test_a_duplicate_key_names_every_line() -> None:
    hit = hit_of("agents:\n  a:\n    allowed_tools: [x]\n    tags: []\n    allowed_tools: []\n", "CFG-002")
    assert "lines 3, 5" in hit.message
    assert hit.subject.name == "agents.a.allowed_tools"


def test_a_duplicate_key_may_be_a_number_of_any_length() -> None:
    number = "9" * 5_000
    hit = hit_of(f"rules:\n- ? '{number}'\n  : 1\n  ? '{number}'\n  : 2\n", "CFG-002")
    assert hit.subject.name == f"rules[0].{number}"


def test_without_a_rulebook_nobody_says_what_is_unknown() -> None:
    text = "rules: [{id: NOPE-1, action: block}]\nagents: {a: {blocked_content: [nonsense]}}"
    assert load_config("f", text).hits == ()


NOT_CONFIGS = ["", "# only a comment\n", "just text", "- a\n- b\n", "~", "---\n", "42", "[1, 2]", "a: 1\n---\nb: 2\n"]


@pytest.mark.parametrize("text", NOT_CONFIGS)
def test_what_is_no_mapping_is_an_error(text: str) -> None:
    with pytest.raises(SourceError):
        load(text)


SECTIONS = """version server identity deployment trust_boundaries agents rules webhooks category_webhooks gateway
    mcp_servers quarantine rate_limit anomaly forward_proxy alerting hooks llm telemetry guard audit""".split()


@pytest.mark.parametrize(
    "value", ["7", "text", "[1, [2]]", "{a: {b: [c]}}", "[{a: b}]", "{a: [{}]}", "true", "~", ".nan"]
)
@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_of_any_shape_is_survived(section: str, value: str) -> None:
    loaded = load(f"{section}: {value}\ndefault_policy: deny\n")
    assert loaded.config.default_policy == "deny"


class TestConfig:
    """What the checks, the policy and the collector get to see."""

    def test_servers_in_file_order_with_every_value_as_text(self) -> None:
        text = """
        mcp_servers:
          b: {transport: stdio, command: run, args: [-p, 8080, yes], env: {N: 1, E: , B: true}, working_dir: /srv}
          a: {transport: http, url: https://a.example/mcp, headers: {X-N: 1_000}}
        """
        b, a = load(text).config.servers
        assert (b.name, b.transport, b.command, b.args) == ("b", Transport.STDIO, "run", ("-p", "8080", "yes"))
        assert b.env == {"N": "1", "E": "", "B": "true"}
        assert b.working_dir == "/srv"
        assert (a.name, a.transport, a.url, a.headers) == (
            "a", Transport.HTTP, "https://a.example/mcp", {"X-N": "1_000"},
        )  # fmt: skip
        assert a.place == Place("oktsec.yaml", "/mcp_servers/a", at_key=True)

    @pytest.mark.parametrize(
        ("entry", "transport"),
        [
            ("{url: https://a.example}", Transport.HTTP),
            ("{transport: sse, url: https://a.example}", Transport.HTTP),
            ("{transport: Streamable-HTTP, url: https://a.example}", Transport.HTTP),
            ("{transport: nonsense, url: https://a.example}", Transport.HTTP),
            ("{transport: nonsense, command: x}", Transport.STDIO),
            ("{}", Transport.STDIO),
        ],
    )
    def test_a_transport_is_read_as_what_was_meant(self, entry: str, transport: Transport) -> None:
        (server,) = load(f"mcp_servers: {{s: {entry}}}").config.servers
        assert server.transport is transport

    def test_allowlists_say_whether_they_are_written(self) -> None:
        text = "agents: {none: {}, empty: {allowed_tools: []}, null: {allowed_tools: }, one: {allowed_tools: [x]}}"
        agents = {agent.name: agent for agent in load(text).config.agents}
        assert agents["none"].allowlist_place is None
        assert agents["empty"].allowlist_place == Place("oktsec.yaml", "/agents/empty/allowed_tools", at_key=True)
        assert agents["null"].allowlist_place is not None
        assert [agents[name].unrestricted for name in ("none", "empty", "null", "one")] == [True, True, True, False]
        assert agents["one"].allowed_tools[0].place.pointer == "/agents/one/allowed_tools/0"

    @pytest.mark.parametrize(
        "entry",
        ["{allowed_tools: x}", "{allowed_tools: {x: y}}", "{allowed_tools: [~]}", "{allowed_tools: [[x]]}", "[x]", "x"],
    )
    def test_an_allowlist_that_cannot_be_read_allows_nothing(self, entry: str) -> None:
        (agent,) = load(f"agents: {{a: {entry}}}").config.agents
        assert agent.denies_all
        assert agent.allowed_tools[0].name == DENY_ALL

    def test_what_is_left_of_an_allowlist_keeps_its_places(self) -> None:
        (agent,) = load("agents: {a: {allowed_tools: [{}, x, ~, y]}}").config.agents
        assert [(entry.name, entry.place.pointer[-2:]) for entry in agent.allowed_tools] == [("x", "/1"), ("y", "/3")]

    def test_who_is_told_is_read_with_what_it_refers_to(self) -> None:
        config = load(
            "webhooks: [{name: team, url: ' ${TEAM_URL} ', events: [blocked, flagged], headers: {X-N: 1}}, {}]\n"
            "rules: [{id: IAP-001, action: block, notify: [team, 'https://h'], template: '{{RULE}}'}]\n"
            "category_webhooks: [{category: credentials, notify: [team]}]\n"
        ).config
        (hook,) = config.webhooks
        assert hook[:1] + hook[2:] == ("${TEAM_URL}", "team", ("blocked", "flagged"), {"X-N": "1"})
        assert (config.rules[0].notify, config.rules[0].template) == (("team", "https://h"), "{{RULE}}")
        assert config.category_webhooks[0].categories == ("credentials", "credential-leak")

    @pytest.mark.parametrize(
        ("written", "seconds"),
        [
            ("90s", 90),
            ("1h2m3.5s", 3723.5),
            ("250ms", 0.25),
            ("0", 0),
            ("-5m", 0),
            ("", 300),
            ("soon", 300),
            ("5", 300),
        ],
    )
    def test_a_cooldown_is_a_duration_as_go_writes_it(self, written: str, seconds: float) -> None:
        assert load(f"alerting: {{cooldown: '{written}'}}").config.alert_cooldown == seconds

    def test_what_cannot_be_read_counts_as_the_stricter_choice(self) -> None:
        config = load(
            "default_policy: alow\nagents: {a: {suspended: 'true', scan_profile: lax}}\n"
            "gateway: {require_auth: sure, scan_responses: 'yes!'}"
        ).config
        assert config.default_policy == "deny"
        assert (config.agents[0].suspended, config.agents[0].scan_profile) == (True, ScanProfile.STRICT)
        assert (config.gateway.require_auth, config.gateway.scan_responses) == ("true", True)

    def test_documented_words_become_categories(self) -> None:
        text = "agents: {a: {blocked_content: [credentials, pii, system-prompts, credential-leak, exfiltration]}}"
        (agent,) = load(text).config.agents
        assert agent.blocked_content == ("credentials", "credential-leak", "pii", "system-prompt", "exfiltration")

    def test_every_place_that_names_a_tool(self) -> None:
        text = """
        agents:
          a:
            tool_policies: {t1: {max_amount: 1}}
            tool_constraints: [{tool: t2}, {}]
            tool_chain_rules: [{if: t3, then: [t4, t5]}]
            egress: {tool_restrictions: {t6: []}}
        rules:
          - {id: IAP-001, action: block, apply_to_tools: [t7]}
          - {id: IAP-007, action: ignore, severity: low, exempt_tools: [t8]}
        """
        config = load(text).config
        named = {(item.name, item.where, item.place.pointer) for item in config.agents[0].tool_references}
        assert named == {
            ("t1", "tool_policies", "/agents/a/tool_policies/t1"),
            ("t2", "tool_constraints[].tool", "/agents/a/tool_constraints/0/tool"),
            ("t3", "tool_chain_rules[].if", "/agents/a/tool_chain_rules/0/if"),
            ("t4", "tool_chain_rules[].then", "/agents/a/tool_chain_rules/0/then/0"),
            ("t5", "tool_chain_rules[].then", "/agents/a/tool_chain_rules/0/then/1"),
            ("t6", "egress.tool_restrictions", "/agents/a/egress/tool_restrictions/t6"),
        }
        first, second = config.rules
        assert (first.apply_to_tools[0].name, first.apply_to_tools[0].where) == ("t7", "rules[].apply_to_tools")
        assert (second.exempt_tools[0].name, second.action, second.severity) == ("t8", Action.IGNORE, Severity.LOW)

    def test_an_override_that_cannot_be_read_is_left_out(self) -> None:
        assert load("rules: [{id: IAP-001, action: blok}, {id: IAP-007}, {action: block}, 7]").config.rules == ()

    @pytest.mark.parametrize("action", ["ignore", "allow-and-flag", "quarantine", "block"])
    @pytest.mark.parametrize(
        "scope",
        [
            "apply_to_tools: evil",
            "apply_to_tools: [~]",
            "apply_to_tools: ['']",
            "apply_to_tools: [a, ~]",
            "apply_to_tools: {a: b}",
            "apply_to_tools: [[a]]",
            "exempt_tools: evil",
            "exempt_tools: [{}]",
            "apply_to_tool: [a]",
            "tools: [a]",
            "exemptTools: [a]",
            "a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, i: 1",
        ],
    )
    def test_an_override_with_a_scope_that_cannot_be_read_weakens_nothing(self, scope: str, action: str) -> None:
        loaded = load(f"rules: [{{id: IAP-007, action: {action}, severity: low, {scope}}}]")
        kept = [(item.action, item.severity, item.apply_to_tools) for item in loaded.config.rules]
        assert kept == ([(Action.BLOCK, None, ())] if action == "block" else [])
        assert {hit.rule for hit in loaded.hits} <= {"CFG-001", "CFG-003"}
        if "tool" in scope.lower():
            assert "any other action for none" in loaded.hits[0].message

    @pytest.mark.parametrize("scope", ["apply_to_tools: []", "exempt_tools: ", "reason: agreed", "x-by: me"])
    def test_an_override_without_a_scope_is_for_every_tool(self, scope: str) -> None:
        (override,) = load(f"rules: [{{id: IAP-007, action: ignore, {scope}}}]").config.rules
        assert (override.action, override.apply_to_tools) == (Action.IGNORE, ())

    def test_gateway_defaults_are_upstreams(self) -> None:
        assert load("gateway: {port: 0, bind: , endpoint_path: ''}").config.gateway == Gateway(
            place=Place("oktsec.yaml", "/gateway", at_key=True)
        )
        assert load("version: 1").config.gateway == Gateway()

    @pytest.mark.parametrize(("word", "auth"), [("yes", "true"), ("0", "false"), ("auto", "auto"), ("true", "true")])
    def test_require_auth_takes_any_scalar(self, word: str, auth: str) -> None:
        assert load(f"gateway: {{require_auth: {word}}}").config.gateway.require_auth == auth

    def test_settings_are_typed_by_the_grammar(self) -> None:
        text = "agents: {a: {suspended: on, tags: [1, no], tool_policies: {p: {rate_limit: 1_000}}}}\nversion: 1.10"
        settings = load(text).config.settings
        assert settings["version"] == "1.10"
        assert settings["agents"] == {
            "a": {"suspended": True, "tags": ["1", "no"], "tool_policies": {"p": {"rate_limit": 1000}}}
        }

    def test_an_end_date_that_cannot_be_read_is_not_forgotten(self) -> None:
        loaded = load("identity: {principals: [{id: a, tokens: [{type: gateway_bearer, hash: x, expires_at: soon}]}]}")
        assert [hit.rule for hit in loaded.hits] == ["CFG-004", "CFG-004"]
        assert "soon" in str(loaded.config.settings)

    @pytest.mark.parametrize("entry", ["{id: IAP-001, action: }", "{id: , action: block}", "{id: '', action: block}"])
    def test_an_override_that_is_half_empty_is_reported(self, entry: str) -> None:
        loaded = load(f"rules: [{entry}]")
        assert ([hit.rule for hit in loaded.hits], loaded.config.rules) == (["CFG-020"], ())

    def test_rules_dir_is_kept_as_written(self) -> None:
        config = load("custom_rules_dir: ../rules").config
        assert (config.custom_rules_dir, config.custom_rules_place) == (
            "../rules", Place("oktsec.yaml", "/custom_rules_dir"),
        )  # fmt: skip
        assert load("custom_rules_dir: ").config.custom_rules_place is None


SECRETS = {
    "mcp_servers: {s: {transport: stdio, command: x, env: {A: ghp_%s}}}": "0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R",
    "mcp_servers: {s: {transport: stdio, command: x, env: {A: 'github_pat_%s'}}}": "11AAAAAAA0aBcDeFgHiJk",
    "mcp_servers: {s: {transport: stdio, command: x, args: [--token=%s]}}": "b1946ac92492d234",
    "mcp_servers: {s: {transport: stdio, command: x, args: [-v, --password, %s]}}": "b1946ac92492d234",
    "mcp_servers: {s: {transport: stdio, command: x, args: [--header, 'Authorization: Basic %s']}}": "dTpwYXNzd29yZA",
    "mcp_servers: {s: {transport: stdio, command: x, args: ['--header=X-API-Key: %s']}}": "b1946ac92492d234",
    "mcp_servers: {s: {transport: stdio, command: x, args: [-H, 'X-API-Key: %s']}}": "b1946ac92492d234",
    "mcp_servers: {s: {transport: stdio, command: x, args: [-e, OPENAI_API_KEY=%s]}}": "b1946ac92492d234",
    "mcp_servers: {s: {transport: stdio, command: x, args: [API_KEY=%s]}}": "b1946ac92492d234",
    "mcp_servers: {s: {transport: stdio, command: x, args: ['https://a.example/mcp?token=%s']}}": "b1946ac92492d234",
    "mcp_servers: {s: {transport: http, url: 'https://a.example/mcp?a=1&api_key=%s'}}": "b1946ac92492d234",
    "webhooks: [{url: 'https://a.example/x?sig=%s'}]": "b1946ac92492d234",
    "webhooks: [{url: 'https://a.example', headers: {X-Api-Key: %s}}]": "b1946ac92492d234",
    "category_webhooks: [{category: pii, notify: ['https://hooks.slack.com/services/T0/%s']}]": "B0/b1946ac92492",
    "mcp_servers: {s: {transport: http, url: 'https://u:%s@a.example/mcp'}}": "b1946ac92492",
    "mcp_servers: {s: {transport: http, url: https://a.example, headers: {X-Api-Key: %s}}}": "b1946ac92492",
    "mcp_servers: {s: {transport: http, url: https://a.example, headers: {Cookie: 'sid=%s'}}}": "b1946ac92492",
    "mcp_servers: {s: {transport: http, url: https://a.example, headers: {A: 'Bearer %s'}}}": "b1946ac92492",
    "server: {api_key: %s}": "b1946ac92492",
    "llm: {api_key: %s}": "b1946ac92492",
    "db_dsn: postgres://u:%s@a.example/db": "b1946ac92492",
    "rate_limit: {redis_url: 'redis://:%s@a.example'}": "b1946ac92492",
    "webhooks: [{url: 'https://hooks.slack.com/services/T0/%s'}]": "B0/b1946ac92492",
    "mcp_servers: {s: {transport: stdio, command: x, env: {A: okt_gw_%s}}}": "0123456789abcdef",
    "mcp_servers: {s: {transport: stdio, command: x, env: {A: xoxb-%s}}}": "1234-5678-abcdef",
    "mcp_servers: {s: {transport: stdio, command: x, env: {A: sk-ant-api03-%s}}}": "0123456789abcdefXYZ",
    "mcp_servers: {s: {transport: stdio, command: x, env: {A: AKIA%s}}}": "IOSFODNN7ABCDEFG",
}


@pytest.mark.parametrize(("template", "secret"), SECRETS.items())
def test_a_secret_is_found_and_never_shown(template: str, secret: str) -> None:
    loaded = load(template % secret + "\nunknwon: 1\ngateway: {}\n")
    assert any(hit.rule == "CFG-017" for hit in loaded.hits)
    for hit in loaded.hits:
        assert hit.place is not None
        where = loaded.document.locate(hit.place.pointer, at_key=hit.place.at_key)
        assert secret not in f"{hit.message} {hit.help} {where.snippet} {hit.evidence} {hit.subject}"


@pytest.mark.parametrize(("value", "severity"), [("b1946ac92492d234", None), ("your-key-here", Severity.LOW)])
def test_a_placeholder_is_judged_without_what_is_around_it(value: str, severity: Severity | None) -> None:
    url = f"mcp_servers: {{s: {{transport: http, url: 'https://a.example/mcp?api_key={value}'}}}}"
    argument = f"mcp_servers: {{s: {{transport: stdio, command: x, args: [--header, 'X-Example-Token: {value}']}}}}"
    assert [hit_of(text, "CFG-017").severity for text in (url, argument)] == [severity, severity]


def test_masking_keeps_columns_and_covers_what_is_only_known_by_its_form() -> None:
    loaded = load("# was ghp_0a1B2c3D4e5F6g7H8i9J; see wiki\nagents: {x y: {}}  # ghp_0a1B2c3D4e5F6g7H8i9J\n")
    (hit,) = loaded.hits
    assert hit.place is not None
    where = loaded.document.locate(hit.place.pointer, at_key=True)
    assert where.snippet == "agents: {x y: {}}  # " + "*" * len("ghp_0a1B2c3D4e5F6g7H8i9J")
    assert where.snippet[where.column - 1 : where.end_column - 1] == "x y"


NO_SECRETS = [
    "env: {TOKEN: '${TOKEN}', A: $TOKEN, B: '', TOKENIZER: fast-tokenizer, MAX_TOKENS: 4096, TOKEN_LIMIT: lots}",
    "env: {API_KEY_FILE: /run/secrets/x, SECRET: /run/secrets/x, PASSWORD: ./pw, KEY: main, TOKEN: false}",
    "args: [--token, '${TOKEN}', '--password=${PW}', --token-file, x, --secret, -v, sk-learn, task-sk-8]",
    "args: [-e, API_KEY, --header, 'Authorization: Bearer ${T}', 'API_KEY=${K}', MODE=fast, -H, 'Accept: x']",
    "args: ['https://a.example/x?page=2&token=${T}&max_tokens=5', 'https://a.example/x?token=']",
    "args: ['https://user@a.example/x:y@z', npx, '@scope/pkg@1.2.3', 'git+ssh://git@a.example:22/x']",
]


@pytest.mark.parametrize("keys", NO_SECRETS)
def test_references_and_telling_lookalikes_are_no_secrets(keys: str) -> None:
    loaded = load(f"mcp_servers: {{s: {{transport: stdio, command: x, {keys}}}}}")
    assert [hit for hit in loaded.hits if hit.rule == "CFG-017"] == []


ANYWHERE = [
    "mcp_servers: {h: {transport: stdio, command: x, evn: {API_TOKEN: %s}}}",
    "mcp_servers: {h: {transport: stdio, command: x, envs: {ANYTHING: %s}}}",
    "mcp_servers: {h: {transport: stdio, command: x, environment: {A: [{B: %s}]}}}",
    "mcp_servers: {h: {transport: stdio, command: x, heders: {X-Team: %s}}}",
    "mcp_servers: {h: {transport: stdio, command: x, env: 'PW=%s'}}",
    "mcp_servers: {h: {transport: stdio, command: x, env: ['PW=%s']}}",
    "mcp_servers: {h: {transport: stdio, command: x, env: {BAD: [%s]}}}",
    "mcp_servers: {h: {transport: stdio, command: x, env: {'PW=%s': }}}",
    "mcp_servers: {h: {transport: stdio, command: x, env: {MAX_TOKENS: %s}}}",
    "mcp_servers: {h: {transport: stdio, command: x, env: {A: '${B:-%s}'}}}",
    "mcp_servers: {h: {transport: stdio, command: x, env: {A: '%s${B}'}}}",
    "mcp_servers: {h: {transport: stdio, command: x, env: {A: first, A: %s}}}",
    "mcp_servers: {h: {transport: stdio, command: x, env: {A: %s, A: second}}}",
    "mcp_servers: {h: {transport: stdio, command: x, token: %s}}",
    "mcp_servers: {h: {transport: stdio, command: 'npx -y foo --api-key %s'}}",
    "mcp_servers: {h: {transport: stdio, command: 'API_KEY=%s npx foo'}}",
    "mcp_servers: {h: {transport: stdio, command: [npx, --api-key, %s]}}",
    "mcp_servers: {h: npx foo --api-key %s}",
    "mcp_servers: [{name: h, command: x, args: [--token, %s], env: {A: b}}]",
    "mcp_server: {h: {command: x, args: [--client-secret, %s], env: {A: b}}}\nagents: {}",
    "mcp_server: {h: {command: npx foo %s}}\nagents: {}",
    "mcp_servers: {h: {transport: stdio, command: x, bad: 1, args: '--header X-Y:%s'}}",
    "mcp_servers: {h: {transport: stdio, command: x, bad: 1, args: [--header, 'Authorization: Basic %s']}}",
    "mcp_servers: {h: {transport: stdio, command: x, bad: 1, args: ['--header=X-Team: %s']}}",
    "mcp_servers: {h: {transport: stdio, command: x, bad: 1, args: [-e, 'ANY=%s']}}",
    "mcp_servers: {h: {transport: stdio, command: x, bad: 1, args: [-e, -y, --env=ANY=%s]}}",
    'mcp_servers: {h: {transport: stdio, command: x, bad: 1, args: [\'{"apiKey": "%s"}\']}}',
    "mcp_servers: {h: {transport: stdio, command: x, bad: 1, args: [sh, -c, 'PASSWORD=%s run']}}",
    "mcp_servers: {h: {transport: http, url: 'http://a.example/mcp?api_key=%s'}}",
    "mcp_servers: {h: {transport: http, url: 'http://a.example/mcp?team=%s#x'}}",
    "mcp_servers: {h: {transport: http, url: 'http://%s@a.example/mcp'}}",
    'mcp_servers: {h: {transport: http, url: "http://a.example/mcp\\x3fapi_key=%s"}}',
    "webhooks: [{name: n, url: 'http://a.example/services/%s'}]",
    "rules: [{id: nope, action: block, notify: ['https://a.example/hook/%s']}]",
    "password: %s",
    "dashboard: {access_code: %s}",
    "agents: {x: {api_key: %s}}",
    "agents: {x: {description: 'db_password = %s', tags: 7}}",
    "identity: {principals: [{id: a, tokens: [{type: gateway_bearer, hash: %s}]}]}",
    "identity: {principals: [{id: a, tokens: [%s]}]}",
    "identity: {principals: [{id: a, tokens: %s}]}",
    "rate_limit: {redis_url: %s, window: x}",
    "x-common: {one: &one %s}\nmcp_servers: {h: {transport: stdio, command: x, env: {A: *one}}}",
]
SECRET = "correcthorse7battery"


@pytest.mark.parametrize("template", ANYWHERE)
def test_no_line_shows_a_secret_wherever_it_stands(template: str) -> None:
    loaded = load(template.replace("%s", SECRET))
    document = loaded.document
    starts = [document.lines.bounds(number)[0] for number in range(1, len(document.lines) + 1)]
    shown = [document.location(Span(start, start)).snippet for start in starts]
    shown += [f"{hit.message} {hit.help} {hit.evidence}" for hit in loaded.hits]
    assert SECRET not in " ".join(shown)
    assert "*" in " ".join(shown)


READABLE = [
    "agents: {coding: {allowed_tools: [get_token, 'srv:reset_password'], blocked_content: [credentials]}}",
    "agents: {auth: {suspended: true, tool_policies: {get_api_key: {rate_limit: 7}}, description: Writes code}}",
    "agents: {a: {egress: {tool_restrictions: {get_token: [a.example]}}}}",
    "mcp_servers: {token-store: {transport: stdio, command: npx, args: [-y, '@scope/store@1.2.3', --port, '8080']}}",
    "mcp_servers: {s: {transport: http, url: 'https://a.example:84/mcp/v1', headers: {Authorization: 'Bearer ${T}'}}}",
    "mcp_servers: {s: {transport: stdio, command: x, env: {A: '${A}', B: true}, args: ['--token=${T}', -k, '${K}']}}",
    "mcp_servers: {s: {transport: stdio, command: docker, args: [run, --rm, -i, -e, API_TOKEN, 'image:latest']}}",
    "mcp_servers: {s: {transport: stdio, command: x, args: [--token-file, /run/secrets/x], working_dir: /srv}}",
    "llm: {max_tokens: 4096, api_key_env: LLM_API_KEY, base_url: https://llm.example/v1}",
    "identity: {keys_dir: ./keys, principals: [{id: a, tokens: [{id: one, type: gateway_bearer}]}]}",
    "gateway: {require_auth: auto, auth_methods: [bearer_token], port: 9090}",
    "webhooks: [{name: team, url: 'https://chat.example'}]\nrules: [{id: R, action: block, notify: [team]}]",
]


@pytest.mark.parametrize("text", READABLE)
def test_ordinary_values_stay_readable(text: str) -> None:
    assert load(text).document.concealed == ()


@pytest.mark.parametrize("form", WRITABLE)
def test_no_report_shows_a_secret(form: str, tmp_path: Path) -> None:
    for number, template in enumerate(ANYWHERE):
        (tmp_path / f"{number}.yaml").write_text(template.replace("%s", SECRET) + "\nunknwon: 1\ngateway: {}\n")
    names = [f"{number}.yaml" for number in range(len(ANYWHERE))]
    ran = oktsec_lint("scan", "--offline", "--verbose", "--format", form, *names, cwd=tmp_path)
    assert "CFG-001" in ran.out or form == "cyclonedx"
    assert ran.out
    assert SECRET not in ran.out + ran.err
