"""How much a scan costs, whole process, against named peers and a bare client, interleaved in one run.

    python bench/scan.py [--rounds N] [--peers DIR]

Without --peers only the bare client is compared. DIR is made by `sh bench/peers.sh DIR`, which installs the peers, each
into an environment of its own. CPU is user + system time of the process and everything it started; memory is the peak
of the largest of them. The figures are medians; the ratios are medians of the ratios within a round.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
SERVER = [sys.executable, str(HERE / "servers" / "plain.py")]
FLOOR = "bare client"
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Installed packages have their bytecode; a checkout that may not write it would be compiled anew at every start."""


class Cost(NamedTuple):
    """One process: CPU seconds, wall seconds, peak MiB."""

    cpu: float
    wall: float
    peak: float


def measure(command: Sequence[str], cwd: Path) -> Cost:
    """Run in a fork of its own, so that the kernel's counters for waited-for children are this command's alone."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        start = time.perf_counter()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(command, cwd=cwd, env=ENVIRONMENT, check=False, **quiet)
        wall = time.perf_counter() - start
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        os.write(write, f"{usage.ru_utime + usage.ru_stime} {wall} {usage.ru_maxrss / 1024}".encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        cpu, wall, peak = map(float, pipe.read().split())
    os.waitpid(pid, 0)
    return Cost(cpu, wall, peak)


def config(path: Path, servers: Mapping[str, Sequence[str]]) -> Path:
    lines = ["mcp_servers:"]
    for name, command in servers.items():
        args = ", ".join(f'"{part}"' for part in command[1:])
        lines += [f"  {name}:", "    transport: stdio", f'    command: "{command[0]}"', f"    args: [{args}]"]
    path.write_text("\n".join(lines) + "\n")
    return path


def commands(home: Path, peers: Path | None) -> dict[str, list[str]]:
    ours = Path(sys.executable).with_name("oktsec-lint")
    one = config(home / "one.yaml", {"plain": SERVER})
    table = {
        FLOOR: [sys.executable, str(HERE / "servers" / "raw_client.py"), *SERVER],
        "oktsec-lint scan": [str(ours), "scan", str(one)],
        "oktsec-lint --version": [str(ours), "--version"],
    }
    if peers:
        auditor = str(peers / "auditor" / "bin" / "mcp-tool-auditor")
        cisco = str(peers / "cisco" / "bin" / "mcp-scanner")
        table["mcp-tool-auditor"] = [auditor, "--no-log-file", "--no-metrics", "scan", "stdio", *SERVER]
        table["cisco-ai-mcp-scanner"] = [
            *(cisco, "--analyzers", "yara", "stdio"),
            *("--stdio-command", SERVER[0], f"--stdio-arg={SERVER[1]}"),
        ]
    return table


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--peers", type=Path)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        table = commands(home, chosen.peers)
        for command in table.values():
            measure(command, home)
        rounds = [{name: measure(command, home) for name, command in table.items()} for _ in range(chosen.rounds)]
        show(table, rounds)
        six = config(home / "six.yaml", {f"slow{n}": [*SERVER, "44", "2"] for n in range(6)})
        wall = min(measure([*table["oktsec-lint scan"][:2], str(six)], home).wall for _ in range(3))
        print(f"six servers that need 2 s each to start: {wall:.2f} s wall")


def show(table: Mapping[str, Sequence[str]], rounds: Sequence[Mapping[str, Cost]]) -> None:
    print(f"{'':24}{'CPU s':>8}{'wall s':>8}{'MiB':>7}{'CPU / bare client':>20}")
    for name in table:
        costs = [row[name] for row in rounds]
        cpu, wall, peak = (statistics.median(column) for column in zip(*costs, strict=True))
        ratio = statistics.median(row[name].cpu / row[FLOOR].cpu for row in rounds)
        print(f"{name:24}{cpu:8.3f}{wall:8.3f}{peak:7.0f}{ratio:20.2f}")


main()
