"""What one record costs: `Journal.append` against the plainest insert SQLite can do, interleaved in one run.

    python bench/journal.py [--rounds N] [--records N]

The plain insert puts one text of the same size into a table with one column, in WAL mode with the same settings and a
commit for each. The figures are of single calls; the ratio is the median over the rounds of the ratios of the medians.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from oktsec_lint.core.record import Decision, Record, Sender, text_of
from oktsec_lint.runtime.journal import Journal, utc
from oktsec_lint.runtime.trail import opened

DIGEST = "sha256:" + "0123456789abcdef" * 4
RECORD = Record(
    utc(0), "agent", "files", Sender.CLIENT, "tools/call", "read_file", "42", Decision.FORWARDED, latency_us=40
)._replace(arguments=DIGEST, policy=DIGEST, lock=DIGEST, rulebook=DIGEST)


def timed(work: Callable[[], object], number: int) -> list[float]:
    """Microseconds of each of `number` calls, in ascending order."""
    taken = []
    for _ in range(number):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1e6)
    return sorted(taken)


def plain(path: Path, number: int) -> list[float]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for setting in ("journal_mode = WAL", "synchronous = NORMAL", "wal_autocheckpoint = 4096"):
            connection.execute(f"PRAGMA {setting}")
        connection.execute("CREATE TABLE IF NOT EXISTS plain (text)")
        text = text_of(RECORD)
        return timed(lambda: connection.execute("INSERT INTO plain VALUES (?)", (text,)), number)


def ours(path: Path, number: int) -> list[float]:
    with Journal.open(path) as journal:
        return timed(lambda: journal.append(RECORD), number)


def show(name: str, rounds: list[list[float]]) -> None:
    cells = [statistics.median(taken[int(len(taken) * share)] for taken in rounds) for share in (0.5, 0.99, 0.999)]
    print(f"{name:16}" + "".join(f"{cell:12.1f}" for cell in cells))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--records", type=int, default=5000)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.db"
        rounds = [
            (plain(Path(folder) / "plain.db", chosen.records), ours(path, chosen.records)) for _ in range(chosen.rounds)
        ]
        start = time.perf_counter()
        with opened(path) as trail:
            found = trail.examined()
        each = (time.perf_counter() - start) / found.entries * 1e6
        size = path.stat().st_size / found.entries
    print(f"{'microseconds':16}{'p50':>12}{'p99':>12}{'p99.9':>12}")
    show("plain insert", [base for base, _ in rounds])
    show("Journal.append", [journal for _, journal in rounds])
    ratio = statistics.median(journal[len(journal) // 2] / base[len(base) // 2] for base, journal in rounds)
    print(f"ratio of the medians: {ratio:.2f}")
    print(f"a record takes {size:.0f} bytes, and {each:.1f} microseconds to verify ({len(found.breaks)} breaks)")


main()
