"""Bytes that a naive proxy reads in another way than the server behind it, posted to a running gateway."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.runtime.gateway.gateways import MODERN, Gateway, Session, configured, modern_headers, running, stdio

AGENTS = "  coder: {}\n  reader: {allowed_tools: [pid]}"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running(tmp_path_factory.mktemp("framing"), configured({"unruly": stdio("unruly.py")}, AGENTS)) as started:
        yield started


@pytest.fixture(scope="module")
def session(gateway: Gateway) -> Session:
    opened = gateway.opened()
    assert "unruly_echo" in opened.tools()
    return opened


def call(name: str = "unruly_echo", number: Any = 7, **more: Any) -> dict[str, Any]:
    params = {"name": name, "arguments": {"text": "here"}}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params, **more}


def reached(gateway: Gateway) -> int:
    """Calls that the server was asked for."""
    rows = gateway.records("direction", "method", "server", "decision")
    return rows.count(("client", "tools/call", "unruly", "forwarded"))


CALL = json.dumps(call()).encode()
BODIES: dict[str, bytes] = {
    "batch": json.dumps([call(), call("unruly_pid", 8)]).encode(),
    "empty-batch": b"[]",
    "repeated-key": CALL.replace(b'"id"', b'"method": "ping", "id"'),
    "repeated-key-deep": CALL.replace(b'{"text": "here"}', b'{"a": {"text": "x", "text": "y"}}'),
    "repeated-key-escaped": CALL.replace(b'"id"', b'"m\\u0065thod": "ping", "id"'),
    "case-of-name": CALL.replace(b'"name"', b'"Name": "unruly_pid", "name"'),
    "case-of-method": CALL.replace(b'"method"', b'"METHOD"'),
    "folded-params": CALL.replace(b'"params"', '"paramſ"'.encode()),
    "invalid-utf8": CALL.replace(b"here", b"\xff"),
    "overlong-utf8": CALL.replace(b"here", b"\xc0\xaf"),
    "bom": b"\xef\xbb\xbf" + CALL,
    "utf16": CALL.decode().encode("utf-16"),
    "nul": CALL.replace(b"here", b"\x00"),
    "surrogate": CALL.replace(b"here", b"\\ud800"),
    "nan": CALL.replace(b'"here"', b"NaN"),
    "infinity": CALL.replace(b'"here"', b"-Infinity"),
    "beyond-float": CALL.replace(b'"here"', b"1e400"),
    "depth": CALL.replace(b'"here"', b"[" * 100_000 + b"]" * 100_000),
    "keys": CALL.replace(b'"here"', b"{" + b",".join(b'"%d":0' % at for at in range(300_000)) + b"}"),
    "id-null": json.dumps(call(number=None)).encode(),
    "id-true": json.dumps(call(number=True)).encode(),
    "id-float": json.dumps(call(number=1.5)).encode(),
    "id-object": json.dumps(call(number={"a": 1})).encode(),
    "id-list": json.dumps(call(number=[7])).encode(),
    "two-values": CALL + CALL,
    "two-lines": CALL + b"\n" + CALL,
    "no-object": b'"tools/call"',
    "nothing": b"",
    "half": CALL[:-1],
    "result-and-method": json.dumps(call(result={})).encode(),
    "other-jsonrpc": json.dumps(call(jsonrpc="1.0")).encode(),
}


class TestBodies:
    @pytest.mark.parametrize("name", BODIES)
    def test_what_has_two_readings_is_refused_in_both_eras(self, gateway: Gateway, session: Session, name: str) -> None:
        before = reached(gateway)
        for headers in (session.headers, modern_headers("tools/call", "coder", {"name": "unruly_echo"})):
            reply = gateway.post(BODIES[name], **headers)
            assert (reply.status, reply.code) in {(400, -32700), (400, -32600), (413, -32600)}, reply
        assert session.call("unruly_echo", text="alive").text == "alive"
        assert reached(gateway) == before + 1

    def test_a_call_without_an_id_is_no_call(self, gateway: Gateway, session: Session) -> None:
        message = call()
        del message["id"]
        before = reached(gateway)
        assert session.post(message).status in {202, 400}
        assert session.call("unruly_echo", text="alive").text == "alive"
        assert reached(gateway) == before + 1

    @pytest.mark.parametrize("number", ["9007199254740993", "1.0", "-0", "0.1", "123456789012345678901234567890"])
    def test_a_number_is_forwarded_as_it_was_judged_or_not_at_all(self, session: Session, number: str) -> None:
        reply = session.post(CALL.replace(b'"here"', number.encode()))
        refused = reply.status == 400
        assert refused or reply.text in {number, str(json.loads(number))}

    def test_white_space_that_ends_a_line_elsewhere_ends_none_here(self, session: Session) -> None:
        said = "one\rtwo\u2028three\u0085four\nfive"
        assert session.post(json.dumps(call(), indent=1).replace("\n", "\r\n").encode()).text == "here"
        assert session.call("unruly_echo", text=said).text == said

    def test_an_id_that_is_in_flight_is_answered_once_each(self, session: Session) -> None:
        """HTTP has a response for each request: whose answer it is does not hang on the id."""
        first = session.begin("tools/call", name="unruly_later", arguments={"text": "first"})
        assert session.post(call("unruly_echo", 7)).message["id"] == 7
        assert session.post(call("unruly_echo", "7")).message["id"] == "7"
        while session.call("unruly_now").text != "done":
            pass
        reply = first.reply()
        first.close()
        assert reply is not None
        assert reply.text in {"first", "here"}

    def test_a_message_beyond_the_limit_ends_that_request_alone(self, gateway: Gateway, session: Session) -> None:
        reply = gateway.raw(
            gateway.request("POST", "/mcp", {"Content-Type": "application/json", "Content-Length": str(17 << 20)})
        )
        assert reply is not None
        assert reply.status == 413
        assert session.call("unruly_echo", text="alive").text == "alive"

    def test_what_a_client_may_not_say_is_not_passed_on(self, gateway: Gateway, session: Session) -> None:
        answer = {"jsonrpc": "2.0", "id": 1000, "result": {"content": []}}
        assert session.post(answer).status == 202
        assert gateway.post(answer, **modern_headers("x", "coder", {})).status == 400
        for method in ("tools/execute", "initialized", "rpc.discover", "sampling/createMessage", "tools/call\n"):
            reply = session.ask(method)
            assert reply.code in {-32601, -32602}, reply
        assert gateway.modern("logging/setLevel", level="debug").code == -32601
        assert session.ask("server/discover").code == -32601
        said = [row for row in gateway.records("method", "server") if row[1] == "unruly"]
        assert not {"tools/execute", "sampling/createMessage", "server/discover"} & {row[0] for row in said}

    def test_a_batch_of_the_only_revision_that_has_them_is_judged_one_by_one(self, gateway: Gateway) -> None:
        session = gateway.opened("reader", "2025-03-26")
        reply = session.post([call("unruly_echo", 1), call("unruly_nothing", 2), call("unruly_pid", 3)])
        first, second, third = json.loads(reply.body)
        assert (first["error"]["code"], first["error"]["message"]) == (-32602, "Unknown tool: unruly_echo")
        assert second["error"] == {"code": -32602, "message": "Unknown tool: unruly_nothing"}
        assert third["result"]["content"]


class TestHttp:
    def head(self, gateway: Gateway, session: Session, *lines: str, version: str = "1.1") -> bytes:
        named = [f"{name.replace('_', '-')}: {value}" for name, value in session.headers.items()]
        usual = ["Content-Type: application/json", "Accept: application/json, text/event-stream"]
        first = [f"POST /mcp HTTP/{version}", f"Host: 127.0.0.1:{gateway.port}"]
        return "\r\n".join([*first, *usual, *named, *lines, "", ""]).encode()

    @pytest.mark.parametrize(
        "lines",
        [
            pytest.param(("Content-Length: {n}", "Transfer-Encoding: chunked"), id="length-and-chunks"),
            pytest.param(("Transfer-Encoding: chunked", "Content-Length: {n}"), id="chunks-and-length"),
            pytest.param(("Content-Length: {n}", "Content-Length: 3"), id="two-lengths"),
            pytest.param(("Content-Length: +{n}",), id="signed-length"),
            pytest.param(("Content-Length: {n}, {n}",), id="listed-length"),
            pytest.param(("Content-Length : {n}",), id="blank-before-colon"),
            pytest.param(("Transfer-Encoding: chunked, identity",), id="chunked-not-last"),
            pytest.param(("Transfer-Encoding: xchunked",), id="unknown-coding"),
            pytest.param(("Content-Length: {n}", " X-Folded: 1"), id="folded"),
            pytest.param(("Content-Length: {n}", "X-Bare: a\rMcp-Name: b"), id="bare-cr"),
            pytest.param(("Content-Length: {n}", "X-Nul: a\0b"), id="nul"),
        ],
    )
    def test_a_message_whose_end_is_in_doubt_is_refused(
        self, gateway: Gateway, session: Session, lines: tuple[str, ...]
    ) -> None:
        before = reached(gateway)
        head = self.head(gateway, session, *(line.format(n=len(CALL)) for line in lines))
        for body in (CALL, f"{len(CALL):x}\r\n".encode() + CALL + b"\r\n0\r\n\r\n"):
            reply = gateway.raw(head + body)
            assert reply is None or reply.status == 400, reply
        assert reached(gateway) == before

    @pytest.mark.parametrize("size", ["0x10", "-1", "10 ", "1_0", "ffffffffffffffffff", ""])
    def test_a_chunk_whose_size_is_in_doubt_is_refused(self, gateway: Gateway, session: Session, size: str) -> None:
        before = reached(gateway)
        head = self.head(gateway, session, "Transfer-Encoding: chunked")
        reply = gateway.raw(head + f"{size}\r\n".encode() + CALL + b"\r\n0\r\n\r\n")
        assert reply is None or reply.status == 400, reply
        assert reached(gateway) == before

    def test_a_request_behind_another_is_one_of_its_own(self, gateway: Gateway, session: Session) -> None:
        """What is smuggled in a body stays body; what follows it is judged like any other request."""
        inner = self.head(gateway, session, f"Content-Length: {len(CALL)}") + CALL
        line = gateway.connect()
        line.say(self.head(gateway, session, f"Content-Length: {len(inner)}") + inner)
        first = line.reply()
        line.close()
        assert first is not None
        assert first.status == 400
        line = gateway.connect()
        line.say(
            self.head(gateway, session, f"Content-Length: {len(CALL)}") + CALL + gateway.request("GET", "/health", {})
        )
        first, second = line.reply(), line.reply()
        line.close()
        assert first is not None
        assert first.text == "here"
        assert second is not None
        assert json.loads(second.body) == {"status": "ok"}

    def test_http_1_0_is_refused(self, gateway: Gateway, session: Session) -> None:
        head = self.head(gateway, session, f"Content-Length: {len(CALL)}", version="1.0")
        reply = gateway.raw(head + CALL)
        assert reply is not None
        assert reply.status == 400

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({"Content_Encoding": "gzip"}, 415),
            ({"Content_Encoding": "identity, gzip"}, 415),
            ({"Content_Type": "text/plain"}, 415),
            ({"Content_Type": "application/json; charset=utf-16"}, 415),
            ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
            ({"Content_Type": "multipart/form-data; boundary=a"}, 415),
            ({"Accept": "text/html"}, 406),
        ],
    )
    def test_a_body_of_another_kind_is_refused(self, session: Session, headers: dict[str, str], status: int) -> None:
        assert session.post(CALL, **headers).status == status

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "HEAD", "TRACE", "CONNECT", "get"])
    def test_another_method_is_refused(self, gateway: Gateway, method: str) -> None:
        reply = gateway.raw(gateway.request(method, "/mcp", {"Connection": "close"}))
        assert reply is None or reply.status in {400, 404, 405}

    @pytest.mark.parametrize("target", ["/mcp/", "/MCP", "/mcp/../mcp", "//mcp", "http://evil.example/mcp", "*"])
    def test_another_target_is_not_the_endpoint(self, gateway: Gateway, session: Session, target: str) -> None:
        head = self.head(gateway, session, f"Content-Length: {len(CALL)}").replace(b" /mcp ", f" {target} ".encode(), 1)
        before = reached(gateway)
        reply = gateway.raw(head + CALL)
        assert reply is None or reply.status in {400, 404}
        assert reached(gateway) == before


class TestHeaders:
    """The body decides, and no header may say otherwise."""

    @pytest.mark.parametrize(
        "headers",
        [
            {"Mcp_Name": "unruly_pid"},
            {"Mcp_Name": "UNRULY_ECHO"},
            {"Mcp_Name": "=?base64?dW5ydWx5X3BpZA==?="},
            {"Mcp_Name": "=?base64?!?="},
            {"Mcp_Name": ""},
            {"Mcp_Method": "tools/list"},
            {"Mcp_Method": "TOOLS/CALL"},
            {"MCP_Protocol_Version": "2025-11-25"},
            {"MCP_Protocol_Version": "2024-11-05"},
        ],
    )
    def test_one_that_disagrees_is_a_mismatch(self, gateway: Gateway, headers: dict[str, str]) -> None:
        params = {"name": "unruly_echo", "arguments": {"text": "here"}}
        right = modern_headers("tools/call", "coder", params)
        before = reached(gateway)
        reply = gateway.post(gateway.enveloped("tools/call", **params), **{**right, **headers})
        assert (reply.status, reply.code) == (400, -32020)
        assert reached(gateway) == before

    @pytest.mark.parametrize("missing", ["Mcp_Name", "Mcp_Method", "MCP_Protocol_Version"])
    def test_one_that_is_missing_is_a_mismatch(self, gateway: Gateway, missing: str) -> None:
        params = {"name": "unruly_echo", "arguments": {}}
        headers = modern_headers("tools/call", "coder", params)
        del headers[missing]
        reply = gateway.post(gateway.enveloped("tools/call", **params), **headers)
        assert (reply.status, reply.code) == (400, -32020)

    @pytest.mark.parametrize("name", ["Mcp-Name", "mcp-name", "Mcp-Method", "MCP-Protocol-Version"])
    def test_one_that_is_there_twice_is_a_mismatch(self, gateway: Gateway, name: str) -> None:
        params = {"name": "unruly_echo", "arguments": {}}
        headers = {key.replace("_", "-"): value for key, value in modern_headers("tools/call", "coder", params).items()}
        usual = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        body = json.dumps(gateway.enveloped("tools/call", **params)).encode()
        data = gateway.request("POST", "/mcp", {**usual, **headers}, body)
        reply = gateway.raw(data.replace(b"\r\n\r\n", f"\r\n{name}: unruly_echo\r\n\r\n".encode(), 1))
        assert reply is not None
        assert (reply.status, reply.code) == (400, -32020)

    def test_a_name_on_a_request_of_the_older_era_has_to_be_true_too(self, session: Session) -> None:
        assert session.post(CALL, Mcp_Name="unruly_pid").code == -32020
        assert session.post(CALL, Mcp_Name="unruly_echo").text == "here"

    def test_a_revision_that_nobody_knows_is_refused(self, gateway: Gateway) -> None:
        message = gateway.enveloped("tools/list")
        message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2099-01-01"
        headers = {**modern_headers("tools/list", "coder", {}), "MCP_Protocol_Version": "2099-01-01"}
        reply = gateway.post(message, **headers)
        assert (reply.status, reply.code) == (400, -32022)
        assert reply.message["error"]["data"]["supported"] == [MODERN]
