"""When somebody is told: quiet hours, digests, freezes; what a message and a feed then hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from server.elections import changing
from server.jobs import attempts as attempts_job
from server.jobs import deadlines, silence
from server.notices import attempts, kinds, when
from server.notices.attempts import Attempts, classify
from server.notices.clean import plain
from server.notices.deadline import Deadline, stage
from server.notices.kind import Timing
from server.notices.receivers import timing
from server.standing import SILENT_AFTER
from server.store import elections, events, exceptions, notice_choices, outbox, people
from server.store.notice_choices import Choices
from server.store.outbox import Channel
from server.store.people import Role
from tests.elections.made import election
from tests.mail_server import mail_server
from tests.server.notice_setups import Post, post
from tests.server.setups import Office

ZONE = "America/Toronto"
CRITICAL = kinds.every()["critical-finding"]
SUPPORT = kinds.every()["support-ending"]
NIGHT = Choices(quiet_from="22:00", quiet_to="06:30")
PIERCED = Choices(quiet_from="22:00", quiet_to="06:30", pierce=True)


@pytest.fixture
def posted(office: Office, tmp_path: Path) -> Post:
    return post(office, tmp_path / "data")


def at(text: str) -> datetime:
    """A moment of Toronto, as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=when.zone_of(ZONE)).astimezone(UTC)


@pytest.mark.parametrize(("kind", "soon", "chosen", "now", "then"), [
    (CRITICAL, Timing.NOW, Choices(), "2026-11-25T12:00", "2026-11-25T12:00"),
    (CRITICAL, Timing.NOW, NIGHT, "2026-11-25T21:59", "2026-11-25T21:59"),
    (CRITICAL, Timing.NOW, NIGHT, "2026-11-25T22:00", "2026-11-26T06:30"),
    (CRITICAL, Timing.NOW, NIGHT, "2026-11-26T03:00", "2026-11-26T06:30"),
    (CRITICAL, Timing.NOW, NIGHT, "2026-11-26T06:30", "2026-11-26T06:30"),
    (CRITICAL, Timing.NOW, PIERCED, "2026-11-26T03:00", "2026-11-26T03:00"),
    (SUPPORT, Timing.NOW, PIERCED, "2026-11-26T03:00", "2026-11-26T06:30"),
    (CRITICAL, Timing.NOW, Choices(quiet_from="12:00", quiet_to="13:00"), "2026-11-26T12:30", "2026-11-26T13:00"),
    (CRITICAL, Timing.DAILY, Choices(), "2026-11-25T06:59", "2026-11-25T07:00"),
    (CRITICAL, Timing.DAILY, Choices(), "2026-11-25T07:00", "2026-11-26T07:00"),
    (CRITICAL, Timing.DAILY, Choices(quiet_from="20:00", quiet_to="09:00"), "2026-11-25T12:00", "2026-11-26T09:00"),
    (CRITICAL, Timing.WEEKLY, Choices(), "2026-11-25T12:00", "2026-11-30T07:00"),
    (CRITICAL, Timing.WEEKLY, Choices(), "2026-11-30T06:00", "2026-11-30T07:00"),
    (CRITICAL, Timing.WEEKLY, Choices(), "2026-11-30T08:00", "2026-12-07T07:00"),
    # the night in which clocks go forward (08 March 2026) and the one in which they go back (01 November 2026)
    (CRITICAL, Timing.NOW, NIGHT, "2026-03-07T23:00", "2026-03-08T06:30"),
    (CRITICAL, Timing.NOW, NIGHT, "2026-10-31T23:00", "2026-11-01T06:30")])
def test_the_moment_follows_the_clock_of_the_office(kind: kinds.Kind, soon: Timing, chosen: Choices, now: str,
                                                    then: str) -> None:
    assert when.due(soon, kind, chosen, at(now), ZONE) == at(then)


@pytest.mark.parametrize("text", ["24:00", "7:00", "07:60", "", "0700", "07:00\n", "seven"])
def test_what_is_no_time_of_day_makes_no_quiet_hours(text: str) -> None:
    assert when.clock(text) is None


