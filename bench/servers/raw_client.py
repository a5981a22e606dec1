"""The floor of every comparison: start a stdio server, shake hands, list its tools, count them."""

import json
import subprocess
import sys

child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ask(number: int, method: str, params: dict[str, object]) -> dict[str, dict[str, list[object]]]:
    child.stdin.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}) + "\n")
    child.stdin.flush()
    return json.loads(child.stdout.readline())


ask(1, "initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "c", "version": "0"}})
print(len(ask(2, "tools/list", {})["result"]["tools"]))
child.stdin.close()
child.wait()
