"""One run of the agent with a report that costs nothing to make, so that a test may run it many times.

``python -m tests.flow.reporter STATE NOTE`` does what ``hustings agent once`` does, the audit aside: the
report's host label is NOTE, by which the server's copy is known again.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from agent.identity import Identity, State
from agent.reporting import Content, times
from agent.run import once, wall_clock
from agent.transport import HttpTransport
from hustings import report
from hustings.report import Hardware, Inventory, Os, Product, Report


def content(identity: Identity, note: str) -> Content:
    section = Inventory(Os("linux", "debian", "12"), Hardware(), (Product("openssl", note[:1], "dpkg"),), True)
    made = Report(
        schema=report.SCHEMA, tenant=identity.tenant, agent=identity.agent, epoch="", sequence=0, previous=None,
        times=times(None), agent_version="0", pack="sha256:" + "0" * 64, host=note, roles=(), inventory=section,
        facts={}, results=(), spool=report.Spool(0, 0), privileges=())
    return Content(made, section, note)


def main(place: str, note: str) -> int:
    state = State(Path(place))
    identity = state.load()
    ways = HttpTransport(identity.server, ca=state.place / identity.ca if identity.ca else None)
    run = once(state, lambda found, _: content(found, note), ways, wall_clock(lambda _: None), server=identity.server)
    sys.stdout.buffer.write(msgspec.json.encode([run.made, run.arrived, run.waiting, str(run.trouble or "")]))
    return 3 if run.trouble else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
