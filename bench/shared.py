"""What it costs that gateways share: microseconds for a journal entry and for the limits of a call.

usage: shared.py [POSTGRES-DSN REDIS-URL]

Without addresses, servers of the installed packages are started, PostgreSQL with its usual durability (fsync).
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from oktsec_lint.core.calls import Books, Call, CallPolicy
from oktsec_lint.core.config import Agent, Config
from oktsec_lint.core.model import Place
from oktsec_lint.core.record import Decision, Record, Sender
from oktsec_lint.runtime.addresses import Database, Server
from oktsec_lint.runtime.journal import Journal, utc
from oktsec_lint.runtime.postgres.journal import PostgresJournal
from oktsec_lint.runtime.redis.books import RedisBooks
from tests.databases import postgres, redis

RECORD = Record(
    utc(0),
    "coder",
    "files",
    Sender.CLIENT,
    "tools/call",
    "read_file",
    "17",
    Decision.FORWARDED,
    arguments="sha256:" + "0" * 64,
)
CODER = Agent(
    "coder",
    Place("oktsec.yaml", ""),
    settings={
        "max_concurrent_calls": 1000,
        "tool_policies": {"read_file": {"rate_limit": 10**6, "daily_limit": 10**9}},
        "tool_chain_rules": [{"if": "read_file", "then": ["send"], "cooldown_secs": 60}],
    },
)
RATE = {"rate_limit": {"per_agent": 10**6, "window": 60}}


def main() -> None:
    with ExitStack() as stack:
        if sys.argv[1:]:
            dsn, url = sys.argv[1:]
        else:
            dsn = stack.enter_context(postgres("fsync=on")).dsn()
            url = stack.enter_context(redis()).url
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        journals(folder, dsn)
        books(url)


def journals(folder: Path, dsn: str) -> None:
    with Journal.open(folder / "journal.db") as file:
        show("journal entry, file", *timed(lambda: file.append(RECORD), 5000))
    with PostgresJournal.open(Database(dsn), patience=60) as shared:
        show("journal entry, PostgreSQL, one call at a time", *timed(lambda: shared.append(RECORD), 2000))
        for width in (8, 32, 128):
            show(f"journal entry, PostgreSQL, {width} calls at once", *asyncio.run(together(shared, width, 10_000)))


async def together(journal: PostgresJournal, width: int, number: int) -> tuple[float, float, float]:
    took: list[float] = []

    async def caller() -> None:
        for _ in range(number // width):
            before = time.perf_counter()
            await journal.appended(RECORD)
            took.append(time.perf_counter() - before)

    start, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(caller() for _ in range(width)))
    return statistics.median(took), (time.process_time() - cpu) / len(took), len(took) / (time.perf_counter() - start)


def books(url: str) -> None:
    call = Call(CODER, "coder", "files", "read_file", {"amount": 3})
    for name, policy in (
        ("a rate", CallPolicy(Config(settings=RATE))),
        ("a rate, a slot, two limits, a mark", CallPolicy(Config(agents=(CODER,), settings=RATE))),
    ):
        asked = call if policy.longest_pause else call._replace(agent=None)
        memory = Books(policy)
        show(f"limits, memory: {name}", *timed(lambda: memory.admit(asked, "", time.monotonic()), 5000))  # noqa: B023
        shared = RedisBooks(policy, Server(url), enforce=True, say=print)
        show(f"limits, Redis: {name}", *timed(lambda: shared.admit(asked, "", time.monotonic()), 5000))  # noqa: B023
        shared.close()


def timed(work: Callable[[], object], number: int) -> tuple[float, float, float]:
    for _ in range(number // 10):
        work()
    took = []
    start, cpu = time.perf_counter(), time.process_time()
    for _ in range(number):
        before = time.perf_counter()
        work()
        took.append(time.perf_counter() - before)
    return statistics.median(took), (time.process_time() - cpu) / number, number / (time.perf_counter() - start)


def show(what: str, median: float, cpu: float, rate: float) -> None:
    print(f"{what:<55} {median * 1e6:8.0f} µs  {cpu * 1e6:6.0f} µs of CPU  {rate:8,.0f} a second", flush=True)


if __name__ == "__main__":
    main()
