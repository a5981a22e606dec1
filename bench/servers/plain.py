"""A do-nothing MCP server over stdio: N ordinary tools, no dependency, so that a benchmark measures its client.

usage: plain.py [TOOLS] [SECONDS-BEFORE-STARTING] [OWNER]

With an owner, names and descriptions are no other server's.
"""

import json
import sys
import time

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 44
OWNER = sys.argv[3] if len(sys.argv) > 3 else ""
VERBS = ("list", "read", "count", "search", "compare", "sort", "merge", "rename", "archive", "tag", "export")
NOUNS = ("invoices", "tickets", "contacts", "reports")


def tool(index: int) -> dict[str, object]:
    verb, noun = VERBS[index % len(VERBS)], NOUNS[index // len(VERBS) % len(NOUNS)]
    suffix = f"_{index}" if index >= len(VERBS) * len(NOUNS) else ""
    whose = f"one workspace of {OWNER}" if OWNER else "one workspace"
    return {
        "name": f"{OWNER}_{verb}_{noun}{suffix}".lstrip("_"),
        "description": f"{verb.capitalize()} the {noun} of {whose}. Returns at most 100 rows as JSON.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "workspace": {"type": "string", "description": "The workspace's short name, as shown in its address."},
                "limit": {"type": "integer", "description": "How many rows to return.", "default": 20},
            },
            "required": ["workspace"],
        },
    }


def answer(method: str) -> dict[str, object] | None:
    if method == "initialize":
        info = {"name": "plain", "version": "1.0"}
        return {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": info}
    if method == "tools/list":
        return {"tools": [tool(index) for index in range(COUNT)]}
    return {} if method == "ping" else None


def main() -> None:
    time.sleep(float(sys.argv[2]) if len(sys.argv) > 2 else 0)
    for line in sys.stdin:
        message = json.loads(line)
        if "id" not in message:
            continue
        result = answer(message["method"])
        reply = {"error": {"code": -32601, "message": "unknown method"}} if result is None else {"result": result}
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], **reply}), flush=True)


main()