def test_a_role_is_never_told_what_it_may_not_know() -> None:
    chosen = Choices(mail=dict.fromkeys(kinds.every(), "now"))
    told = {name for name, kind in kinds.every().items() if timing(kind, Role.REVIEWER, chosen) is not Timing.NEVER}
    assert told <= {name for name, kind in kinds.every().items() if Role.REVIEWER in kind.may}
    assert "critical-finding" not in told


def test_every_kind_is_said_in_both_languages_and_leads_to_a_page() -> None:
    from server.app import discovered
    from server.notices.wording import sentence
    routes = {path.removeprefix("/{language:str}") for one in discovered() for path in one.paths}
    for kind in kinds.every().values():
        assert kind.path in routes, kind
        for count in (0, 1, 2, 1234):
            english, french = sentence(kind.name, count, "en"), sentence(kind.name, count, "fr")
            assert english != french, kind
            assert "%" not in english + french


def test_while_frozen_what_can_wait_is_held_back_counted_and_told_afterwards(posted: Post) -> None:
    office = posted.office
    tenant = office.tenant.id
    today = office.now().date()
    with office.database.write(tenant) as connection:
        made = election(today + timedelta(days=3), id="e", name="Vote")
        changing.add(connection, tenant, made, now=office.now(), by="person:ada")
        assert when.frozen(elections.every(connection, tenant), today)
    with mail_server() as server:
        posted.mail_at(server.port)
        posted.reader("ann", mail={"support-ending": "now", "critical-finding": "now", "machine-back": "daily"})
        posted.happens("support-ending", "1")
        posted.happens("support-ending", "2")
        posted.happens("critical-finding", "1")
        posted.happens("machine-back", "1")
        posted.run()
        assert [str(one["subject"]) for one in server.messages] == ["Office: 1 new critical finding"]
        office.now.forward(hours=25)
        posted.run()
        assert "2 events that can wait are held back" in server.messages[1].get_content()
        office.now.forward(days=200)
        posted.run()
        assert "the support of 2 products is ending" in server.messages[2].get_content()
        posted.run()
        assert len(server.messages) == 3


def test_a_digest_is_one_mail_of_all_kinds(posted: Post) -> None:
    with mail_server() as server:
        posted.mail_at(server.port)
        posted.reader("ann", mail={"critical-finding": "daily", "machine-silent": "daily"})
        for number in range(3):
            posted.happens("critical-finding", str(number))
            posted.happens("machine-silent", str(number))
            posted.run()
        assert server.messages == []
        posted.office.now.forward(hours=25)
        posted.run()
        [one] = server.messages
    text = one.get_content()
    assert "3 new critical findings" in text
    assert "3 machines have stopped reporting" in text


def test_deadlines_warn_by_stages_and_say_once_that_they_are_over() -> None:
    ends = datetime(2027, 1, 31, tzinfo=UTC)
    begun = ends - timedelta(days=20)
    one = Deadline("exception-ending", "5", "x", ends, ended="exception-ended", begins=begun)
    told = [stage(one, ends - timedelta(days=days)) for days in (25, 19, 14, 5, 3, 1, 0, -29, -31)]
    assert told == [None, None, ("exception-ending", "5:2027-01-31:14"), ("exception-ending", "5:2027-01-31:14"),
                    ("exception-ending", "5:2027-01-31:3"), ("exception-ending", "5:2027-01-31:3"),
                    ("exception-ended", "5:2027-01-31:ended"), ("exception-ended", "5:2027-01-31:ended"), None]


def test_an_exception_that_ends_is_told_of_before_and_after(posted: Post) -> None:
    office, tenant = posted.office, posted.office.tenant.id
    with office.database.write(tenant) as connection:
        exceptions.add(connection, tenant, kind="exception", subject="patching/x", asset="desk", reason="r",
                       control="c", owner="o", approved_by="p", at=office.now(), by="test",
                       until=office.now().date() + timedelta(days=40))
    found = []
    for _ in range(50):
        deadlines.run(posted.context)
        office.now.forward(days=1)
    with office.database.read(tenant) as connection:
        found = [one.kind for one in reversed(events.since(connection, tenant, datetime(2020, 1, 1, tzinfo=UTC)))]
    assert [one for one in found if one.startswith("exception")] == ["exception-ending"] * 3 + ["exception-ended"]


