"""From packets to verdicts: a good domain passes everything, and each planted fault turns its own check alone."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from agent.audit import audit
from hustings.declared import Declared, Domain
from hustings.verdicts import Verdict
from policies import pack as packs
from tests.dns_server import REFUSED, SERVFAIL, TRUNCATED, World, Zone, serving
from tests.fakes import FakeHost

SENDING = ("spf", "spf-tidy", "dkim", "dmarc-enforced", "dmarc-reject", "dmarc-reports-arrive", "mta-sts-announced",
           "tls-reports")
IDLE = ("no-mail-sent", "no-mail-taken")
ALWAYS = ("dnssec", "certificate-authorities", "official", "no-free-mail", "locked", "not-expiring")
CHECKS = tuple(f"domains/{one}" for one in (*SENDING, *IDLE, *ALWAYS))
EXPIRY = ("domains/not-expiring",)
PASS, FAIL, UNKNOWN, NOT_APPLICABLE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE


def _key(bits: int) -> str:
    public = rsa.generate_private_key(65537, bits).public_key()
    return base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


KEYS = {bits: _key(bits) for bits in (1024, 2048)}


def zone(name: str, *, drop: str = "", add: str = "", spf: str = "v=spf1 ip4:192.0.2.0/24 mx -all",
         dmarc: str = "", key: int = 2048, flags: str = "", **fields: Any) -> Zone:
    """The zone of a good domain with one thing changed: lines whose first words are ``drop`` left out."""
    dmarc = dmarc or f"v=DMARC1; p=reject; rua=mailto:d@{name}"
    public = KEYS[key]
    lines = [f'@ TXT "{spf}"', "@ MX 10 mx", "mx A 192.0.2.1", f'_dmarc TXT "{dmarc}"',
             f's1._domainkey TXT "v=DKIM1; {flags} p={public[:200]}" "{public[200:]}"',
             '_mta-sts TXT "v=STSv1; id=1;"', f'_smtp._tls TXT "v=TLSRPTv1; rua=mailto:t@{name}"',
             '@ CAA 0 issue "ca.example"']
    kept = [one for one in lines if not drop or not one.startswith(drop)]
    return Zone(name, "\n".join([*kept, *add.splitlines()]) + "\n", **fields)


def idle(name: str, *, spf: str = "v=spf1 -all", dmarc: str = "v=DMARC1; p=reject", mx: str = "0 .") -> Zone:
    """The zone of a domain that sends no mail."""
    return Zone(name, f'@ TXT "{spf}"\n@ MX {mx}\n_dmarc TXT "{dmarc}"\n@ CAA 0 issue "ca.example"\n')


def includes(count: int) -> str:
    return "v=spf1 " + " ".join(["include:inc.ca"] * count) + " -all"


PLANTED: list[tuple[Zone, dict[str, Verdict]]] = [
    (zone("good.ca"), {}),
    (zone("town.gov"), {}),
    (zone("twospf.ca", add='@ TXT "v=spf1 -all"'), {"spf": FAIL, "spf-tidy": NOT_APPLICABLE}),
    (zone("nospf.ca", drop="@ TXT"), {"spf": FAIL, "spf-tidy": NOT_APPLICABLE}),
    (zone("ten.ca", spf=includes(10)), {}),
    (zone("eleven.ca", spf=includes(11)), {"spf": FAIL}),
    (zone("everybody.ca", spf="v=spf1 +all"), {"spf": FAIL}),
    (zone("void.ca", spf="v=spf1 a:v1.ca a:v2.ca a:v3.ca -all"), {"spf": FAIL}),
    (zone("twovoid.ca", spf="v=spf1 a:v1.ca a:v2.ca -all"), {}),
    (zone("brokeninclude.ca", spf="v=spf1 include:v1.ca -all"), {"spf": FAIL}),
    (zone("lostinclude.ca", spf="v=spf1 include:down.ca -all"), {"spf": UNKNOWN, "spf-tidy": UNKNOWN}),
    (zone("loop.ca", spf="v=spf1 include:loop.ca -all"), {"spf": FAIL}),
    (zone("ptr.ca", spf="v=spf1 ptr -all"), {"spf-tidy": FAIL}),
    (zone("shortkey.ca", key=1024), {"dkim": FAIL}),
    (zone("testkey.ca", flags="t=y;"), {"dkim": FAIL}),
    (zone("nokey.ca", drop="s1"), {"dkim": FAIL}),
    (zone("revoked.ca", drop="s1", add='s1._domainkey TXT "v=DKIM1; p="'), {"dkim": FAIL}),
    (zone("keyalias.ca", drop="s1", add="s1._domainkey CNAME s1._domainkey.good.ca."), {}),
    (zone("watched.ca", dmarc="v=DMARC1; p=none; rua=mailto:d@watched.ca"),
     {"dmarc-enforced": FAIL, "dmarc-reject": FAIL}),
    (zone("quarantine.ca", dmarc="v=DMARC1; p=quarantine; rua=mailto:d@quarantine.ca"), {"dmarc-reject": FAIL}),
    (zone("opensub.ca", dmarc="v=DMARC1; p=reject; sp=none; rua=mailto:d@opensub.ca"),
     {"dmarc-enforced": FAIL, "dmarc-reject": FAIL}),
    (zone("part.ca", dmarc="v=DMARC1; p=reject; pct=20; rua=mailto:d@part.ca"), {"dmarc-enforced": FAIL}),
    (zone("mute.ca", dmarc="v=DMARC1; p=reject"), {"dmarc-enforced": FAIL, "dmarc-reports-arrive": FAIL}),
    (zone("nomailto.ca", dmarc="v=DMARC1; p=reject; rua=d@nomailto.ca"),
     {"dmarc-enforced": FAIL, "dmarc-reports-arrive": FAIL}),
    (zone("deaf.ca", dmarc="v=DMARC1; p=reject; rua=mailto:d@other.org"), {"dmarc-reports-arrive": FAIL}),
    (zone("twodmarc.ca", add='_dmarc TXT "v=DMARC1; p=none; rua=mailto:x@y.ca"'),
     {"dmarc-enforced": FAIL, "dmarc-reject": FAIL, "dmarc-reports-arrive": NOT_APPLICABLE}),
    (zone("nodmarc.ca", drop="_dmarc"),
     {"dmarc-enforced": FAIL, "dmarc-reject": FAIL, "dmarc-reports-arrive": NOT_APPLICABLE}),
    (zone("ring.ca", drop="_dmarc", add="_dmarc CNAME ring2\nring2 CNAME _dmarc"),
     {"dmarc-enforced": FAIL, "dmarc-reject": FAIL, "dmarc-reports-arrive": NOT_APPLICABLE}),
    (zone("dmarcdown.ca"), {"dmarc-enforced": UNKNOWN, "dmarc-reject": UNKNOWN, "dmarc-reports-arrive": UNKNOWN}),
    (zone("big.ca"), {}),
    (zone("nosts.ca", drop="_mta-sts"), {"mta-sts-announced": FAIL}),
    (zone("norpt.ca", drop="_smtp"), {"tls-reports": FAIL}),
    (zone("nocaa.ca", drop="@ CAA"), {"certificate-authorities": FAIL}),
    (zone("unsigned.ca", signed=False), {"dnssec": FAIL}),
    (zone("nods.ca", ds=False), {"dnssec": FAIL}),
    (zone("office.com"), {"official": FAIL}),
    (zone("freemail.ca"), {"no-free-mail": FAIL}),
    (zone("open.ca"), {"locked": FAIL}),
    (zone("ending.ca"), {"not-expiring": FAIL}),
    (zone("forever.ca"), {"not-expiring": UNKNOWN}),
    (zone("hidden.ca"), {"locked": UNKNOWN, "not-expiring": UNKNOWN}),
    (idle("idle.ca"), {}),
    (idle("idlesoft.ca", spf="v=spf1 ~all"), {"no-mail-sent": FAIL}),
    (idle("idlesender.ca", spf="v=spf1 a -all"), {"no-mail-sent": FAIL}),
    (idle("idlewatch.ca", dmarc="v=DMARC1; p=quarantine"), {"no-mail-sent": FAIL}),
    (idle("idlemx.ca", mx="10 mx.good.ca."), {"no-mail-taken": FAIL, "mta-sts-announced": FAIL, "tls-reports": FAIL}),
]
"""What is planted, and the checks that then do not pass."""
FORGED: list[tuple[Zone, dict[str, Verdict]]] = [
    (zone("expired.ca", expired=True), {}),
    (zone("otherds.ca", ds_of_other_key=True), {}),
    (zone("forged.ca", forged=(("forged.ca", "MX"),)), {}),
]
FAULTS = {"down.ca": SERVFAIL, "_dmarc.dmarcdown.ca": REFUSED, ("big.ca", "TXT"): TRUNCATED}


class _Registry(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        expires = datetime.now(UTC) + timedelta(days={"ending.ca": 20, "sixty.ca": 60}.get(name, 500))
        document = {"objectClassName": "domain", "ldhName": name,
                    "status": ["active"] if name in ("open.ca", "town.gov") else ["client transfer prohibited"],
                    "events": [] if name == "forever.ca" else [
                        {"eventAction": "expiration", "eventDate": expires.isoformat()}]}
        body = json.dumps(document).encode()
        self.send_response(404 if name == "hidden.ca" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        del format, args


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Registry)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def judged(names: list[str], resolver: str, registry: str, anchor: str, *, only: tuple[str, ...] = CHECKS,
           **more: Any) -> dict[str, dict[str, Verdict]]:
    """The verdict of every check for every domain."""
    domains = tuple(Domain(one, registration=registry, sends_mail=not one.startswith("idle"), dkim_selectors=("s1",),
                           addresses=(f"clerk@{'gmail.com' if one == 'freemail.ca' else one}",)) for one in names)
    declared = Declared(roles=("domain",), domains=domains, resolvers=(resolver,), trust_anchors=(anchor,), **more)
    done = audit(FakeHost(now=datetime.now(UTC)), declared, packs.shipped(), only=only)
    found: dict[str, dict[str, Verdict]] = {one: {} for one in names}
    for result in done.results:
        for instance in result.instances:
            found[instance.subject][result.check.removeprefix("domains/")] = instance.verdict
    return found


def expected(name: str, changed: dict[str, Verdict]) -> dict[str, Verdict]:
    idling = name.startswith("idle")
    usual = dict.fromkeys((*SENDING, *IDLE, *ALWAYS), PASS)
    usual |= dict.fromkeys(SENDING if idling else IDLE, NOT_APPLICABLE)
    if idling:
        usual |= {"spf-tidy": PASS, "dmarc-reports-arrive": FAIL}
    return usual | changed


@pytest.fixture(scope="module")
def verdicts(registry: str) -> dict[str, dict[str, Verdict]]:
    zones = [one for one, _ in (*PLANTED, *FORGED)]
    world = World([Zone("."), Zone("ca", 'inc TXT "v=spf1 ip4:192.0.2.0/24 -all"\n'), Zone("gov"), Zone("com"),
                   Zone("org"), *zones], FAULTS)
    with serving(world) as resolver:
        return judged([one.name for one in zones], resolver, registry, world.anchor)


@pytest.mark.parametrize(("name", "changed"), [(one.name, changed) for one, changed in PLANTED])
def test_each_fault_turns_its_own_checks_and_no_others(verdicts: dict[str, dict[str, Verdict]], name: str,
                                                       changed: dict[str, Verdict]) -> None:
    assert verdicts[name] == expected(name, changed)


@pytest.mark.parametrize("name", [one.name for one, _ in FORGED])
def test_a_broken_signature_fails_and_what_careful_receivers_cannot_read_passes_nothing(
        verdicts: dict[str, dict[str, Verdict]], name: str) -> None:
    found = verdicts[name]
    assert found["dnssec"] is FAIL
    assert {one: found[one] for one in SENDING} == dict.fromkeys(SENDING, UNKNOWN)
    assert found["certificate-authorities"] is UNKNOWN
    assert (found["official"], found["locked"]) == (PASS, PASS)


@pytest.mark.parametrize("fault", [SERVFAIL, REFUSED])
def test_without_an_answer_nothing_passes_and_nothing_fails(registry: str, fault: str) -> None:
    world = World([Zone(".")], {"*": fault})
    with serving(world) as resolver:
        found = judged(["good.ca"], resolver, registry, world.anchor)["good.ca"]
    asked = {one: verdict for one, verdict in found.items() if one not in ("official", "no-free-mail", "locked",
                                                                          "not-expiring", *IDLE)}
    assert set(asked.values()) == {UNKNOWN}


def test_before_a_vote_the_registration_must_last_past_its_certification(registry: str) -> None:
    world = World([Zone("."), Zone("ca"), zone("sixty.ca")])
    today = datetime.now(UTC).date()
    with serving(world) as resolver:
        for days, verdict in ((45, FAIL), (10, PASS), (200, PASS)):
            vote = (today + timedelta(days=days),)
            found = judged(["sixty.ca"], resolver, registry, world.anchor, voting_days=vote, only=EXPIRY)
            assert found["sixty.ca"]["not-expiring"] is verdict, days
