"""The resident supervisor: ``python -m agent.resident MINUTE SECOND COMMAND…``.

It runs the command now and then every hour at that minute and second, each time as a process of its
own, until SIGTERM or Ctrl-C. It imports nothing of ours, so that it idles in little more memory than
the scheduler itself takes, and between the hours it does not wake.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import NoReturn


def reside(minute: int, second: int, command: Sequence[str]) -> None:
    """Supervise until told to stop; a running command is told first."""
    from apscheduler.executors.debug import DebugExecutor
    from apscheduler.schedulers.blocking import BlockingScheduler
    from apscheduler.triggers.cron import CronTrigger

    running: list[subprocess.Popen[bytes]] = []

    def audit() -> None:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        running.append(process)
        process.wait()
        running.clear()

    def stop(number: int, frame: object) -> NoReturn:
        """End at once: there is nothing to put in order here, and the scheduler would catch an exception."""
        for process in running:
            process.terminate()
            with suppress(ChildProcessError):
                os.waitpid(process.pid, 0)  # its own wait() would lock out the one we interrupted
        os._exit(0)

    scheduler = BlockingScheduler(timezone=UTC, executors={"default": DebugExecutor()},
                                  job_defaults={"coalesce": True, "misfire_grace_time": None})
    scheduler.add_job(audit, CronTrigger(minute=minute, second=second, timezone=UTC), next_run_time=datetime.now(UTC))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    scheduler.start()


if __name__ == "__main__":
    reside(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
