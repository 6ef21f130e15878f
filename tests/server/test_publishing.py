"""Publishing: two people, the very bytes, never from nomination to certification without a word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from hustings.errors import UsageError
from server import publishing
from server.access import cookies
from server.publishing import Refusal, State
from server.store import elections, people, publications, sessions, tenants
from server.store import schema as store_schema
from server.store.database import WHOLE_SERVER, Database
from server.store.people import Role
from server.store.publications import Act, Publication
from server.store.schema.publishing import publication_acts
from tests.server.setups import HASH, Office

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DIGEST = "sha256:" + "a" * 64
REASON = "The board asked for it in writing."


def version(*acts: Act, age: timedelta = timedelta()) -> Publication:
    return Publication(1, NOW - age, "person:staff", DIGEST, "{}", acts)


def approval(person: str, *, block: str = "", reason: str = "", by: str = "", digest: str = DIGEST) -> Act:
    return Act("approve", digest, NOW, person, by or f"person:{person}", block, reason)


@pytest.mark.parametrize(("acts", "state"), [
    ((), State.PREPARED),
    ((approval("ann"),), State.ONE),
    ((approval("ann"), approval("ann")), State.ONE),
    ((approval("ann"), approval("bob")), State.PUBLISHED),
    ((approval("ann", by="console:root"), approval("bob")), State.PUBLISHED),
    ((approval("ann", by="console:root"), approval("bob", by="console:other")), State.ONE),
    ((approval("ann"), approval("bob", digest="sha256:" + "b" * 64)), State.ONE),
    ((approval("ann"), approval("bob", block="Vote", reason=REASON)), State.ONE),
    ((approval("ann"), approval("bob", block="Vote", reason=REASON), approval("ann", block="Vote", reason=REASON)),
     State.PUBLISHED),
    ((approval("ann", block="Vote", reason=REASON), approval("bob")), State.PUBLISHED),
    ((approval("ann"), approval("bob"), Act("withdraw", DIGEST, NOW, "ann", "person:ann", "", REASON)),
     State.WITHDRAWN),
    ((Act("withdraw", DIGEST, NOW, "ann", "person:ann", "", REASON), approval("ann"), approval("bob")),
     State.WITHDRAWN)])
def test_where_a_version_stands_follows_from_its_acts(acts: tuple[Act, ...], state: State) -> None:
    assert publishing.standing(version(*acts), NOW).state is state


def test_a_version_that_nobody_finished_is_too_old_and_a_published_one_is_not() -> None:
    old = timedelta(days=31)
    assert publishing.standing(version(age=old), NOW).state is State.EXPIRED
    assert publishing.standing(version(approval("ann"), age=old), NOW).state is State.EXPIRED
    assert publishing.standing(version(approval("ann"), approval("bob"), age=old), NOW).state is State.PUBLISHED


@given(st.lists(st.tuples(st.sampled_from(("ann", "bob")), st.sampled_from(("person", "console")),
                          st.sampled_from(("", "Vote")), st.sampled_from(("", REASON)),
                          st.sampled_from((DIGEST, "sha256:other"))), max_size=8))
def test_nothing_is_published_without_two_people_and_their_reasons(drawn: list[tuple[str, ...]]) -> None:
    acts = [approval(person, by=f"{by}:{person}", block=block, reason=reason, digest=digest)
            for person, by, block, reason, digest in drawn]
    stands = publishing.standing(version(*acts), NOW)
    good = [one for one in acts if one.digest == DIGEST]
    if stands.state is State.PUBLISHED:
        assert {one.person for one in good} == {"ann", "bob"}
        assert any(one.by.startswith("person:") for one in good)
        if all(one.block for one in good):
            assert sum(bool(one.reason) for one in good) >= 2
    for one in (good[:1], [each for each in good if each.person == "ann"]):
        assert publishing.standing(version(*one), NOW).state in (State.PREPARED, State.ONE)


@pytest.mark.parametrize(("changes", "why"), [
    ({}, None),
    ({"role": Role.OFFICIAL}, None),
    ({"role": Role.STAFF}, Refusal.ROLE),
    ({"role": Role.REVIEWER}, Refusal.ROLE),
    ({"given": "sha256:" + "b" * 64}, Refusal.CHANGED),
    ({"block": "Vote"}, Refusal.BLOCKED),
    ({"block": "Vote", "reason": "short"}, Refusal.REASON),
    ({"block": "Vote", "reason": "x" * 1001}, Refusal.REASON),
    ({"block": "Vote", "reason": "a good reason\u202e indeed"}, Refusal.REASON),
    ({"block": "Vote", "reason": REASON}, None),
    ({"person": "bob", "by": "person:bob"}, Refusal.SAME)])
def test_who_may_approve_what(changes: dict[str, Any], why: Refusal | None) -> None:
    asked = {"role": Role.ADMINISTRATOR, "person": "ann", "by": "person:ann", "given": DIGEST, "block": "",
             "reason": "", **changes}
    assert publishing.refusal(version(approval("bob")), NOW, **asked) is why


def test_what_is_published_withdrawn_or_old_is_not_approved_again() -> None:
    asked = {"role": Role.OFFICIAL, "person": "eve", "by": "person:eve", "given": DIGEST, "block": "", "reason": ""}
    gone = Act("withdraw", DIGEST, NOW, "ann", "person:ann", "", REASON)
    for one in (version(approval("ann"), approval("bob")), version(gone), version(age=timedelta(days=31))):
        assert publishing.refusal(one, NOW, **asked) is Refusal.CLOSED


def test_every_refusal_says_what_to_do() -> None:
    assert set(publishing.WHY) == set(Refusal)
    with pytest.raises(UsageError) as caught:
        publishing.approve(None, "t", version(), NOW, role=Role.STAFF,  # type: ignore[arg-type]
                           person="ann", by="person:ann", given=DIGEST, block="", reason="")
    assert caught.value.remedy


def test_the_database_keeps_what_was_approved(database: Database) -> None:
    with database.write(WHOLE_SERVER) as connection:
        tenant = tenants.create(connection, "Elm", NOW).id
        other = tenants.create(connection, "Oak", NOW).id
        number = publications.prepare(connection, tenant, digest=DIGEST, en=b"e", fr=b"f", record="{}", now=NOW,
                                      by="person:ann")
        publications.act(connection, tenant, number, approval("ann"))
        publishing.set_handling(connection, tenant, "  TLP:RED \n only ", NOW, "person:ann")
    with database.read(WHOLE_SERVER) as connection:
        found = publications.get(connection, tenant, number)
        assert found is not None
        assert found.acts == (approval("ann"),)
        assert publications.get(connection, other, number) is None
        assert publications.file(connection, tenant, number, "fr") == b"f"
        assert publications.file(connection, other, number, "fr") is None
        assert (publishing.handling(connection, tenant), publishing.handling(connection, other)) == (
            "TLP:RED only", "TLP:AMBER")
    for table in ("publications", "publication_acts", "handling_lines"):
        for act in (f"DELETE FROM {table}", f"UPDATE {table} SET tenant = 'x'"):
            with pytest.raises(DBAPIError, match="append-only"), database.write(WHOLE_SERVER) as connection:
                connection.execute(sa.text(act))


@pytest.mark.parametrize("line", ["", "   ", "x" * 81, "a\u202eb", "a\x07b"])
def test_a_handling_line_is_printable_and_never_empty(database: Database, line: str) -> None:
    with database.write(WHOLE_SERVER) as connection:
        tenant = tenants.create(connection, "Elm", NOW).id
        with pytest.raises(UsageError):
            publishing.set_handling(connection, tenant, line, NOW, "person:ann")


class Visitor:
    """Somebody with a browser."""

    def __init__(self, office: Office, name: str, role: Role, tenant: str = "") -> None:
        self.office = office
        with office.database.write(WHOLE_SERVER) as connection:
            person = people.by_name(connection, office.tenant.id, name) or people.add(
                connection, tenant or office.tenant.id, name, role, HASH, office.now())
            self.cookies = {cookies.name(tls=False): sessions.start(connection, person, "password", office.now())}

    def get(self, path: str) -> httpx.Response:
        return self.office.request("GET", path, cookies=self.cookies, headers={"accept": "text/html"})

    def post(self, path: str, **form: str) -> httpx.Response:
        page = self.get("/en/publish")
        token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
        assert token
        jar = {**self.cookies, **dict(page.cookies)}
        return self.office.request("POST", path, cookies=jar, headers={"accept": "text/html"},
                                   data={"_csrf_token": token[1], **form})


def digest_of(page: str) -> str:
    found = re.search(r'name="digest" value="(sha256:[0-9a-f]{64})"', page)
    assert found, page
    return found[1]


def prepared(who: Visitor) -> str:
    answer = who.post("/en/publish/prepare")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_two_people_publish_the_very_bytes_that_they_read(office: Office) -> None:
    ann, bob = Visitor(office, "ann", Role.OFFICIAL), Visitor(office, "bob", Role.ADMINISTRATOR)
    place = prepared(Visitor(office, "sam", Role.STAFF))
    number = place.rpartition("/")[2]
    read = {code: ann.get(f"/{code}/publish/{number}/preview.pdf").content for code in ("en", "fr")}
    digest = digest_of(ann.get(place).text)
    assert digest == publishing.digest(read["en"], read["fr"])
    assert ann.post(f"{place}/approve", digest=digest, read="yes").status_code == 303
    assert ann.get(f"/en/published/{number}.pdf").status_code == 404
    again = ann.post(f"{place}/approve", digest=digest, read="yes")
    assert (again.status_code, "Two different people" in again.text) == (409, True)
    assert bob.post(f"{place}/approve", digest=digest, read="yes").status_code == 303
    for code in ("en", "fr"):
        out = bob.get(f"/{code}/published/{number}.pdf")
        assert (out.status_code, out.headers["content-type"], out.content) == (200, "application/pdf", read[code])
    assert office.request("GET", f"/en/published/{number}.pdf").status_code == 401
    assert _audited(office) == ["publication.prepare", "publication.approve", "publication.approve",
                                "publication.publish"]
    gone = bob.post(f"{place}/withdraw", reason="too short"[:5])
    assert gone.status_code == 400
    assert bob.post(f"{place}/withdraw", reason="A number in it was wrong.").status_code == 303
    assert bob.get(f"/en/published/{number}.pdf").status_code == 404
    assert "A number in it was wrong." in bob.get(place).text


def test_who_may_not_is_told_so_and_nothing_happens(office: Office) -> None:
    staff = Visitor(office, "sam", Role.STAFF)
    place = prepared(staff)
    digest = digest_of(Visitor(office, "ann", Role.OFFICIAL).get(place).text)
    assert "Approve as" not in staff.get(place).text
    assert staff.post(f"{place}/approve", digest=digest, read="yes").status_code == 403
    assert staff.post(f"{place}/withdraw", reason=REASON).status_code == 403
    assert staff.post("/en/publish/handling", line="TLP:CLEAR").status_code == 403
    assert office.stored(publication_acts) == 0


def test_an_approval_of_other_bytes_or_unread_is_refused_with_what_to_do(office: Office) -> None:
    ann = Visitor(office, "ann", Role.OFFICIAL)
    place = prepared(ann)
    other = ann.post(f"{place}/approve", digest="sha256:" + "0" * 64, read="yes")
    assert (other.status_code, "Read it again" in other.text) == (409, True)
    unread = ann.post(f"{place}/approve", digest=digest_of(ann.get(place).text))
    assert (unread.status_code, "tick the box" in unread.text) == (400, True)
    assert office.stored(publication_acts) == 0


def test_publishing_is_blocked_from_nomination_to_certification_unless_both_say_why(office: Office) -> None:
    ann, bob = Visitor(office, "ann", Role.OFFICIAL), Visitor(office, "bob", Role.OFFICIAL)
    place = prepared(ann)
    day = office.now().date() + timedelta(days=20)
    with office.database.write(WHOLE_SERVER) as connection:
        elections.declare(connection, office.tenant.id, [day], now=office.now(), today=office.now().date(), by="test")
    page = ann.get(place).text
    assert "Publishing is blocked" in page
    digest = digest_of(page)
    no = ann.post(f"{place}/approve", digest=digest, read="yes")
    assert (no.status_code, "blocked" in no.text) == (409, True)
    short = ann.post(f"{place}/approve", digest=digest, read="yes", reason="because")
    assert (short.status_code, ">because</textarea>" in short.text) == (400, True)
    for one in (ann, bob):
        assert one.post(f"{place}/approve", digest=digest, read="yes", reason=REASON).status_code == 303
    assert "in spite of the publication block" in ann.get(place).text
    assert ann.get(f"/fr/published/{place.rpartition('/')[2]}.pdf").status_code == 200


@pytest.mark.parametrize("path", [
    "/en/publish/1", "/en/publish/1/preview.pdf", "/en/published/1.pdf", "/en/publish/99", "/en/publish/x",
    "/en/publish/-1", "/en/published/1", "/en/published/1.pdf.pdf", "/de/publish", "/de/board.pdf",
    "/en/publish/99999999999999999999999", "/en/published/¹.pdf"])
def test_what_is_not_there_or_another_offices_is_404(office: Office, path: str) -> None:
    with office.database.write(WHOLE_SERVER) as connection:
        other = tenants.create(connection, "Oak", office.now()).id
    stranger = Visitor(office, "otto", Role.ADMINISTRATOR, other)
    assert prepared(stranger) == "/en/publish/1"
    mine = Visitor(office, "ann", Role.OFFICIAL)
    assert mine.get(path).status_code == 404
    assert mine.post("/en/publish/1/approve", digest=DIGEST, read="yes").status_code == 404
    assert mine.post("/en/publish/1/withdraw", reason=REASON).status_code == 404


@pytest.mark.parametrize(("kind", "name"), [("scorecard", "fiche"), ("board", "rapport-au-conseil"),
                                            ("annex", "annexe-detaillee")])
def test_printed_pages_are_downloads_for_who_is_signed_in(office: Office, kind: str, name: str) -> None:
    answer = Visitor(office, "ann", Role.OFFICIAL).get(f"/fr/{kind}.pdf")
    assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-")
    assert name in answer.headers["content-disposition"]
    assert office.request("GET", f"/fr/{kind}.pdf").status_code == 401


def test_an_administrator_sets_the_line_of_the_annex(office: Office) -> None:
    admin = Visitor(office, "admin", Role.ADMINISTRATOR)
    assert admin.post("/fr/publish/handling", line="TLP:RED · <b>").status_code == 303
    assert "TLP:RED · &lt;b&gt;" in admin.get("/en/publish").text
    wrong = admin.post("/fr/publish/handling", line="x" * 200)
    assert (wrong.status_code, "x" * 200 in wrong.text) == (400, True)


def _audited(office: Office) -> Sequence[str]:
    table = store_schema.audit
    with office.database.read(WHOLE_SERVER) as connection:
        return list(connection.scalars(sa.select(table.c.action).where(
            table.c.action.like("publication.%")).order_by(table.c.id)))
