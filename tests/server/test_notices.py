"""Messages: from what happened to a mail server and a webhook that are really there, with all their faults."""

from __future__ import annotations

import ssl
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from server.notices import outward
from server.notices.outcome import Undelivered
from server.notices.outward import public, resolved, target
from server.notices.sending import GIVE_UP
from server.store import notice_choices, outbox
from server.store.outbox import Channel, State
from server.store.people import Role
from server.store.schema.notices import notices as notice_rows
from tests.mail_server import asks_for, mail_server
from tests.receiver import receiver
from tests.server.notice_setups import Post, post
from tests.server.setups import Office
from tests.tls_servers import Authority, server_context

EVIL = "desk\r\nBcc: spy@evil.test\r\n\r\n<script>alert(1)</script>\u202etxt.exe\u2066\x1b[31mred\x00 =cmd|'x'!A0"


@pytest.fixture
def posted(office: Office, tmp_path: Path) -> Post:
    return post(office, tmp_path / "data")


def states(one: Post) -> list[tuple[str, State, str]]:
    with one.office.database.read(one.office.tenant.id) as connection:
        return [(each.name, each.state, each.trouble)
                for each in reversed(outbox.recent(connection, one.office.tenant.id, 50))]


def test_what_happens_twice_under_one_key_is_one_event_and_one_mail(posted: Post) -> None:
    with mail_server() as server:
        posted.mail_at(server.port)
        posted.reader("ann")
        assert posted.happens("critical-finding", "1:1", "desk-1")
        assert not posted.happens("critical-finding", "1:1", "desk-1")
        posted.run()
        posted.run()
        [message] = server.messages
    assert server.recipients == ["ann@elections.test"]
    assert message["subject"] == "Office: 1 new critical finding"
    assert "https://hustings.example:8443/en/findings" in message.get_content()
    assert "desk-1" not in message.as_string()
    assert message["auto-submitted"] == "auto-generated"
    assert message["message-id"] == f"<{states(posted)[0][0]}@elections.test>"


