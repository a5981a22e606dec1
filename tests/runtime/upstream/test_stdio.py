"""A server as a process behind a link: what is heard of it, and that nothing is left of it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from oktsec_lint.core.config import ServerSpec
from oktsec_lint.core.errors import UpstreamError
from oktsec_lint.runtime.upstream import Limits
from oktsec_lint.runtime.upstream.stdio import StdioLink
from tests.live import PLACE, SERVERS, hostile, is_gone
from tests.reference import stdio
from tests.runtime.upstream.listener import LIMITS, Ear, Talk, run, talking

FAULTY = stdio("faulty", sys.executable, str(SERVERS / "faulty.py"))
CRASHED = "it exited with code 3; its last words: Error: the key *** was refused"
ECHO = "import sys\nfor line in sys.stdin.buffer: sys.stdout.buffer.write(line); sys.stdout.buffer.flush()"


def script(text: str, **env: str) -> ServerSpec:
    return stdio("it", sys.executable, "-c", text, env=env)


async def pid_of(talk: Talk) -> int:
    answer = await talk.ask("tools/call", 1, name="do", arguments={"what": "pid"})
    return int(answer["result"]["content"][0]["text"])


def test_a_message_is_one_line_there_and_back() -> None:
    """Line ends between two tokens would be the beginning of another message, and one that nobody has judged."""

    async def test() -> list[tuple[bytes | None, str]]:
        async with talking(script(ECHO)) as talk:
            await talk.link.send(b'{"id":\r\n1,\n"method":"a"}\n', about="1")
            await talk.link.send('{"text":"\u2028"}'.encode())
            return await talk.ear.until(lambda: talk.ear.lines[1:] and talk.ear.lines)

    assert run(test) == [(b'{"id":\r 1, "method":"a"} ', ""), ('{"text":"\u2028"}'.encode(), "")]


def test_a_line_beyond_the_limit_is_known_to_be_missing() -> None:
    async def test() -> list[bytes | None]:
        async with talking(script(ECHO), LIMITS._replace(message=100)) as talk:
            await talk.link.send(b"x" * 101)
            await talk.link.send(b"y" * 100)
            await talk.ear.until(lambda: talk.ear.lines[1:])
            return [line for line, _ in talk.ear.lines]

    assert run(test) == [None, b"y" * 100]


def test_much_goes_through_in_both_directions_at_once() -> None:
    async def test() -> int:
        async with talking(script(ECHO)) as talk:
            for _ in range(64):
                await talk.link.send(b"x" * (1 << 17))
            await talk.ear.until(lambda: len(talk.ear.lines) == 64)
            return sum(len(line or b"") for line, _ in talk.ear.lines)

    assert run(test) == 1 << 23


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (
            hostile("crash", {"API_KEY": "k-1234567"}),
            "it exited with code 3; its last words: Error: the key *** was refused",
        ),
        (hostile("close-output"), "it closed its output"),
        (script("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"), "it was ended by SIGKILL"),
        (script("print('no line end', end='')"), "it exited with code 0"),
    ],
)
def test_its_end_is_told_once(spec: ServerSpec, reason: str) -> None:
    async def test() -> None:
        async with talking(spec) as talk:
            assert await talk.ear.end() == reason
            await talk.send("tools/list", 1)
            assert talk.ear.failures == [("1", "the link to it has ended", 0)]
        assert talk.ear.ends == [reason]

    run(test)


def test_a_process_that_leaves_its_output_to_another_has_ended_and_so_has_the_other() -> None:
    async def test() -> tuple[str, int]:
        async with talking(FAULTY) as talk:
            await talk.open_legacy()
            await talk.send("tools/call", 1, name="do", arguments={"what": "bequeath", "size": 5})
            reason = await talk.ear.end()
            return reason, int(talk.ear.messages[-1]["params"]["data"])

    reason, heir = run(test)
    assert reason == "it exited with code 5"
    assert is_gone(heir)


@pytest.mark.parametrize("deed", ["complain", "dribble", "flood"])
def test_noise_is_no_obstacle(deed: str) -> None:
    async def test() -> None:
        async with talking(FAULTY) as talk:
            await talk.open_legacy()
            answer = await talk.ask("tools/call", 1, name="do", arguments={"what": deed, "size": 4 << 20})
            assert answer["result"]["content"]
            if deed == "complain":
                link = talk.link
                assert isinstance(link, StdioLink)
                assert 0 < sum(map(len, link.stderr)) < 1 << 15

    run(test)


@pytest.mark.parametrize("deed", ["harden", "deafen", "hush", "nothing"])
def test_nothing_is_left_of_a_process_that_does_not_want_to_end(deed: str) -> None:
    async def test() -> int:
        async with talking(FAULTY) as talk:
            await talk.open_legacy()
            process = await pid_of(talk)
            await talk.send("tools/call", 2, name="do", arguments={"what": deed})
            if deed in {"harden", "deafen"}:
                await talk.ear.answer(2)
            return process

    assert is_gone(run(test))


def test_a_daemon_of_a_process_is_gone_too(tmp_path: Path) -> None:
    async def test() -> None:
        async with talking(hostile("leave-daemon", {"PIDS": str(tmp_path / "pids")})) as talk:
            await talk.open_legacy()

    run(test)
    pids = list(map(int, (tmp_path / "pids").read_text().split()))
    assert len(pids) > 1
    assert all(map(is_gone, pids))


def test_who_reads_nothing_is_not_waited_for() -> None:
    async def test() -> None:
        async with talking(FAULTY, Limits(idle=0.2)) as talk:
            await talk.open_legacy()
            await talk.ask("tools/call", 1, name="do", arguments={"what": "deafen"})
            for number in range(2, 10):
                await talk.send("tools/call", number, text="x" * (1 << 16))
            assert (await talk.ear.failure())[1] == "it has read nothing for 0.2 seconds"

    run(test)


def test_it_gets_what_is_declared_and_little_else() -> None:
    seen = "import os, json; print(json.dumps(dict(os.environ)))"

    async def test() -> dict[str, str]:
        async with talking(script(seen, GIVEN="${WANTED}"), WANTED="value", OKTSEC_SECRET="mine", OTHER="x") as talk:
            await talk.ear.end()
            return talk.ear.messages[0]

    env = run(test)
    assert env["GIVEN"] == "value"
    assert not env.keys() & {"WANTED", "OKTSEC_SECRET", "OTHER"}


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (stdio("it", "no-such-command-at-all"), "its command `no-such-command-at-all` was not found on PATH"),
        (stdio("it", ""), "its entry has no `command`"),
        (stdio("it", "${NOT_SET}"), "environment variable `NOT_SET` not set"),
    ],
)
def test_what_cannot_be_started_says_why(spec: ServerSpec, reason: str) -> None:
    async def test() -> None:
        async with talking(spec):
            pass

    with pytest.raises(UpstreamError) as caught:
        run(test)
    assert caught.value.message == reason


@pytest.mark.skipif(sys.platform != "linux", reason="looks for its children in /proc")
def test_an_end_that_was_begun_is_finished_whoever_stops_waiting_for_it() -> None:
    """A loop that ends cancels every task, also one that has not begun."""
    from oktsec_lint.launch.orphans import children_elsewhere

    link = StdioLink(FAULTY, os.environ, Ear(), LIMITS)
    before = set(children_elsewhere())

    async def test() -> set[int]:
        await link.open()
        started = set(children_elsewhere()) - before
        closing = asyncio.ensure_future(link.close())
        await asyncio.sleep(0)
        closing.cancel()
        return started

    started = run(test)
    assert len(started) > 1
    assert not started & set(children_elsewhere())


KILLED = """
import asyncio, sys
from tests.runtime.upstream.listener import talking
from tests.runtime.upstream.test_stdio import FAULTY, pid_of

async def main():
    async with talking(FAULTY) as talk:
        await talk.open_legacy()
        number = await pid_of(talk)
        await talk.ask("tools/call", 2, name="do", arguments={"what": "harden"})
        print(number, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for a process that is not its own")
def test_a_server_does_not_outlive_our_sudden_death() -> None:
    with subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True) as ours:
        assert ours.stdout is not None
        server = int(ours.stdout.readline())
        descriptor = os.pidfd_open(server)
        ours.send_signal(signal.SIGKILL)

    async def gone() -> None:
        over = asyncio.Event()
        asyncio.get_running_loop().add_reader(descriptor, over.set)
        await over.wait()
        asyncio.get_running_loop().remove_reader(descriptor)

    run(gone)
    os.close(descriptor)


def test_an_entry_that_was_never_opened_can_be_closed() -> None:
    async def test() -> None:
        async with talking(ServerSpec("it", FAULTY.transport, PLACE, "${NOT_SET}")):
            pass

    with pytest.raises(UpstreamError):
        run(test)
