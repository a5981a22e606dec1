"""Who may come in: rebinding, foreign pages, spoofed names, tokens that hold and tokens that do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.identity.tokens import hash_of
from oktsec_lint.protocol.gateway import Arrival, Caller, Entrance, Names, Proof, Refusal, admit, entrance_of
from oktsec_lint.sources import load_config

KEY = bytes(32)
NOW = 1_795_000_000.0
CLERK, GONE, LATE, GHOST = ("okt_gw_" + digit * 64 for digit in "1234")
OURS = "127.0.0.1:9090"
CONFIG = f"""\
agents:
  clerk: {{allowed_tools: [read_file]}}
  boss: {{allowed_tools: [write_file]}}
identity:
  principals:
    - id: clerk
      tokens:
        - {{id: t1, type: gateway_bearer, hash: "{hash_of(CLERK, b"s")}"}}
        - {{id: t2, type: gateway_bearer, hash: "{hash_of(GONE, b"s")}", revoked_at: "2026-01-01T00:00:00Z"}}
        - {{id: t3, type: gateway_bearer, hash: "{hash_of(LATE, b"s")}", expires_at: "2026-01-01T00:00:00Z"}}
    - id: ghost
      tokens:
        - {{id: t4, type: gateway_bearer, hash: "{hash_of(GHOST, b"s")}"}}
"""
LOCAL = Names("127.0.0.1", 9090)


def entrance(more: str = "", names: Names = LOCAL) -> Entrance:
    return entrance_of(load_config("oktsec.yaml", CONFIG + more).config, names, KEY)


DEFAULT = entrance()
ENTERPRISE = entrance("deployment: {profile: enterprise}\n")
TOKENS_ONLY = entrance("gateway: {auth_methods: [bearer_token]}\n")
HEADER_ONLY = entrance("gateway: {auth_methods: [trusted_loopback_header]}\n")
DEMANDING = entrance("gateway: {require_auth: 'true'}\n")


def arrival(*headers: tuple[str, str], peer: str = "127.0.0.1", target: str = "/mcp", method: str = "POST") -> Arrival:
    """With our own Host, unless a header says another."""
    named = any(name.lower() == "host" for name, _ in headers)
    return Arrival(method, target, headers if named else (("Host", OURS), *headers), peer)


def bearer(raw: str) -> tuple[str, str]:
    return "Authorization", f"Bearer {raw}"


def agent(name: str) -> tuple[str, str]:
    return "X-Oktsec-Agent", name


def refused(asked: Arrival, by: Entrance = DEFAULT) -> Refusal:
    answer = admit(asked, by, NOW)
    assert isinstance(answer, Refusal), answer
    assert answer.body.endswith("\n")
    assert answer.body.count("\n") == 1
    return answer


HOSTS = [
    (Names("127.0.0.1", 9090), "127.0.0.1:9090 localhost:9090 LOCALHOST:9090 [::1]:9090 127.0.0.2:9090"),
    (Names("::1", 80), "localhost localhost:80 [::1] [0:0:0:0:0:0:0:1]:80 127.0.0.1"),
    (Names("10.0.0.5", 9090), "10.0.0.5:9090"),
    (Names("2001:db8::5", 9090), "[2001:db8::5]:9090 [2001:DB8::5]:9090"),
    (Names("0.0.0.0", 9090), "10.0.0.5:9090 [2001:db8::5]:9090 localhost:9090 127.0.0.1:9090"),
    (Names("::", 9090), "10.0.0.5:9090 [::1]:9090"),
    (Names("10.0.0.5", 9090, hosts=["Gw.Example.org", "gw:81"]), "gw.example.org GW.example.org gw:81 10.0.0.5:9090"),
]


@pytest.mark.parametrize(("names", "hosts"), HOSTS)
def test_names_that_are_ours(names: Names, hosts: str) -> None:
    for host in hosts.split():
        assert isinstance(admit(arrival(("host", host)), entrance(names=names), NOW), Caller), host


FOREIGN_HOSTS = """evil.example evil.example:9090 localhost localhost:9091 localhost:09090 127.0.0.1 127.0.0.1:9091
localhost.:9090 localhost.evil.example:9090 127.0.0.1.nip.io:9090 2130706433:9090 127.1:9090 0x7f.0.0.1:9090
10.0.0.5:9090 [::ffff:10.0.0.5]:9090 ::1:9090 [::1]:9090:9090 user@localhost:9090 localhost:9090@evil.example
localhost:9090,evil.example localhost:9090/ http://localhost:9090 [::1%25lo]:9090 ①②⑦.0.0.1:9090 lоcalhost:9090
localhost:٩٠٩٠ [localhost]:9090 :9090 localhost:""".split()


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_name_that_leads_here_is_not_ours_for_that(host: str) -> None:
    assert refused(arrival(("Host", host), bearer(CLERK))).status == 403


def test_on_one_address_nothing_else_is_ours() -> None:
    for host in "10.0.0.6:9090 localhost:9090 127.0.0.1:9090 [::1]:9090 evil.example:9090 10.0.0.5".split():
        assert refused(arrival(("Host", host)), entrance(names=Names("10.0.0.5", 9090))).status == 403


@pytest.mark.parametrize(
    "host", ["evil.example:9090", "gw.example.org:9090", "0.0.0.0.evil.example:9090", "0x7f.1:9090"]
)
def test_on_every_address_names_are_still_refused(host: str) -> None:
    for bound in ("0.0.0.0", "::"):
        everywhere = entrance(names=Names(bound, 9090, hosts=["gw.example.org"]))
        assert refused(arrival(("Host", host)), everywhere).reason == "foreign Host"


@pytest.mark.parametrize("origin", [f"http://{OURS}", "HTTP://127.0.0.1:9090"])
def test_our_own_pages_may_ask(origin: str) -> None:
    assert isinstance(admit(arrival(("Origin", origin)), DEFAULT, NOW), Caller)


FOREIGN_ORIGINS = """null https://127.0.0.1:9090 http://127.0.0.1 http://127.0.0.1:9091 http://localhost:9090 http://evil.example
file:// chrome-extension://abcdef http://127.0.0.1:9090.evil.example http://127.0.0.1:9090@evil.example
http://127.0.0.1:9090/ https://gw.example.org""".split()