def test_an_event_of_a_transaction_that_fails_never_happened(posted: Post) -> None:
    from server.notices.events import happened
    posted.reader("ann")
    tenant = posted.office.tenant.id

    def fails() -> None:
        with posted.office.database.write(tenant) as connection:
            assert happened(connection, tenant, "restored", "1", "", {}, posted.office.now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert posted.happens("restored", "1")


def test_a_kind_that_nobody_described_is_refused(posted: Post) -> None:
    with pytest.raises(ValueError, match="nonsense"):
        posted.happens("nonsense", "1")


def test_each_is_told_in_their_language_and_by_their_role(posted: Post) -> None:
    with mail_server() as server:
        posted.mail_at(server.port)
        posted.reader("ann", language="fr")
        posted.reader("olga", Role.OFFICIAL)
        posted.happens("critical-finding", "1:1")
        posted.happens("critical-finding", "2:1")
        posted.happens("decision-waits", "7")
        posted.run()
        by_to = {str(one["to"]): one for one in server.messages}
    assert by_to["ann@elections.test"]["subject"] == "Office\u00a0: 2 nouvelles constatations critiques"
    assert by_to["ann@elections.test"]["content-language"] == "fr"
    assert by_to["olga@elections.test"]["subject"] == "Office: 1 act waits for the decision of a second person"


def test_names_in_mail_and_webhook_are_inert_and_only_there_when_the_office_says_so(posted: Post) -> None:
    with mail_server() as server, receiver() as hooked:
        posted.mail_at(server.port)
        posted.reach("127.0.0.0/8")
        posted.reader("ann")
        posted.hook(f"http://127.0.0.1:{hooked.port}/", "machine-silent")
        posted.happens("machine-silent", "a", EVIL)
        posted.run()
        with posted.office.database.write(posted.office.tenant.id) as connection:
            notice_choices.say_details(connection, posted.office.tenant.id, True, posted.office.now(), "test")
        posted.happens("machine-silent", "b", EVIL)
        posted.run()
        silent, named = server.messages
    for raw in server.raw:
        head = raw.partition(b"\r\n\r\n")[0]
        assert b"spy@evil.test" not in head
        assert head.lower().count(b"\r\nbcc:") == 0
    assert "desk" not in silent.get_content()
    text = named.get_content()
    assert "desk Bcc: spy@evil.test <script>alert(1)</script>txt.exe" in text
    for never in ("\u202e", "\u2066", "\x1b", "\x00", "\nBcc"):
        assert never not in text
    assert named["bcc"] is None
    said = hooked.got[1].json["data"]["events"][0]["names"]
    assert said
    assert not set("\u202e\u2066\x1b\x00\r\n") & set(said[0])
    assert hooked.got[0].json["data"]["events"][0]["names"] == []


def test_greylisted_and_cut_off_a_mail_arrives_in_the_end_always_under_the_same_name(posted: Post) -> None:
    with mail_server() as server:
        server.greylist, server.hang_up = 2, 1
        posted.mail_at(server.port)
        posted.reader("ann")
        posted.happens("critical-finding", "1:1")
        for _ in range(6):
            posted.run()
            posted.office.now.forward(minutes=10)
        names = [one["message-id"] for one in server.messages]
    assert len(names) == 2, "taken twice: once without an answer, once with"
    assert len(set(names)) == 1
    assert server.raw[0] == server.raw[1], "every try is the same to the byte"
    assert [state for _, state, _ in states(posted)] == [State.SENT]


def test_a_mail_that_is_refused_for_good_is_given_up_where_it_can_be_seen(posted: Post) -> None:
    with mail_server() as server:
        server.refuse = "550 5.1.1 No such user\x1b[31m"
        posted.mail_at(server.port)
        posted.reader("ann", mail={"notice-given-up": "never"})
        posted.happens("critical-finding", "1:1")
        posted.run()
        posted.run()
        assert server.messages == []
    [(_, state, trouble)] = states(posted)
    assert state is State.GIVEN_UP
    assert trouble.startswith("550 5.1.1 No such user")
    assert "\x1b" not in trouble


def test_what_cannot_be_delivered_for_three_days_is_given_up_and_others_are_told_once(posted: Post) -> None:
    with receiver() as hooked:
        posted.reach("127.0.0.0/8")
        posted.mail_at(9)
        posted.reader("ann")
        posted.hook(f"http://127.0.0.1:{hooked.port}/", "notice-given-up")
        posted.happens("critical-finding", "1:1")
        waits = []
        for _ in range(200):
            before = posted.office.now()
            posted.run()
            with posted.office.database.read(posted.office.tenant.id) as connection:
                open_ = [one for one in outbox.recent(connection, posted.office.tenant.id, 50)
                         if one.state is State.WAITING and one.channel is Channel.MAIL]
            if not open_:
                break
            waits.append(open_[0].due - before)
            posted.office.now.forward(seconds=(open_[0].due - before).total_seconds() + 1)
        posted.run()
    assert all(timedelta(seconds=3) < one < timedelta(hours=8) for one in waits)
    assert waits[0] < timedelta(seconds=7)
    assert GIVE_UP - timedelta(hours=10) < sum(waits, timedelta()) < GIVE_UP
    assert [one.json["data"]["events"][0]["kind"] for one in hooked.got] == ["notice-given-up"]


def test_under_tls_with_a_login_and_never_without_either(posted: Post, tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    context = server_context(ca.issue("127.0.0.1"))
    with mail_server(tls_context=context, require_starttls=True, auth_required=True,
                     authenticator=asks_for("hustings", "a secret")) as server:
        signed_in = {"security": "starttls", "login": "hustings", "password": "a secret", "authority": str(ca.file)}
        posted.reader("ann")
        posted.happens("critical-finding", "1:1")
        for wrong in ({**signed_in, "authority": ""}, {**signed_in, "password": "another"},
                      {"security": "none"}):
            posted.mail_at(server.port, **wrong)
            posted.run()
            assert server.messages == [], wrong
            assert states(posted)[0][1:2] == (State.WAITING,)
            posted.office.now.forward(minutes=5)
        posted.mail_at(server.port, **signed_in)
        posted.run()
        assert len(server.messages) == 1


def test_a_webhook_is_signed_by_the_published_rule_and_repeats_under_the_same_id(posted: Post, tmp_path: Path) -> None:
    with receiver() as hooked:
        hooked.answers = [500, 302]
        hooked.headers = {"location": "http://127.0.0.1:1/elsewhere"}
        posted.reach("127.0.0.0/8")
        secret = posted.hook(f"http://127.0.0.1:{hooked.port}/in?x=1", "critical-finding")
        posted.happens("critical-finding", "1:1", "desk-1")
        posted.happens("machine-back", "1", "desk-1")
        for _ in range(5):
            posted.run()
            posted.office.now.forward(minutes=5)
    assert [one.path for one in hooked.got] == ["/in?x=1"] * 3
    assert len({one.name for one in hooked.got}) == 1
    assert len({one.headers["webhook-timestamp"] for one in hooked.got}) == 3
    assert all(one.signed_by(secret) for one in hooked.got)
    assert not hooked.got[0].signed_by("whsec_" + "A" * 44)
    assert hooked.got[0].json == {
        "type": "notice", "timestamp": hooked.got[0].json["timestamp"], "data": {"office": "Office", "events": [{
            "kind": "critical-finding", "count": 1, "text": "1 new critical finding",
            "url": "https://hustings.example:8443/en/findings", "names": []}]}}
    assert [state for _, state, _ in states(posted)] == [State.SENT]


def test_a_receiver_that_is_gone_is_sent_nothing_more(posted: Post) -> None:
    with receiver() as hooked:
        hooked.answers = [410]
        posted.reach("127.0.0.0/8")
        posted.hook(f"http://127.0.0.1:{hooked.port}/", "critical-finding")
        for number in range(3):
            posted.happens("critical-finding", str(number))
            posted.run()
        assert len(hooked.got) == 1


def test_a_webhook_never_reaches_what_is_not_public(posted: Post) -> None:
    with receiver() as hooked:
        for url in (f"http://127.0.0.1:{hooked.port}/", f"http://localhost:{hooked.port}/",
                    f"https://[::1]:{hooked.port}/", f"http://[::ffff:127.0.0.1]:{hooked.port}/",
                    f"http://2130706433:{hooked.port}/", f"http://0x7f.1:{hooked.port}/"):
            posted.hook(url, "critical-finding")
        posted.happens("critical-finding", "1")
        posted.run()
        assert hooked.got == []
    assert {state for _, state, _ in states(posted)} == {State.WAITING}
    assert all("public" in trouble or "found" in trouble for *_, trouble in states(posted))


@pytest.mark.parametrize(("text", "may"), [
    ("8.8.8.8", True), ("2606:4700::1111", True), ("127.0.0.1", False), ("10.0.0.1", False), ("172.16.0.1", False),
    ("192.168.1.1", False), ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False),
    ("224.0.0.1", False), ("255.255.255.255", False), ("240.0.0.1", False), ("198.18.0.1", False), ("::1", False),
    ("::", False), ("fe80::1", False), ("fc00::1", False), ("::ffff:10.0.0.1", False), ("64:ff9b::7f00:1", False),
    ("2002:7f00:1::", False), ("2001:0:7f00:1::", False), ("ff02::1", False), ("::127.0.0.1", False),
    ("64:ff9b:1::a00:1", False)])
def test_public_addresses_and_no_others(text: str, may: bool) -> None:
    from ipaddress import ip_address, ip_network
    assert public(ip_address(text)) is may
    assert public(ip_address(text), [ip_network(text)])


@pytest.mark.parametrize("url", [
    "ftp://example.org/", "https://user@example.org/", "https://example.org/#x", "https:///x", "https://exa mple.org/",
    "https://example.org\\@127.0.0.1/", "javascript:alert(1)", "https://example.org/\r\nX: y", "https://bücher.test/",
    "https://example.org:99999/", "https://example.org/" + "x" * 600, ""])
def test_an_address_that_is_not_plainly_one_is_refused(url: str) -> None:
    from hustings.errors import UsageError
    with pytest.raises(UsageError):
        target(url)


def test_without_tls_only_where_the_host_allowed_it() -> None:
    with pytest.raises(Undelivered, match="https"):
        resolved(target("http://8.8.8.8/"), ())


def test_the_connection_goes_to_the_address_that_was_looked_at_under_the_name_it_was_typed(tmp_path: Path) -> None:
    from ipaddress import ip_network
    ca = Authority(tmp_path)
    trust = ssl.create_default_context(cafile=str(ca.file))
    with receiver(server_context(ca.issue("localhost"))) as hooked:
        to = target(f"https://localhost:{hooked.port}/x")
        networks = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
        assert outward.post(to, b"{}", {"webhook-id": "1"}, networks[:1], trust)[0] == 200
        assert hooked.got[0].headers["host"] == f"localhost:{hooked.port}"
        with pytest.raises(Undelivered, match="CERTIFICATE_VERIFY_FAILED"):
            outward.post(target(f"https://127.0.0.1:{hooked.port}/x"), b"{}", {}, networks, trust)
        with pytest.raises(Undelivered, match="CERTIFICATE_VERIFY_FAILED"):
            outward.post(to, b"{}", {}, networks[:1])


def test_a_message_held_by_a_server_that_died_is_sent_by_the_next_under_the_same_name(posted: Post) -> None:
    posted.mail_at(9)
    posted.reader("ann")
    posted.happens("critical-finding", "1:1")
    from server.jobs import notices
    notices.run(posted.context)
    now = posted.office.now()
    with posted.office.database.write(posted.office.tenant.id) as connection:
        first = outbox.claim(connection, Channel.MAIL, "the dead", now, now + timedelta(minutes=5))
    with posted.office.database.write(posted.office.tenant.id) as connection:
        assert outbox.claim(connection, Channel.MAIL, "another", now, now) is None
    with mail_server() as server:
        posted.mail_at(server.port)
        posted.run()
        [message] = server.messages
    assert first is not None
    assert message["x-hustings-notice"] == first.name


def test_nobody_is_told_of_another_office(posted: Post) -> None:
    other = posted.office.other()
    stranger = posted.office.person("stranger", Role.ADMINISTRATOR, tenant=other.id)
    from server.store import people
    with posted.office.database.write(other.id) as connection:
        people.set_contact(connection, stranger, "stranger@else.test", "en")
    with mail_server() as server:
        posted.mail_at(server.port)
        posted.reader("ann")
        posted.happens("critical-finding", "1:1")
        posted.run()
        assert server.recipients == ["ann@elections.test"]
    with posted.office.database.read(other.id) as connection:
        assert outbox.recent(connection, other.id, 10) == []


def test_what_is_old_and_done_is_retired_and_what_waits_is_not(posted: Post) -> None:
    tenant = posted.office.tenant.id
    with mail_server() as server:
        posted.mail_at(server.port)
        posted.reader("ann", mail={"machine-back": "weekly"})
        posted.happens("critical-finding", "1:1")
        posted.happens("machine-back", "1")
        posted.run()
    posted.office.now.forward(hours=1)
    with posted.office.database.write(tenant) as connection:
        before = posted.office.now()
        assert outbox.retirable(connection, tenant, before) == 1
        assert outbox.retire(connection, tenant, before) == 1
        assert outbox.retirable(connection, tenant, before) == 0
        assert connection.scalar(sa.select(sa.func.count()).select_from(notice_rows)) == 0
