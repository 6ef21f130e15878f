"""Reading statement logs: a realistic csvlog of 1 GB, by the SQL parser only for shapes not seen before.

The ratio is against the floor: the same file through the csv module alone, understanding nothing.
``HUSTINGS_BENCH_LOG_MIB`` makes it smaller.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.process import cost
from benchmarks.table import Row

_MIB = 1024 * 1024
_STREETS = ("Elm", "Oak", "Maple", "Cedar", "Main", "Church", "Mill", "O''Hara")
_BOUND_RATE = 20.0
_BOUND_MIB = 150.0


def statements() -> list[str]:
    """Templates of a registration office's day; ``%`` stands for a number, ``@`` for a text."""
    tables = ("voters", "addresses", "absentee", "signatures", "contacts", "precincts", "queue", "letters")
    found = ["BEGIN", "COMMIT"]
    for table in tables:
        for column in ("last_name", "county", "status", "updated_at", "party"):
            found += [
                f"SELECT id, {column}, note FROM vr.{table} WHERE id = %",
                f"SELECT t.id, t.{column}, v.last_name FROM vr.{table} t JOIN vr.voters v ON v.id = t.voter_id "
                f"WHERE t.{column} = @ AND v.county IN (%, %, %) ORDER BY v.last_name, t.id LIMIT %",
                f"UPDATE vr.{table} SET {column} = @, updated_at = now() WHERE id = % AND {column} <> @",
                f"INSERT INTO vr.{table} (voter_id, {column}, note) VALUES (%, @, @) RETURNING id",
                f"SELECT count(*) FROM vr.{table} WHERE {column} >= @ AND voter_id > %",
            ]
    return found


def write_log(path: Path, size: int) -> None:
    """A csvlog of about this many bytes, as ``log_statement = all`` writes it."""
    chosen = random.Random(4)
    templates, at = statements(), datetime(2026, 9, 1, 8, tzinfo=UTC)
    sessions = [(f"clerk{n:02d}", f"6b02bc{n:02x}.{n:x}", f"10.2.0.{n}:5{n:04d}") for n in range(60)]
    written, lines = 0, dict.fromkeys((one[1] for one in sessions), 2)
    with path.open("w", encoding="utf-8", newline="") as file:
        while written < size:
            part = []
            for _ in range(2000):
                at += timedelta(milliseconds=chosen.randrange(20))
                user, session, host = chosen.choice(sessions)
                lines[session] += 1
                pieces = chosen.choice(templates)
                while "%" in pieces:
                    pieces = pieces.replace("%", str(chosen.randrange(10**6)), 1)
                while "@" in pieces:
                    pieces = pieces.replace("@", f"'{chosen.choice(_STREETS)} {chosen.randrange(900)}'", 1)
                time = at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + " UTC"
                message, tail = pieces.replace('"', '""'), '"voters app","client backend",,0\n'
                part.append(
                    f'{time},"{user}","vr",{4000 + len(user)},"{host}",{session},{lines[session]},"idle",'
                    f'2026-09-01 08:00:00 UTC,3/{lines[session]},0,LOG,00000,"statement: {message}",,,,,,,,,{tail}'
                )
            text = "".join(part)
            written += len(text)
            file.write(text)


def measure(runs: int) -> list[Row]:
    """One row for rate and one for memory. One run: a gigabyte takes a while."""
    size = int(os.environ.get("HUSTINGS_BENCH_LOG_MIB", "1024")) * _MIB
    del runs
    with tempfile.TemporaryDirectory() as folder:
        log, store = Path(folder, "pg.csv"), Path(folder, "store.db")
        write_log(log, size)
        size = log.stat().st_size
        floor = cost(
            [
                sys.executable,
                "-c",
                "import csv, sys\nfor _ in csv.reader(open(sys.argv[1], newline='')): pass",
                str(log),
            ],
            runs=1,
        )
        ours = _once([sys.executable, "-m", "hustings", "access", "usage", str(log), "--store", str(store)])
    rate = size / _MIB / ours[0]
    return [
        Row(
            f"csvlog of {size / _MIB:.0f} MiB",
            f"{rate:.0f} MiB/s",
            f"csv module alone {size / _MIB / floor.cpu:.0f} MiB/s",
            f"{ours[0] / floor.cpu:.1f}",
            f"≥ {_BOUND_RATE:.0f} MiB/s",
        ),
        Row(
            "its peak memory",
            f"{ours[1]:.0f} MiB",
            f"{floor.mib:.0f} MiB",
            f"{ours[1] / floor.mib:.1f}",
            f"≤ {_BOUND_MIB:.0f} MiB",
        ),
    ]


def _once(command: list[str]) -> tuple[float, float]:
    """Processor seconds and peak MiB of one run, with no run before it: a second one has nothing left to read."""
    program = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss)\n"
    )
    done = subprocess.run([sys.executable, "-S", "-c", program, *command], capture_output=True, text=True, check=True)
    cpu, peak = done.stdout.split()
    return float(cpu), int(peak) / 1024