@pytest.mark.parametrize("origin", ["", *FOREIGN_ORIGINS])
def test_other_pages_may_not(origin: str) -> None:
    assert refused(arrival(("Origin", origin), bearer(CLERK))).status == 403


def test_a_named_gateway_behind_tls_has_pages_of_its_own_and_friends() -> None:
    names = Names("10.0.0.5", 9090, hosts=["gw.example.org"], origins=["https://Inspector.example.org/"])
    by = entrance(names=names)
    for origin in ("https://gw.example.org", "http://gw.example.org", "https://inspector.example.org"):
        assert isinstance(admit(arrival(("Host", "gw.example.org"), ("Origin", origin)), by, NOW), Caller)
    friend = ("Origin", "https://inspector.example.org"), ("Sec-Fetch-Site", "same-site")
    assert isinstance(admit(arrival(("Host", "10.0.0.5:9090"), *friend), by, NOW), Caller)
    assert refused(arrival(("Host", "10.0.0.5:9090"), ("Origin", "https://10.0.0.5:9090")), by).status == 403


def test_a_page_that_hides_its_origin_is_still_another_site() -> None:
    for site in ("cross-site", "same-site", "odd"):
        assert refused(arrival(("Sec-Fetch-Site", site), method="GET")).status == 403
    for site in ("none", "same-origin"):
        assert isinstance(admit(arrival(("Sec-Fetch-Site", site), method="GET"), DEFAULT, NOW), Caller)