def test_a_machine_that_falls_silent_is_told_once_and_again_when_it_is_back(posted: Post) -> None:
    office, tenant = posted.office, posted.office.tenant.id
    sender = office.machine()
    office.machine()
    assert office.post("/v1/reports", sender.report()).status_code == 201
    for _ in range(3):
        silence.run(posted.context)
        office.now.forward(days=SILENT_AFTER.days)
    assert office.post("/v1/reports", sender.report()).status_code == 201
    for _ in range(2):
        silence.run(posted.context)
    office.now.forward(days=SILENT_AFTER.days + 1)
    silence.run(posted.context)
    with office.database.read(tenant) as connection:
        found = events.since(connection, tenant, datetime(2020, 1, 1, tzinfo=UTC))
    told = [one.kind for one in reversed(found) if one.kind.startswith("machine")]
    assert told == ["machine-silent", "machine-back", "machine-silent"]
    assert {one.subject for one in found if one.kind.startswith("machine")} == {"front-desk"}


@pytest.mark.parametrize(("method", "path", "status", "what"), [
    ("POST", "/sign-in", 401, "sign_in"), ("POST", "/sign-in/code", 401, "sign_in"), ("POST", "/sign-in", 303, ""),
    ("GET", "/sign-in", 200, ""), ("POST", "/v1/reports", 401, "signature"), ("POST", "/v1/reports", 201, ""),
    ("POST", "/v1/enrollments", 401, "token"), ("GET", "/v1/findings", 401, "token"), ("GET", "/en/", 401, "")])
def test_what_an_answer_says_of_an_attempt(method: str, path: str, status: int, what: str) -> None:
    assert classify(method, path, status) == what


def test_refused_attempts_are_counted_and_told_at_each_tenfold(posted: Post) -> None:
    office, tenant = posted.office, posted.office.tenant.id
    other = office.other().id
    counters = Attempts()
    posted.context.shared[attempts.SHARED] = counters
    day = office.now().date()
    for number in (3, 6, 1, 100, 5):
        counters.add("sign_in", day, tenant, number)
        attempts_job.run(posted.context)
    counters.add("signature", day, number=12)
    attempts_job.run(posted.context)
    with office.database.read(tenant) as connection:
        found = [dict(one.data) for one in reversed(events.since(connection, tenant, datetime(2020, 1, 1, tzinfo=UTC)))]
    with office.database.read(other) as connection:
        theirs = [dict(one.data) for one in events.since(connection, other, datetime(2020, 1, 1, tzinfo=UTC))]
    assert [(one["what"], one["count"]) for one in found] == [("sign_in", 10), ("sign_in", 110), ("signature", 12)]
    assert [(one["what"], one["count"]) for one in theirs] == [("signature", 12)]
    assert kinds.every()["attempts"].count(found) == 122


def test_bad_signatures_and_sign_ins_at_the_real_doors_are_counted(posted: Post) -> None:
    office = posted.office
    sender = office.machine()
    body = bytearray(sender.report())
    assert office.post("/v1/reports", bytes(body).replace(b'"sig":"', b'"sig":"AAAA')).status_code == 401
    taken = office.application.attempts.take()
    assert {(what, number) for (_, _, what), number in taken.items()} == {("signature", 1)}


EVIL = "a\r\nb\u202ec\u2066d\x1b[31me\x00f\ud800g\u200b<h>&\ufffe" + "x" * 500


def test_text_of_others_is_one_plain_line() -> None:
    text = plain(EVIL)
    assert text.startswith("a bcd[31mefg<h>&")
    assert len(text) == 100
    assert text.isprintable()


