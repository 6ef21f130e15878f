"""The pages about rights in registration databases, through the real application, on both databases."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from hustings import envelope, keys
from hustings.access.model import AccessModel, Connection
from hustings.access.state import State
from hustings.facts import Facts, Listing, Missing, Observation, Reason
from hustings.report import Times
from policies.access import canonical
from policies.access.rows import Anomaly, Row, Unread
from policies.pack import shipped
from server import access_difference as names
from server import scorecard as rules
from server.access import cookies
from server.access_review import Statement
from server.reading import Reading
from server.store import audit, inventory, people, schema, sessions, tenants
from server.store.database import WHOLE_SERVER
from server.store.people import Role
from tests.sender import Sender
from tests.server import access_facts
from tests.server.access_facts import CLEAN, DIFFERENCE, FOUND, fault, right
from tests.server.setups import Office
from tests.server.test_pages import judged, page

EVIL = '<script>alert("x")</script>"><img src=x onerror=alert(1)>'
FORM = "hustings-form"
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what does not depend on the database."""


class Tags(HTMLParser):
    """The tags and attributes of a page, as a browser reads them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}


def session(office: Office, role: Role = Role.ADMINISTRATOR) -> dict[str, str]:
    """The cookie of a session of somebody of this role."""
    with office.database.write(WHOLE_SERVER) as connection:
        name = "admin" if role is Role.ADMINISTRATOR else f"a-{role}"
        person = people.by_name(connection, office.tenant.id, name) or people.add(
            connection, office.tenant.id, name, role, None, office.now())
        return {cookies.name(tls=False): sessions.start(connection, person, "link", office.now())}


def report(office: Office, facts: Facts, machine: Sender | None = None) -> Sender:
    sender = machine or office.machine()
    office.now.forward(seconds=1)
    answer = office.post("/v1/reports", sender.report(
        facts=facts, results=judged(office), times=Times(office.now(), 1.0, "boot-1")))
    assert answer.status_code == 201, answer.text
    return sender


def found(office: Office, lists: dict[str, list[Any]], database: str = "roll", **changes: Observation) -> Facts:
    return access_facts.facts(office.now().replace(microsecond=0), lists, database, **changes)


def place(machine: Sender, language: str = "en", database: str = "roll") -> str:
    return f"/{language}/machines/{machine.agent}/access/{database}"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_gravest_sentence_leads_from_every_page_to_the_picture(office: Office, language: str) -> None:
    machine = report(office, found(office, FOUND))
    signed_in = session(office)
    said = {"en": "Two people who left in June can still change voter records.",
            "fr": "Deux personnes parties en juin peuvent encore modifier les dossiers d’électeurs."}[language]
    for path in (f"/{language}/", f"/{language}/access", f"/{language}/machines/{machine.agent}"):
        text = page(office, path, signed_in).text
        assert said in text, path
        assert f'href="{place(machine, language)}"' in text, path
    text = page(office, place(machine, language), signed_in).text
    assert text.index(said) < text.index("LPR-02")
    assert "vr.<wbr>voters" in text
    assert {"en": "not in 61 days of logs", "fr": "aucun en 61 jours de journaux"}[language] in text
    assert "a superuser that can log in" in text
    assert "denied: needs pg_hba_file_rules" in text


@ON_SQLITE
def test_colour_never_stands_alone(office: Office) -> None:
    machine = report(office, found(office, FOUND))
    text = page(office, place(machine), session(office)).text
    for kind, words, shape in (("declared", "Declared and held", '<circle class="solid"'),
                               ("excess", "Held, not declared", '<path class="solid"'),
                               ("missing", "Declared, not held", '<circle class="open"')):
        cells = re.findall(rf'<span class="held is-{kind}">(.*?)</span>\s*\w', text, re.DOTALL)
        assert cells, kind
        assert all(words in cell and shape in cell for cell in cells), kind


@ON_SQLITE
def test_names_are_never_markup(office: Office) -> None:
    lists = {
        names.EXCESS: [right(EVIL, EVIL, EVIL, column=EVIL, via=[EVIL], last_used=EVIL)],
        names.MISSING: [], names.UNREAD: [{"catalogue": EVIL, "reason": EVIL}],
        names.ANOMALIES: [fault("LPR-05", EVIL, EVIL, EVIL), fault(EVIL, EVIL)],
        names.ASSUMABLE: [{"account": EVIL, "role": EVIL, "object": EVIL, "right": EVIL}],
        names.SUMMARY: [{"role": EVIL, "object": EVIL, "class": EVIL, "kind": EVIL, "declared": EVIL, "excess": EVIL,
                         "missing": EVIL}],
        names.LEAVERS: [{"person": EVIL, "account": EVIL, "left": EVIL, "changes": True}],
        names.WINDOW: [{"first": EVIL, "last": EVIL, "days": 1.0}],
    }
    machine = report(office, {**found(office, lists), **found(office, FOUND, EVIL.replace("/", ""))})
    signed_in = session(office)
    for path in ("/en/", "/en/access", f"/en/machines/{machine.agent}", place(machine), place(machine, "fr")):
        answer = page(office, path, signed_in)
        assert answer.status_code == 200
        tags = Tags(answer.text)
        assert not {"script", "img", "style"} & tags.names, path
        assert not [name for name in tags.attributes if name.startswith("on") or name == "style"], path


@ON_SQLITE
def test_odd_values_take_no_page_down_and_are_never_good_news(office: Office) -> None:
    odd: list[Any] = [None, 7, "x", [], {}, {"account": {"reason": "denied"}, "via": {"a": 1}, "accounts": "x",
                                            "days": -1e308, "left": 5, "changes": "maybe", "catalogue": 9}]
    facts = found(office, dict.fromkeys(CLEAN, odd), shared_names=Observation(
        listing=Listing([{}, []]), as_of=office.now()), model_reviewed=Observation(value=12, as_of=office.now()))
    facts |= found(office, {}, "scalars", **{
        name.partition(".")[2]: Observation(value={"count": -3, "complete": "no"}, as_of=office.now())
        for name in CLEAN}, difference_hash=Observation(value="<b>", as_of=office.now()))
    facts |= found(office, {}, "texts", **{
        name.partition(".")[2]: Observation(value="none", as_of=office.now()) for name in CLEAN})
    machine = report(office, facts)
    for path in ("/en/", "/fr/access", f"/en/machines/{machine.agent}",
                 *(place(machine, "fr", name) + tail for name in ("roll", "scalars", "texts")
                   for tail in ("", "/rights.csv", "/rights.json"))):
        answer = page(office, path, session(office))
        assert answer.status_code == 200, path
        assert "holds exactly" not in answer.text
        assert "détient exactement" not in answer.text


@ON_SQLITE
def test_two_thousand_rights_come_in_pages_and_none_is_lost(office: Office) -> None:
    many = {**FOUND, names.EXCESS: [right(f"account-{number:04}") for number in range(2000)],
            names.SUMMARY: [{"role": f"role-{role}", "object": f"vr.t{name:03}", "class": "internal",
                             "kind": "table", "declared": "r", "excess": "", "missing": "", "accounts": 3}
                            for role in range(20) for name in range(100)]}
    machine = report(office, found(office, many))
    signed_in = session(office)
    seen: set[str] = set()
    for number in range(1, 21):
        text = page(office, f"{place(machine)}?state=excess&page={number}", signed_in).text
        seen |= set(re.findall(r"account-\d{4}", text))
        assert len(text) < 600_000
    assert len(seen) == 2000
    assert "rauditor" not in text
    objects = {name for number in (1, 2) for name in re.findall(
        r"vr\.<wbr>(t\d{3})", page(office, f"{place(machine)}?objects={number}", signed_in).text)}
    assert len(objects) == 100
    for odd in ("page=0", "page=-1", "page=999999999999", "page=x", "state=odd", "objects=99", "page=%31%00"):
        assert page(office, f"{place(machine)}?{odd}", signed_in).status_code in (200, 400)


@ON_SQLITE
def test_before_any_database_is_declared_the_page_says_what_to_do(office: Office) -> None:
    for language, head in (("en", "No registration database is reported yet"),
                           ("fr", "Aucune base d’inscription")):
        text = page(office, f"/{language}/access", session(office)).text
        assert head in text
        assert "access_model: /etc/hustings/roll.access.yaml" in text


@ON_SQLITE
def test_a_database_without_a_model_says_what_to_declare(office: Office) -> None:
    machine = report(office, {"registration.version@roll": Observation(value="15", as_of=office.now())})
    text = page(office, place(machine), session(office)).text
    assert "No access model is reported" in text
    assert "access_model: /etc/hustings/roll.access.yaml" in text
    assert "exactly the rights" not in text


@ON_SQLITE
def test_a_stale_report_is_dated_and_grey_and_never_good_news(office: Office) -> None:
    machine = report(office, found(office, CLEAN))
    assert "Every account holds exactly" in page(office, place(machine), session(office)).text
    office.now.forward(hours=30)
    signed_in = session(office)
    text = page(office, place(machine), signed_in).text
    assert "is-stale" in text
    assert "proves nothing of today" in text
    assert "Every account holds exactly" not in text
    assert 'name="difference"' not in text, "nobody signs what is old"
    assert "Too old to prove anything today" in page(office, "/en/access", signed_in).text


@ON_SQLITE
def test_what_is_not_known_has_its_reason(office: Office) -> None:
    machine = report(office, found(office, CLEAN, difference_hash=access_facts.missing(Reason.DENIED, "no grant"),
                                   excess_rights=access_facts.missing(Reason.DENIED, "no grant"),
                                   usage_window=Observation(absent=True, as_of=office.now())))
    text = page(office, place(machine), session(office)).text
    assert "Who else holds more than was declared is not known." in text
    assert "no grant" in text
    assert "Without logs: whether a right is used is unknown." in text
    assert "None: what is held is what was declared." not in text
    cut = Observation(listing=Listing([right()], complete=False, why=Missing(Reason.TRUNCATED)), as_of=office.now())
    report(office, found(office, CLEAN, excess_rights=cut), machine)
    assert "there are more" in page(office, place(machine), session(office)).text


@ON_SQLITE
def test_names_that_stay_at_home_leave_counts_and_how_to_get_pseudonyms(office: Office) -> None:
    at = office.now().replace(microsecond=0)
    counts = {name.partition(".")[2]: access_facts.counted(at, 7) for name in FOUND}
    machine = report(office, access_facts.facts(at, {}, **counts))
    text = page(office, place(machine), session(office)).text
    assert "Seven rights are held that nobody declared." in text
    assert "7 entries, which stay on the machine" in text
    assert "hustings keys init" in text


@pytest.mark.parametrize("tail", ["", "/rights.csv", "/rights.json"])
def test_another_offices_database_is_not_there(office: Office, tail: str) -> None:
    with office.database.write(WHOLE_SERVER) as connection:
        other = tenants.create(connection, "Other", office.now())
    theirs = office.machine(other.id)
    assert office.post("/v1/reports", theirs.report(facts=found(office, FOUND))).status_code == 201
    signed_in = session(office)
    assert page(office, place(theirs) + tail, signed_in).status_code == 404
    assert theirs.agent not in page(office, "/en/access", signed_in).text
    mine = report(office, found(office, FOUND))
    assert page(office, place(mine, database="nothing") + tail, signed_in).status_code == 404
    assert page(office, place(mine) + tail, {}).status_code in (302, 401)


@ON_SQLITE
def test_the_json_is_a_difference_like_any_other(office: Office) -> None:
    machine = report(office, found(office, FOUND))
    answer = page(office, f"{place(machine)}/rights.json", session(office))
    assert "attachment" in answer.headers["content-disposition"]
    data = json.loads(answer.content)
    assert (data["schema"], data["engine"], data["database"]) == ("hustings.access/1", "postgresql", "roll")
    assert data["rows"][3] == {"account": "mtremblay", "object": "vr.audit_log", "kind": "table", "column": None,
                               "right": "DELETE", "state": "excess", "via": ["data_entry", "keepers"],
                               "last_used": None}
    assert data["rows"][2]["column"] == "password_hash"
    assert data["rows"][-1]["state"] == "missing"
    assert data["assumable"] == [{"account": "boss", "role": "vr_owner", "object": "vr.voters",
                                  "right": "UPDATE(status)"}]
    assert {"catalogue": "LPR-02", "object": None, "account": "boss",
            "actual": "a superuser that can log in"} in data["anomalies"]
    assert data["unknown"] == [{"catalogue": "LPR-13", "reason": "denied: needs pg_hba_file_rules"}]
    assert data["difference"] == DIFFERENCE


@ON_SQLITE
def test_the_json_names_every_list_that_did_not_arrive(office: Office) -> None:
    machine = report(office, found(office, CLEAN, anomalies=access_facts.missing(Reason.TIMEOUT),
                                   excess_rights=access_facts.counted(office.now(), 4)))
    data = json.loads(page(office, f"{place(machine)}/rights.json", session(office)).content)
    assert [one["reason"] for one in data["unknown"]] == [
        "excess rights: 4 stay on the machine", "anomalies: timeout"]


@pytest.mark.parametrize(("language", "head", "state"), [("en", "state", "excess"), ("fr", "etat", "en trop")])
@ON_SQLITE
def test_the_csv_runs_no_formula(office: Office, language: str, head: str, state: str) -> None:
    lists = {**CLEAN, names.EXCESS: [right("=cmd|x", "+x", "@y", via=["-z"])]}
    machine = report(office, found(office, lists, access_unread=access_facts.missing(Reason.ERROR, "=bad")))
    answer = page(office, f"{place(machine, language)}/rights.csv", session(office))
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert (rows[0][0], rows[1][0], rows[1][1]) == (head, state, "'=cmd|x")
    assert len(rows) == 3, "what is not known has its line"
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@")]


# -- the quarterly review

def sign(office: Office, machine: Sender, signed_in: dict[str, str], **form: str) -> httpx.Response:
    """Open the page and send its form, as a browser does."""
    shown = page(office, place(machine), signed_in)
    token = shown.cookies.get(FORM) or ""
    return office.request("POST", f"{place(machine)}/review", cookies={**signed_in, FORM: token},
                          headers={"accept": "text/html"},
                          data={"difference": DIFFERENCE, "read": "yes", "_csrf_token": token} | form)


def test_a_signature_is_shown_kept_sealed_and_in_the_trail(office: Office, tmp_path: Path) -> None:
    machine = report(office, found(office, FOUND))
    assert "Never signed" in page(office, place(machine), session(office)).text
    answer = sign(office, machine, session(office))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{place(machine)}#review")
    text = page(office, place(machine), session(office)).text
    assert "Last signed by admin" in text
    until = office.now() + timedelta(days=90)
    assert f"Good until {until:%B} {until.day}, {until.year}" in text
    with office.database.read(WHOLE_SERVER) as connection:
        row = connection.execute(sa.select(schema.access_reviews)).one()
        [act] = [one for one in audit.recent(connection, office.tenant.id) if one.action == "access.review"]
    public = keys.public_bytes(keys.load(tmp_path / "data" / "recordings.key"))
    payload = envelope.verify(envelope.parse(row.envelope), envelope.ACCESS_REVIEW, public)
    statement = msgspec.json.decode(payload, type=Statement)
    assert (statement.difference, statement.person, statement.agent, statement.database) == (
        DIFFERENCE, "admin", machine.agent, "roll")
    assert (act.actor, act.detail["difference"]) == ("person:admin", DIFFERENCE)


@ON_SQLITE
def test_ninety_days_or_another_difference_end_a_signature(office: Office) -> None:
    machine = report(office, found(office, FOUND))
    assert sign(office, machine, session(office)).status_code == 303
    report(office, found(office, FOUND, difference_hash=Observation(value="f" * 64, as_of=office.now())), machine)
    text = page(office, place(machine), session(office)).text
    assert "Changed since it was signed" in text
    assert DIFFERENCE in text
    office.now.forward(days=91)
    report(office, found(office, FOUND), machine)
    assert "The signature is too old" in page(office, place(machine), session(office)).text
    assert sign(office, machine, session(office)).status_code == 303
    assert "Good until" in page(office, place(machine), session(office)).text


@ON_SQLITE
def test_only_what_was_read_is_signed(office: Office) -> None:
    machine = report(office, found(office, FOUND))
    changed = sign(office, machine, session(office), difference="0" * 64)
    assert (changed.status_code, "has changed since you read it" in changed.text) == (409, True)
    unread = sign(office, machine, session(office), read="")
    assert (unread.status_code, "tick the box" in unread.text) == (400, True)
    assert sign(office, machine, session(office), _csrf_token="x").status_code == 403
    assert office.stored(schema.access_reviews) == 0


@ON_SQLITE
@pytest.mark.parametrize(("role", "status"), [
    (Role.STAFF, 303), (Role.OFFICIAL, 403)])
def test_who_may_sign(office: Office, role: Role, status: int) -> None:
    machine = report(office, found(office, FOUND))
    assert sign(office, machine, session(office, role)).status_code == status
    assert office.stored(schema.access_reviews) == (status == 303)
    assert ('name="difference"' in page(office, place(machine), session(office, role)).text) == (status == 303)


def test_the_database_itself_keeps_signatures_as_they_are(office: Office) -> None:
    machine = report(office, found(office, FOUND))
    assert sign(office, machine, session(office)).status_code == 303
    for statement in ("UPDATE access_reviews SET person = 'x'", "DELETE FROM access_reviews"):
        with pytest.raises(DBAPIError, match="append-only"), office.database.write(WHOLE_SERVER) as connection:
            connection.execute(sa.text(statement))


def computed(model: str = "ab" * 32) -> str:
    """The hash of ``FOUND``, as the machine that shares its names computes it."""
    rows = [Row(one["account"], one["object"], one["kind"], one.get("column"), one["right"], state)
            for name, state in ((names.EXCESS, "excess"), (names.MISSING, "missing")) for one in FOUND[name]]
    hashing = canonical.Hashing()
    for line in canonical.lines(
            AccessModel("roll", Connection("postgresql"), digest=model),
            State("postgresql", "15", "vr", "", "hustings", ()),
            sorted(rows, key=lambda one: (one.account, one.object, one.kind, one.column or "", one.right)),
            [Anomaly(one["catalogue"], one["object"] or None, one["account"] or None, one["actual"])
             for one in FOUND[names.ANOMALIES]], [Unread("LPR-13", "")]):
        hashing.add(line)
    return hashing.hex


@ON_SQLITE
def test_a_hash_is_computed_anew_where_names_leave_as_they_are(office: Office) -> None:
    at = office.now().replace(microsecond=0)
    machine = report(office, access_facts.shared(at, FOUND, computed()))
    text = page(office, place(machine), session(office)).text
    assert "This server computed the same" in text
    report(office, access_facts.shared(at, {**FOUND, names.EXCESS: FOUND[names.EXCESS][:1]}, computed()), machine)
    text = page(office, place(machine), session(office)).text
    assert "This server computes another one" in text
    assert 'name="difference"' not in text
    report(office, found(office, FOUND), machine)
    assert "Attested by the agent" in page(office, place(machine), session(office)).text


def test_the_office_check_reads_who_signed(office: Office) -> None:
    machine = report(office, found(office, FOUND))
    lines = [inventory.Asset("front-desk", ("registration-db",), "hall", "us", 2)]
    with office.database.write(WHOLE_SERVER) as connection:
        inventory.add(connection, office.tenant.id, lines, file="a.csv", digest="d", now=office.now(), by="test")

    def verdict() -> str:
        card = rules.scorecard(Reading(office.database).office(office.tenant.id), shipped(),
                               office.now().replace(microsecond=0))
        return str(next(one.verdict for one in card.together if one.check == "registration/access-review-signed"))

    assert verdict() == "fail"
    assert sign(office, machine, session(office)).status_code == 303
    assert verdict() == "pass"
    office.now.forward(hours=30)
    assert verdict() == "unknown"
    report(office, found(office, FOUND, difference_hash=Observation(value="f" * 64, as_of=office.now())), machine)
    assert verdict() == "fail"