def test_preflights_are_refused_and_allow_nothing() -> None:
    own = ("Origin", f"http://{OURS}")
    for headers, method in (([own], "OPTIONS"), ([], "options"), ([("Access-Control-Request-Method", "POST")], "GET")):
        answer = refused(arrival(*headers, method=method))
        assert answer.status == 403
        assert not [name for name, _ in answer.headers if name.lower().startswith("access-control-")]


TWICE = [
    (("Host", OURS), 400),
    (bearer(CLERK), 400),
    (agent("clerk"), 400),
    (("Origin", f"http://{OURS}"), 403),
]


@pytest.mark.parametrize(("header", "status"), TWICE)
def test_what_is_there_twice_is_nobodys_word(header: tuple[str, str], status: int) -> None:
    name, value = header
    for second in (name.lower(), name.upper()):
        both = [("Host", OURS), (name, value)] if name != "Host" else [(name, value)]
        assert refused(arrival(*both, (second, value))).status == status


@pytest.mark.parametrize("headers", [(), (("Host", ""),)])
def test_a_request_says_whom_it_means(headers: Sequence[tuple[str, str]]) -> None:
    assert refused(Arrival("POST", "/mcp", headers, "127.0.0.1")).status == 400


TARGETS = [
    f"/mcp?access_token={CLERK}",
    "/mcp?access_token=x",
    "/mcp?a=1&Token=x",
    "/mcp?a=1;api_key=x",
    f"/{CLERK}/mcp",
    "/mcp?x=okt%5Fgw_1",
    "/mcp?x=%256f%256bt_gw_1",
    "/mcp?%61ccess_token=x",
    "/mcp?x=OKT_GW_1",
    "http://127.0.0.1:9090/mcp",
    "*",
    "",
]


@pytest.mark.parametrize("target", TARGETS)
def test_a_token_in_the_url_or_a_url_for_a_path(target: str) -> None:
    answer = refused(arrival(bearer(CLERK), target=target))
    assert answer.status == 400
    assert "okt_gw_" not in answer.body + answer.reason


def test_another_query_is_no_token() -> None:
    assert isinstance(admit(arrival(target="/mcp?sessionId=1&tokens=&token="), DEFAULT, NOW), Caller)


def test_a_token_names_its_agent_from_anywhere() -> None:
    for by in (DEFAULT, ENTERPRISE, TOKENS_ONLY, DEMANDING):
        for peer in ("127.0.0.1", "203.0.113.9", ""):
            forwarded = arrival(bearer(CLERK), ("X-Forwarded-For", "203.0.113.9"), peer=peer)
            assert admit(forwarded, by, NOW) == Caller("clerk", Proof.BEARER, "t1")
    assert admit(arrival(("AUTHORIZATION", f"bEARER  {CLERK} ")), DEFAULT, NOW) == Caller("clerk", Proof.BEARER, "t1")


def test_a_principal_that_is_no_configured_agent_keeps_its_name() -> None:
    assert admit(arrival(bearer(GHOST)), DEFAULT, NOW) == Caller("ghost", Proof.BEARER, "t4")


def test_token_and_header_have_to_agree() -> None:
    assert admit(arrival(bearer(CLERK), agent("clerk")), DEFAULT, NOW) == Caller("clerk", Proof.BEARER, "t1")
    for name in ("boss", "Clerk", "clerk2", "сlerk"):
        answer = refused(arrival(bearer(CLERK), agent(name)))
        assert (answer.status, name in answer.body) == (403, False)


def test_why_a_token_does_not_hold_is_for_the_journal_only() -> None:
    unknown = "okt_gw_" + "9" * 64
    reasons = {raw: refused(arrival(bearer(raw))) for raw in (unknown, GONE, LATE, "x", "")}
    assert len({answer[:3] for answer in reasons.values()}) == 1
    assert ("WWW-Authenticate", 'Bearer error="invalid_token"') in reasons[GONE].headers
    assert [reasons[raw].reason for raw in (unknown, GONE, LATE)] == [
        "unknown token",
        "revoked token t2 of clerk",
        "expired token t3 of clerk",
    ]


