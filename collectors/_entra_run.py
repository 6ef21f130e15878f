"""One run of reading a tenant: sign in, read what can be read, and either a state or what to go on from."""

from __future__ import annotations

from collectors._entra_found import Found
from collectors._entra_memory import RUNS, Kept, Parts
from collectors._entra_reading import Reading
from collectors._entra_state import read
from collectors._patience import Patience
from collectors.graph_sign_in import connect
from collectors.host.protocol import Host
from hustings.declared import Tenant
from hustings.directory.entra import State


def run(host: Host, tenant: Tenant, *, within: float, kept: Kept | None = None, remembers: bool = False,
        patience: Patience | None = None) -> tuple[State, Kept | None, str]:
    """What was read in at most ``within`` seconds. Where it ``remembers`` and was throttled, also what to give to the
    next run as ``kept``, and how far it came in words: the state is then not whole. Raises ``LookError`` where nothing
    at all can be read."""
    graph = connect(host, tenant, within=within, patience=patience)
    parts = Parts(host.now(), kept)
    reading = Reading(graph, tenant, parts)
    found = read(reading)
    runs = kept.runs if kept is not None else 0
    requests = graph.requests + (kept.requests if kept is not None else 0)
    if reading.fruitless is not None:
        raise reading.fruitless
    state = _state(tenant, parts, reading, found, requests)
    if remembers and reading.late and runs + 1 < RUNS:
        return state, reading.kept(runs + 1, requests), reading.progress()
    return state, None, ""


def _state(tenant: Tenant, parts: Parts, reading: Reading, found: Found, requests: int) -> State:
    return State(
        id=tenant.id, read_at=parts.begun, requests=requests, unread=reading.unread, domains=tuple(found.domains),
        licences=tuple(found.licences), users=tuple(found.users.values()),
        registrations=tuple(found.registrations.values()), roles=tuple(found.roles), groups=tuple(found.groups),
        security_defaults=found.security_defaults, policies=tuple(found.policies), locations=tuple(found.locations),
        strengths=tuple(found.strengths), applications=tuple(found.applications), authorization=found.authorization,
        passwords=found.passwords, devices=tuple(found.devices), forwardings=tuple(found.forwardings))
