"""A Microsoft Entra ID tenant of 20,000 accounts and 200 policies over the wire, from signing in to verdicts.

The server speaks Graph on loopback, in this process; what is measured are ours: the audit, and the process that
reads. The number of requests is what the tenant's own counter says. The engine alone judges the same tenant from a
file.
"""

from __future__ import annotations

import io
import json
import random
import sys
import tempfile
import time
from pathlib import Path

from agent import config as configs
from benchmarks.process import cost
from benchmarks.table import Row
from collectors import directory_entra
from collectors._entra_permissions import PERMISSIONS
from collectors.base import Dated, Memory
from collectors.host.live import LiveHost
from tests.graph_server import CLIENT, SECRET, TENANT, Fault, GraphServer, serve
from tests.graph_tenant import GLOBAL, MFA, Group, Tenant, group, guid, policy, registration, user

ACCOUNTS, POLICIES, GROUPS, ADMINISTRATORS = 20_000, 200, 150, 40
BOUND = "20 s, 250 MiB"
_APPS = [guid(one, 12) for one in range(40)]


def large() -> Tenant:
    """The tenant: one account in twenty is a guest's; every policy leaves out a group and half name others."""
    chance = random.Random(1122)
    people = [user(one, f"person{one}_other.example#EXT#@office.example" if one % 20 == 0 else f"person{one}",
                   userType="Guest" if one % 20 == 0 else "Member") for one in range(1, ACCOUNTS + 1)]
    ids = [one["id"] for one in people]
    groups: list[Group] = []
    for number in range(1, GROUPS + 1):
        size = chance.choice((3, 10, 50, 400, 3_000 if number % 15 == 0 else 100))
        nested = [groups[-1].said["id"]] if number % 10 == 0 else []
        groups.append(group(number, f"Group {number}", *chance.sample(ids, size), *nested))
    return Tenant(
        users=people, groups=groups, policies=[_policy(one, chance) for one in range(1, POLICIES + 1)],
        registrations=[registration(one, *chance.choice(((), ("microsoftAuthenticatorPush",), ("fido2SecurityKey",))))
                       for one in people],
        assignments=[{"roleDefinitionId": GLOBAL, "principalId": one} for one in ids[:ADMINISTRATORS]],
        per_user={})


def _policy(number: int, chance: random.Random) -> dict[str, object]:
    everybody = number % 2 == 0
    users = {"includeUsers": ["All"] if everybody else [],
             "includeGroups": [] if everybody else [guid(chance.randint(1, GROUPS), 2)],
             "excludeGroups": [guid(chance.randint(1, GROUPS), 2)]}
    some = {"applications": {"includeApplications": chance.sample(_APPS, 3)}} if number % 3 else {}
    clients = [["all"], ["browser", "mobileAppsAndDesktopClients"], ["exchangeActiveSync", "other"]][number % 3]
    grants = MFA if number % 3 < 2 else MFA | {"builtInControls": ["block"]}
    state = ("enabled", "enabled", "enabled", "disabled", "enabledForReportingButNotEnforced")[number % 5]
    return policy(number, {"users": users, "clientAppTypes": clients} | some, grants, state=state)


def measure(runs: int) -> list[Row]:
    """Rows for the whole way, for reading alone, and for judging alone."""
    with tempfile.TemporaryDirectory() as scratch, serve(permissions=[one.name for one in PERMISSIONS]) as server:
        large().install(server)
        state, config = Path(scratch, "state.json"), Path(scratch, "machine.yaml")
        Path(scratch, "secret").write_text(SECRET, encoding="ascii")
        Path(scratch, "secret").chmod(0o600)
        config.write_text(
            f"roles: [directory]\ntenants:\n  - {{name: office, kind: entra, id: {TENANT}, client_id: {CLIENT}, "
            f"secret_file: {scratch}/secret, url: '{server.url}'}}\n", encoding="ascii")
        ours = [sys.executable, "-P", "-m", "hustings"]
        only = [word for one in _checks() for word in ("--only", one)]
        whole = [*ours, "check", "--config", str(config), *only, "--format", "json"]
        reading = [sys.executable, "-P", "-c", _AGAIN, str(state), "directory", "read", "--config", str(config),
                   "--output", str(state)]
        judging = [*ours, "directory", "mfa", "--config", str(config), "--state", str(state), "--format", "json"]
        rows = []
        for what, command in (("signing in, reading and judging", whole), ("reading", reading), ("judging", judging)):
            start = time.monotonic()
            spent = cost(command, runs=min(runs, 2), ok=(0, 1, 3))
            seconds = (time.monotonic() - start) / (min(runs, 2) + 1)
            rows.append(Row(
                f"{ACCOUNTS} accounts × {POLICIES} policies: {what}",
                f"{spent.cpu:.1f} s of processor time, {spent.mib:.0f} MiB in the largest process "
                f"({seconds:.0f} s by the clock)", "", "", BOUND))
        said = json.loads(state.read_text(encoding="utf-8"))
        rows.append(Row(f"{ACCOUNTS} accounts: requests to Microsoft Graph", str(said["requests"]),
                        f"one for each account: {ACCOUNTS}", f"{ACCOUNTS / said['requests']:.0f} × fewer", ""))
        rows.append(_throttled(server, config))
        return rows


def _throttled(server: GraphServer, config: Path) -> Row:
    """Two runs, the first of which is told to come back in two hours halfway through the accounts."""
    declared = configs.load(config)
    server.faults.append(Fault("/users", 429, {"Retry-After": "7200"}, after=20))
    memory, sent = b"", []
    for _ in range(2):
        before, after = len(server.log), io.BytesIO()
        said = directory_entra.recall(LiveHost(), declared, Memory(io.BytesIO(memory), after))
        memory = after.getvalue()
        sent.append(sum(not one.batched and one.path.startswith(("/v1.0", "/beta")) for one in server.log[before:]))
    whole = any(isinstance(one, Dated) for one in said.values())
    return Row(f"{ACCOUNTS} accounts, throttled halfway: requests of the first run and of the one that goes on",
               f"{sent[0]} and {sent[1]}{'' if whole else ', not whole'}", "", "", "")


_AGAIN = """
import sys, pathlib
pathlib.Path(sys.argv.pop(1)).unlink(missing_ok=True)
from hustings.__main__ import main
sys.exit(main())
"""
"""Reads into a new file each time."""


def _checks() -> list[str]:
    from policies import pack as packs

    return [check.id for check in packs.shipped().checks if check.each == "tenant"]