def test_a_token_that_does_not_hold_is_not_made_up_for_by_a_name() -> None:
    assert refused(arrival(bearer(GONE), agent("clerk"))).status == 401
    assert refused(arrival(("Authorization", "Basic Y2xlcms6eA=="), agent("clerk"))).status == 401


def test_this_machine_may_name_itself() -> None:
    for by in (
        DEFAULT,
        HEADER_ONLY,
        DEMANDING,
        entrance("gateway: {auth_methods: [mtls], trusted_loopback_headers: on}\n"),
    ):
        for peer in ("127.0.0.1", "::1", "127.1.2.3", "::ffff:127.0.0.1"):
            assert admit(arrival(agent("clerk"), peer=peer), by, NOW) == Caller("clerk", Proof.LOOPBACK_HEADER)


PROXIES = """Forwarded Via X-Real-IP X-Forwarded-For x-forwarded-host X-FORWARDED-PROTO X-Forwarded-Anything
CF-Connecting-IP True-Client-IP""".split()


@pytest.mark.parametrize("header", PROXIES)
def test_a_name_that_a_proxy_sends_on_is_not_believed(header: str) -> None:
    answer = refused(arrival(agent("clerk"), (header, "127.0.0.1")))
    assert (answer.status, answer.headers[0]) == (401, ("WWW-Authenticate", "Bearer"))


@pytest.mark.parametrize(
    "peer", ["203.0.113.9", "10.0.0.1", "::", "::ffff:10.0.0.1", "", "localhost", "127.0.0.1.evil"]
)
def test_a_name_from_elsewhere_is_not_believed(peer: str) -> None:
    assert refused(arrival(agent("clerk"), peer=peer)).status == 401


def test_a_name_is_not_believed_where_the_header_is_off() -> None:
    assert refused(arrival(agent("clerk")), ENTERPRISE).status == 401
    assert refused(arrival(agent("clerk")), TOKENS_ONLY).status == 401
    forced = entrance("deployment: {profile: enterprise}\ngateway: {trusted_loopback_headers: true}\n")
    assert refused(arrival(agent("clerk")), forced).status == 401


def test_no_token_is_asked_for_where_none_is_taken() -> None:
    for answer in (
        refused(arrival(agent("clerk"), peer="203.0.113.9"), HEADER_ONLY),
        refused(arrival(bearer(CLERK)), HEADER_ONLY),
    ):
        assert answer.status == 403
        assert "WWW-Authenticate" not in dict(answer.headers)


def test_nobody_in_particular_is_anonymous_or_turned_away() -> None:
    assert admit(arrival(), DEFAULT, NOW) == Caller()
    assert admit(arrival(agent("made-up")), DEFAULT, NOW) == Caller(claimed="made-up")
    assert admit(arrival(agent("  ")), DEFAULT, NOW) == Caller()
    for by in (DEMANDING, ENTERPRISE, entrance("deployment: {require_surface_auth: true}\n")):
        for headers in ((), (agent("made-up"),)):
            answer = refused(arrival(*headers), by)
            assert (answer.status, answer.headers[0]) == (401, ("WWW-Authenticate", "Bearer"))
    assert (
        admit(arrival(), entrance("deployment: {profile: enterprise}\ngateway: {require_auth: no}\n"), NOW) == Caller()
    )


UNREAD = ["{profile: enterprize}", "{require_surface_auth: perhaps}", "enterprise", "{profile: [x]}"]


@pytest.mark.parametrize("section", UNREAD)
def test_a_deployment_that_cannot_be_read_demands(section: str) -> None:
    assert refused(arrival(), entrance(f"deployment: {section}\n")).status == 401


@pytest.mark.parametrize("methods", ["[bearer_tokn]", "bearer_token", "[[bearer_token]]"])
def test_methods_that_cannot_be_read_are_not_the_defaults(methods: str) -> None:
    by = entrance(f"gateway: {{auth_methods: {methods}}}\n")
    assert refused(arrival(agent("clerk")), by).status == 403
    assert refused(arrival(bearer(CLERK)), by).status == 403