def test_the_feed_is_atom_of_ones_own_and_ends_when_it_is_taken_back(posted: Post) -> None:
    office, tenant = posted.office, posted.office.tenant.id
    ann = posted.reader("ann", unfed=frozenset({"machine-back"}))
    stranger = office.person("x", Role.ADMINISTRATOR, tenant=office.other().id)
    with office.database.write(tenant) as connection:
        secret = notice_choices.new_feed(connection, tenant, ann.id, office.now())
        notice_choices.say_details(connection, tenant, True, office.now(), "test")
    with office.database.write(stranger.tenant) as connection:
        theirs = notice_choices.new_feed(connection, stranger.tenant, stranger.id, office.now())
    posted.happens("critical-finding", "1", EVIL)
    posted.happens("critical-finding", "2", "<script>")
    posted.happens("machine-back", "1", "hidden")
    posted.happens("account-recovered", "1")
    answer = office.request("GET", f"/feed/{secret}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/atom+xml")
    assert answer.headers["cache-control"] == "no-store"
    again = office.request("GET", f"/feed/{secret}")
    assert again.content == answer.content
    check_atom(answer.content)
    text = answer.text
    assert "2 new critical findings" in text
    assert "&lt;script&gt;" in text
    assert "hidden" not in text
    for never in ("\u202e", "\u2066", "\x1b", "\x00", secret):
        assert never not in text
    assert "entry" not in office.request("GET", f"/feed/{theirs}").text
    for wrong in ("A" * 43, secret[:-1], secret + "x", "..%2f" + secret, "%00"):
        assert office.request("GET", f"/feed/{wrong}").status_code in (400, 401, 404)
    with office.database.write(tenant) as connection:
        people.disable(connection, ann, office.now())
    assert office.request("GET", f"/feed/{secret}").status_code == 404


