"""A Google Workspace tenant of 20,000 accounts over the wire, from signing in to verdicts.

200 organisational units with a setting of their own each. The server speaks as Google does on loopback, in this
process; what is measured is ours. The number of requests is what the tenant's own counter says.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from pathlib import Path

from benchmarks.directory import _AGAIN, BOUND
from benchmarks.process import cost
from benchmarks.table import Row
from tests.directory.google_office import office
from tests.google_server import ADMINISTRATOR, Workspace, policy, serve, unit, usage, user

ACCOUNTS, UNITS = 20_000, 200


def large() -> Workspace:
    """An office with that many more people: of one in fifty Google says that nothing is enforced."""
    chance = random.Random(1122)
    tenant = office()
    people = [user(f"person{one}@office.example", f"5{one:06d}", isEnforcedIn2Sv=one % 50 != 0,
                   orgUnitPath=f"/Staff/u{chance.randrange(UNITS)}") for one in range(ACCOUNTS)]
    tenant.users += people
    tenant.units += [unit(f"/Staff/u{one}", f"03u{one}", "03staff") for one in range(UNITS)]
    tenant.policies += [policy("security.two_step_verification_enforcement", {"enforcedFrom": "2024-02-16T23:22:21Z"},
                               unit=f"03u{one}", order=203 + one / 1000) for one in range(UNITS)]
    for rows in tenant.usage.values():
        rows += [usage(one["primaryEmail"]) for one in people]
    return tenant


def measure(runs: int) -> list[Row]:
    """Rows for the whole way and for reading alone."""
    with tempfile.TemporaryDirectory() as scratch, serve(large()) as server:
        state, config = Path(scratch, "state.json"), Path(scratch, "machine.yaml")
        config.write_text(
            f"roles: [directory]\ntenants:\n  - {{name: office, kind: google, administrator: {ADMINISTRATOR}, "
            f"key_file: {server.key_file(Path(scratch))}, url: '{server.url}'}}\n", encoding="ascii")
        whole = [sys.executable, "-P", "-m", "hustings", "check", "--config", str(config), "--tenant", "office",
                 "--format", "json"]
        reading = [sys.executable, "-P", "-c", _AGAIN, str(state), "directory", "read", "--config", str(config),
                   "--output", str(state)]
        rows = []
        for what, command in (("signing in, reading and judging", whole), ("reading", reading)):
            spent = cost(command, runs=min(runs, 2), ok=(0, 1, 3))
            rows.append(Row(f"{ACCOUNTS} accounts × {UNITS} units of Google Workspace: {what}",
                            f"{spent.cpu:.1f} s of processor time, {spent.mib:.0f} MiB in the largest process", "", "",
                            BOUND))
        said = json.loads(state.read_text(encoding="utf-8"))
        rows.append(Row(f"{ACCOUNTS} accounts: requests to Google", str(said["requests"]),
                        f"one for each account: {ACCOUNTS}", f"{ACCOUNTS / said['requests']:.0f} × fewer", ""))
        return rows
