"""What judging costs in this tree beside another one, and whether both answer alike.

    python bench/versus.py TREE MANIFESTS.jsonl [EVERY]

The trees take turns, fifty lines at a time, on one processor, so that whatever else the machine does slows both; every
`EVERY`th line is judged. Figures are CPU time. Start-up and reading the rules are left out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent.parent
LINES = 50
WORKER = """
import json, sys, time
from oktsec_lint import grammarbook, rulebook
from oktsec_lint.cli.stream import Batch, _answer
from oktsec_lint.core.config import Config
from oktsec_lint.core.judge import Judge
judge = Judge(rulebook.builtin(), Config(), grammarbook.builtin())
for request in sys.stdin:
    lines = tuple(line.encode() for line in json.loads(request))
    start = time.process_time()
    text = _answer(judge, Batch(1, lines)).text
    print(json.dumps([time.process_time() - start, text]), flush=True)
"""


def worker(tree: Path) -> subprocess.Popen[str]:
    environ = {**os.environ, "PYTHONPATH": str(tree)}
    command = [sys.executable, "-c", WORKER]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=tree, env=environ, stdin=pipe, stdout=pipe, text=True)


def judged(process: subprocess.Popen[str], lines: list[str]) -> tuple[float, str]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(lines) + "\n")
    process.stdin.flush()
    seconds, text = json.loads(process.stdout.readline())
    return float(seconds), str(text)


def main() -> None:
    other, manifests, every = Path(sys.argv[1]).resolve(), Path(sys.argv[2]), int((*sys.argv, "1")[3])
    lines = manifests.read_text(encoding="utf-8").splitlines()[::every]
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    both = (worker(other), worker(HERE))
    spent, different = [0.0, 0.0], 0
    for first in range(0, len(lines), LINES):
        part = lines[first : first + LINES]
        order = (0, 1) if first // LINES % 2 else (1, 0)
        found = {which: judged(both[which], part) for which in order}
        different += found[0][1] != found[1][1]
        spent = [total + found[which][0] for which, total in enumerate(spent)]
    print(f"{len(lines):,} manifests: {spent[0]:.2f} s there, {spent[1]:.2f} s here ", end="")
    print(f"({spent[0] / spent[1]:.2f} times as fast); {different} of {-(-len(lines) // LINES)} answers differ")


if __name__ == "__main__":
    main()
