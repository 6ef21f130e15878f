"""The supervisor: little memory, no waking, a clean end, and times that are this machine's own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent import schedule

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")


@contextmanager
def supervisor(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-m", "agent.resident", "0", "0", *command]) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until(what: object, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def field(pid: int, name: str) -> int:
    line = next(one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith(name + ":"))
    return int(line.split()[1])


def touch(path: Path) -> Sequence[str]:
    return (sys.executable, "-c", f"open({str(path)!r}, 'w').close()")


def test_it_runs_the_command_at_once_then_idles_within_30_mb_without_waking(tmp_path: Path) -> None:
    with supervisor(*touch(tmp_path / "ran")) as process:
        wait_until((tmp_path / "ran").exists)
        wait_until(lambda: not Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().strip())
        time.sleep(0.5)
        before = field(process.pid, "voluntary_ctxt_switches")
        time.sleep(3)
        assert field(process.pid, "voluntary_ctxt_switches") == before
        assert field(process.pid, "VmRSS") < 30_000
        assert field(process.pid, "Threads") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_the_audit_it_runs(tmp_path: Path, number: signal.Signals) -> None:
    script = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    with supervisor(sys.executable, "-c", script) as process:
        wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
        process.send_signal(number)
        assert process.wait(10) == 0
        child = int((tmp_path / "pid").read_text())
        wait_until(lambda: not Path(f"/proc/{child}").exists())


def test_a_signal_while_idle_ends_it(tmp_path: Path) -> None:
    with supervisor(*touch(tmp_path / "ran")) as process:
        wait_until((tmp_path / "ran").exists)
        wait_until(lambda: not Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().strip())
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(10) == 0


def test_agents_spread_over_the_day_and_each_keeps_its_time() -> None:
    slots = [schedule.slot(f"agent-{number}") for number in range(2000)]
    assert schedule.slot("agent-7") == slots[7]
    assert all(0 <= one.of_day < 86_400 and 0 <= one.of_hour < 3_600 for one in slots)
    by_hour = [sum(one.of_day // 3600 == hour for one in slots) for hour in range(24)]
    assert min(by_hour) > 40
    assert max(by_hour) < 140


@pytest.mark.parametrize(("since", "due"), [
    (timedelta(seconds=-1), True), (timedelta(0), False), (timedelta(hours=3), False),
])
def test_a_report_is_due_when_the_days_time_has_passed_since_the_last(since: timedelta, due: bool) -> None:
    slot = schedule.slot("agent")
    time_of_day = datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=slot.of_day)
    assert schedule.daily_due(time_of_day + timedelta(hours=4), time_of_day + since, "agent") is due


def test_before_the_days_time_yesterdays_counts() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=schedule.slot("agent").of_day)
    assert not schedule.daily_due(at - timedelta(minutes=1), at - timedelta(hours=23), "agent")
    assert schedule.daily_due(at - timedelta(minutes=1), at - timedelta(hours=25), "agent")


def test_without_a_last_report_or_with_one_from_the_future_a_report_is_due() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert schedule.daily_due(now, None, "agent")
    assert schedule.daily_due(now, now + timedelta(days=300), "agent")


def test_a_change_is_told_at_most_hourly() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert schedule.change_due(now, now - timedelta(hours=1), changed=True)
    assert not schedule.change_due(now, now - timedelta(minutes=30), changed=True)
    assert not schedule.change_due(now, now - timedelta(hours=5), changed=False)
