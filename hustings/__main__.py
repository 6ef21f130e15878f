"""The ``hustings`` command: a dispatcher that imports a room only when it is asked for."""

from __future__ import annotations

import gc
import os
import sys
from typing import Any

import click

from hustings import __version__
from hustings.errors import Exit, HustingsError
from hustings.lazy import LazyGroup

COMMANDS = {
    "up": ("agent.up:up", "The whole product on this machine: server, audit, scorecard."),
    "check": ("agent.check:check", "Audit this machine here and now, without a server."),
    "facts": ("agent.facts:facts", "Show every fact collected here, and whether it leaves the machine."),
    "record": ("agent.record:record", "Print a script that records a machine where no agent can run."),
    "agent": ("agent.cli:agent", "Enrol, run, inspect and install the agent."),
    "access": ("agent.access.cli:access", "Least privilege on registration databases."),
    "directory": ("agent.directory.cli:directory", "Tenants and directories: who can sign in, and how."),
    "leavers": ("agent.leavers:leavers", "Every place where people who left still have access, by person."),
    "keys": ("agent.keys_cli:keys", "The office's key, under which names leave its machines as pseudonyms."),
    "person": ("agent.keys_cli:person", "Say which name a pseudonym stands for."),
    "feeds": ("policies.feeds.cli:feeds", "Feeds of vulnerabilities: import, fetch, and see how old they are."),
    "policy": ("policies.cli:policy", "List, show, lint, test and pack policies."),
    "plan": ("server.plan_cli:plan", "The replacement plan from the command line."),
    "server": ("server.cli:server", "Set up and run the server."),
}
"""Command, where it is, and its one line of help: what ``--help`` shows without importing it."""


GARBAGE_AFTER = 50_000
"""Objects made before the collector looks for cycles: a sixth of a short command's time went there."""


@click.group(cls=LazyGroup, places=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hustings")
def hustings() -> None:
    """Cyber-hygiene and least-privilege auditing for election offices and campaigns.

    Exit codes: 0 fine, 1 the answer is "no", 2 wrong usage or configuration, 3 could not finish,
    4 incomplete or stale.
    """


def main(argv: list[str] | None = None) -> Any:
    """Run a command; every deliberate error becomes its message and exit code, never a traceback.

    The guard at the end is for faults of ours: exit code 1 would say that a check fails, so it is 3.
    """
    gc.set_threshold(GARBAGE_AFTER)
    try:
        hustings.main(argv, standalone_mode=True)
    except HustingsError as error:
        print(f"hustings: {error}", file=sys.stderr)
        sys.exit(int(error.exit_code))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(int(Exit.CANNOT))
    except Exception as error:
        if os.environ.get("HUSTINGS_DEBUG"):
            raise
        print(f"hustings: a fault of this program: {type(error).__name__}: {error}\n"
              "  fix: run it again with HUSTINGS_DEBUG=1 and report what it prints", file=sys.stderr)
        sys.exit(int(Exit.CANNOT))


if __name__ == "__main__":
    main()