NAMES = st.sampled_from("Host Origin Authorization X-Oktsec-Agent X-Forwarded-For Via Sec-Fetch-Site Cookie".split())
VALUES = st.sampled_from(
    [OURS, "localhost:9090", "evil.example", f"http://{OURS}", "null", "clerk", "boss", "ghost", "x", "", "cross-site"]
    + [f"{scheme} {raw}" for scheme in ("Bearer", "Basic") for raw in (CLERK, GONE, LATE, GHOST, "x")]
) | st.text(max_size=8)
PEERS = st.sampled_from(["127.0.0.1", "::1", "203.0.113.9", "::ffff:127.0.0.1", "", "::ffff:10.1.1.1"])
ENTRANCES = st.sampled_from([DEFAULT, ENTERPRISE, TOKENS_ONLY, HEADER_ONLY, DEMANDING])
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=6)


def values_of(headers: Sequence[tuple[str, str]], name: str) -> list[str]:
    return [value.strip(" \t") for other, value in headers if other.lower() == name]


def checked(answer: Caller, headers: Sequence[tuple[str, str]], peer: str, by: Entrance) -> None:
    """What has to be true whenever somebody comes in, and as somebody."""
    for once in ("host", "origin", "authorization", "x-oktsec-agent"):
        assert len(values_of(headers, once)) <= 1
    assert values_of(headers, "host")[0] in {OURS, "localhost:9090"}
    assert all(origin == f"http://{values_of(headers, 'host')[0]}" for origin in values_of(headers, "origin"))
    claimed = "".join(values_of(headers, "x-oktsec-agent"))
    if answer.proof is Proof.BEARER:
        assert by.door.by_token
        assert values_of(headers, "authorization") == [f"Bearer {CLERK if answer.agent == 'clerk' else GHOST}"]
        assert claimed in {"", answer.agent}
    else:
        assert values_of(headers, "authorization") == []
    if answer.proof is Proof.LOOPBACK_HEADER:
        assert by.door.by_header
        assert peer in {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
        assert not values_of(headers, "x-forwarded-for") + values_of(headers, "via")
        assert claimed == answer.agent
        assert answer.agent in {"clerk", "boss"}
    if answer.proof is Proof.NONE:
        assert not by.door.demands
        assert answer.agent == ""
        assert claimed not in {"clerk", "boss"}


@given(HEADERS, PEERS, ENTRANCES, st.booleans())
def test_every_combination_of_headers(headers: list[tuple[str, str]], peer: str, by: Entrance, ours: Any) -> None:
    sent = [("Host", OURS), *headers] if ours else headers
    answer = admit(Arrival("POST", "/mcp", sent, peer), by, NOW)
    if isinstance(answer, Caller):
        checked(answer, sent, peer, by)
    else:
        assert answer.status in {400, 401, 403}
        assert ("WWW-Authenticate" in dict(answer.headers)) == (answer.status == 401)
        assert not any(raw in answer.body + answer.reason for raw in (CLERK, GONE, LATE, GHOST))


@given(HEADERS, PEERS, ENTRANCES, st.randoms(use_true_random=False))
def test_the_order_of_headers_decides_nothing(
    headers: list[tuple[str, str]], peer: str, by: Entrance, random: Any
) -> None:
    shuffled = list(headers)
    random.shuffle(shuffled)
    first, second = (admit(Arrival("POST", "/mcp", order, peer), by, NOW) for order in (headers, shuffled))
    assert first == second or (isinstance(first, Refusal) and isinstance(second, Refusal) and first[:3] == second[:3])


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=12))
def test_no_text_is_too_odd(value: str, target: str, peer: str) -> None:
    for name in ("Host", "Origin", "Authorization", "X-Oktsec-Agent"):
        answer = admit(arrival((name, value), target=f"/{target}", peer=peer), DEMANDING, NOW)
        assert isinstance(answer, Refusal)
