"""What the gate adds to one call, in one interleaved run: the server direct, and behind `run --enforce`.

usage: python bench/gate.py [CALLS]

The server answers at once, so nearly all of the direct time is two pipes and one `json.loads`. Prints median and 99th
percentile of a round trip and what the gate adds; the first calls of each are not counted.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SERVER = [sys.executable, str(Path(__file__).parent.parent / "tests" / "fixtures" / "servers" / "echoing.py")]
WARM, BLOCK = 50, 100


class Peer:
    """One server, direct or behind the gate."""

    def __init__(self, command: list[str], folder: str) -> None:
        started = time.perf_counter()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder, bufsize=0)
        self.number = 0
        self.ask("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}})
        self.start = time.perf_counter() - started
        self.ask("tools/list", {})

    def ask(self, method: str, params: dict[str, object]) -> float:
        self.number += 1
        message = {"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}
        data = json.dumps(message).encode() + b"\n"
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        begun = time.perf_counter()
        self.process.stdin.write(data)
        answer = b""
        while not answer.endswith(b"\n"):
            answer += self.process.stdout.read(1 << 16) or b"\n"
        return time.perf_counter() - begun

    def call(self, text: str) -> float:
        return self.ask("tools/call", {"name": "echo", "arguments": {"text": text}})


def main() -> None:
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    with tempfile.TemporaryDirectory() as folder:
        gated = [sys.executable, "-m", "oktsec_lint", "run", "--enforce", "--journal", f"{folder}/j.db", "--", *SERVER]
        peers = {"direct": Peer(SERVER, folder), "gate": Peer(gated, folder)}
        print(f"start to first answer: direct {peers['direct'].start:.3f} s, gate {peers['gate'].start:.3f} s")
        for name, size in (("200 B, each text new", 100), ("200 B, one text", 0), ("10 KB result", 10_000)):
            times: dict[str, list[float]] = {peer: [] for peer in peers}
            count = calls if size < 1_000 else calls // 10
            for block in range(0, count, BLOCK):
                for who, peer in peers.items():
                    for index in range(BLOCK):
                        words = f"the report of week {block + index} is due; " if size else "the report is due; "
                        times[who].append(peer.call((words * (size // len(words) + 3))[: max(size, 100)]))
            shown = {peer: sorted(values[WARM:]) for peer, values in times.items()}
            p50 = {peer: statistics.median(values) * 1e6 for peer, values in shown.items()}
            p99 = {peer: values[int(len(values) * 0.99)] * 1e6 for peer, values in shown.items()}
            added = f"added p50 {p50['gate'] - p50['direct']:.0f} us, p99 {p99['gate'] - p99['direct']:.0f} us"
            print(f"{name}: direct p50 {p50['direct']:.0f} us, gate p50 {p50['gate']:.0f} us; {added}")
        status = Path(f"/proc/{peers['gate'].process.pid}/status").read_text()
        print(next(line for line in status.splitlines() if line.startswith("VmRSS")))
        for peer in peers.values():
            peer.process.kill()


if __name__ == "__main__":
    main()