def check_atom(body: bytes) -> None:
    """What RFC 4287 demands of a feed and its entries (4.1.1, 4.1.2), and no more."""
    atom = "{http://www.w3.org/2005/Atom}"
    root = ElementTree.fromstring(body)
    assert root.tag == f"{atom}feed"
    ids = []
    for part in (root, *root.findall(f"{atom}entry")):
        for once in ("id", "title", "updated"):
            assert len(part.findall(f"{atom}{once}")) == 1, once
        datetime.strptime(part.findtext(f"{atom}updated") or "", "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        ids.append(part.findtext(f"{atom}id") or "")
        assert ids[-1].startswith("urn:hustings:")
        for link in part.findall(f"{atom}link"):
            assert link.get("href", "").startswith("http")
    assert len(ids) == len(set(ids)) > 1
    assert root.findtext(f"{atom}author/{atom}name")


def test_fetching_feeds_is_slowed_down(posted: Post) -> None:
    statuses = [posted.office.request("GET", "/feed/" + "A" * 43).status_code for _ in range(62)]
    assert statuses[:60] == [404] * 60
    assert statuses[-1] == 429


def test_a_person_chooses_and_what_is_wrong_is_said(posted: Post) -> None:
    office = posted.office
    ann = posted.reader("ann")
    session = office.signed_in(ann)
    page = office.page("GET", "/en/account/notices", session)
    assert page.status_code == 200
    fields = {f"mail-{name}": "weekly" for name, kind in kinds.every().items() if ann.role in kind.may}
    saved = office.page("POST", "/en/account/notices", session, **fields, quiet_from="22:00", quiet_to="07:00",
                        **{"feed-critical-finding": "on"})
    assert saved.status_code == 303
    with office.database.read(office.tenant.id) as connection:
        chosen = notice_choices.of(connection, office.tenant.id, ann.id)
    assert set(chosen.mail.values()) == {"weekly"}
    assert "critical-finding" not in chosen.unfed
    assert "machine-back" in chosen.unfed
    assert (chosen.quiet_from, chosen.quiet_to, chosen.pierce) == ("22:00", "07:00", False)
    for bad in ({"quiet_to": ""}, {"quiet_from": "25:00"}, {"mail-critical-finding": "hourly"}):
        refused = office.page("POST", "/fr/account/notices", session, **{
            **fields, "quiet_from": "22:00", "quiet_to": "07:00", **bad})
        assert refused.status_code == 400
        assert 'role="alert"' in refused.text


def test_the_feed_s_address_is_shown_once_and_a_new_one_ends_the_old(posted: Post) -> None:
    import re
    office = posted.office
    session = office.signed_in(posted.reader("ann"))
    addresses = []
    for _ in range(2):
        made = office.page("POST", "/en/account/notices/feed", session, do="new")
        found = re.search(r"https?://[^<]+(/feed/[A-Za-z0-9_-]{43})", made.text)
        assert found
        addresses.append(found[1])
    assert "/feed/" not in office.page("GET", "/en/account/notices", session).text.replace("/account/notices/feed", "")
    assert [office.request("GET", one).status_code for one in addresses] == [404, 200]
    office.page("POST", "/en/account/notices/feed", session, do="end")
    assert office.request("GET", addresses[1]).status_code == 404


def test_only_an_administrator_adds_webhooks_and_bad_ones_are_refused(posted: Post) -> None:
    office = posted.office
    admin, staff, official = (office.signed_in(posted.reader(name, role)) for name, role in (
        ("ada", Role.ADMINISTRATOR), ("sam", Role.STAFF), ("olga", Role.OFFICIAL)))
    assert office.page("GET", "/en/office/notices", official).status_code == 403
    assert office.page("GET", "/fr/office/notices", staff).status_code == 200
    good = {"name": "Tickets", "url": "https://8.8.8.8/hook", "kind-critical-finding": "on"}
    assert office.page("POST", "/en/office/notices/webhooks", staff, **good).status_code == 403
    for bad in ({"url": "https://127.0.0.1/"}, {"url": "http://8.8.8.8/"}, {"url": "ftp://x"}, {"name": ""},
                {"name": "a\u202eb"}, {"name": "x" * 81}, {"url": "https://169.254.169.254/latest"}):
        refused = office.page("POST", "/fr/office/notices/webhooks", admin, **{**good, **bad})
        assert refused.status_code == 400, bad
        assert 'role="alert"' in refused.text
    made = office.page("POST", "/en/office/notices/webhooks", admin, **good)
    assert made.status_code == 200
    assert "whsec_" in made.text
    assert "whsec_" not in office.page("GET", "/en/office/notices", admin).text
    other = office.other()
    theirs = office.signed_in(office.person("eve", Role.ADMINISTRATOR, tenant=other.id))
    for act in ("end", "test"):
        assert office.page("POST", f"/en/office/notices/webhooks/1/{act}", theirs).status_code == 404
    assert "Tickets" not in office.page("GET", "/en/office/notices", theirs).text
    for _ in range(3):
        assert office.page("POST", "/en/office/notices/webhooks/1/test", admin).status_code == 303
    assert office.page("POST", "/en/office/notices/webhooks/1/test", admin).status_code == 429
    assert office.page("POST", "/en/office/notices/webhooks/1/end", admin).status_code == 303
    assert office.page("POST", "/en/office/notices/webhooks/1/test", admin).status_code in (404, 429)


def test_a_message_that_was_given_up_is_shown_and_sent_again(posted: Post) -> None:
    office = posted.office
    admin = office.signed_in(posted.reader("ada", Role.ADMINISTRATOR, email="ada@elections.test"))
    with mail_server() as server:
        server.refuse = "550 <b>nobody</b>"
        posted.mail_at(server.port)
        with office.database.write(office.tenant.id) as connection:
            outbox.make(connection, office.tenant.id, Channel.MAIL, people.by_name(
                connection, office.tenant.id, "ada").id, {"test": True}, office.now())
        posted.run()
        page = office.page("GET", "/en/office/notices", admin).text
        assert "1 message did not arrive" in page
        assert "550 &lt;b&gt;nobody&lt;/b&gt;" in page
        server.refuse = ""
        assert office.page("POST", "/en/office/notices/1/again", admin).status_code == 303
        posted.run()
        assert "test message" in str(server.messages[0]["subject"])
    assert office.page("POST", "/en/office/notices/1/again", admin).status_code == 404
