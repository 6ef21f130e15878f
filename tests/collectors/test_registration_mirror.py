"""A mirror in real streaming replication: seen from both sides, by who may see it, and never taken for none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent import audit as audits
from agent.access.grant_script_postgresql import script
from collectors import registration_mirror as subject
from collectors.base import ABSENT
from collectors.host.live import LiveHost
from hustings.declared import Database, Declared
from hustings.facts import Listing, Missing, Reason
from hustings.verdicts import Result
from policies import pack as packs
from tests.fakes import FakeHost
from tests.postgres import PostgresServer
from tests.replication import ACCOUNT, Pair, replicating, until

AUDITOR, NOBODY = "hustings_audit", "stranger"
CHECKS = ("backups/mirror-declared", "backups/mirror-in-step", "backups/mirror-encrypted")
STREAMING = "select count(*)::int from pg_stat_replication where state = 'streaming' and replay_lsn >= sent_lsn"


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with replicating() as both:
        both.primary.execute(f"create role {NOBODY} login")
        both.primary.execute(script(AUDITOR, {}, ()))
        until(both.primary, STREAMING, 1)
        until(both.replica, "select count(*)::int from pg_proc where proname = 'receiver'", 1)
        yield both


def declared(server: PostgresServer, role: str, user: str = AUDITOR) -> Declared:
    return Declared(roles=("registration-db",), databases=(Database(
        name="roll", engine="postgresql", host=server.host, port=server.port, database="postgres", user=user,
        mirror=role),))


def look(server: PostgresServer, role: str, user: str = AUDITOR) -> dict[str, object]:
    answers = subject.collect(LiveHost(), declared(server, role, user))
    return {name.removeprefix("registration.").removesuffix("@roll"): value for name, value in answers.items()}


def judged(server: PostgresServer, role: str) -> dict[str, str]:
    found: list[Result] = audits.audit(LiveHost(), declared(server, role), packs.shipped(), only=CHECKS).results
    return {one.check.partition("/")[2]: str(one.verdict) for one in found}


def test_both_sides_of_a_mirror_in_step_under_verified_tls(pair: Pair) -> None:
    seen = look(pair.primary, "primary")
    assert seen["in_recovery"] is False
    assert seen["receiver"] is ABSENT
    listing = seen["standbys"]
    assert isinstance(listing, Listing)
    (one,) = listing.items
    assert (one["name"], one["account"], one["state"], one["tls"]) == ("mirror", ACCOUNT, "streaming", True)
    assert 0 <= one["lag"] < 900
    seen = look(pair.replica, "replica")
    assert seen["in_recovery"] is True
    listing = seen["receiver"]
    assert isinstance(listing, Listing)
    (own,) = listing.items
    assert (own["status"], own["sslmode"]) == ("streaming", "verify-full")
    assert 0 <= own["lag"] < 900
    good = {"mirror-declared": "pass", "mirror-in-step": "pass", "mirror-encrypted": "pass"}
    assert judged(pair.primary, "primary") == judged(pair.replica, "replica") == good


def test_who_may_not_see_replication_is_told_so_and_not_that_there_is_none(pair: Pair) -> None:
    for server, role in ((pair.primary, "primary"), (pair.replica, "replica")):
        standbys = look(server, role, NOBODY)["standbys"]
        assert isinstance(standbys, Missing)
        assert standbys.reason is Reason.DENIED
    receiver = look(pair.replica, "replica", NOBODY)["receiver"]
    assert isinstance(receiver, Missing)
    assert receiver.reason is Reason.DENIED


def test_a_server_that_is_not_what_was_declared_is_no_mirror(pair: Pair) -> None:
    assert judged(pair.primary, "replica")["mirror-in-step"] == "fail"
    assert judged(pair.replica, "primary")["mirror-in-step"] == "fail"


def test_without_a_declared_mirror_nothing_is_asked() -> None:
    answers = subject.collect(FakeHost(), Declared(databases=(Database(name="roll", engine="postgresql"),)))
    assert set(answers.values()) == {ABSENT}


def test_what_a_connection_string_says_of_tls() -> None:
    assert subject.sslmode("user=svc_mirror password=******** sslmode=verify-ca host=10.1.1.1") == "verify-ca"
    assert subject.sslmode("host=10.1.1.1") == "prefer"
    assert isinstance(subject.sslmode(None), Missing)
    assert isinstance(subject.sslmode("sslmode"), Missing)
    assert isinstance(subject.sslmode("sslmode=odd"), Missing)


def test_an_address_and_an_account_are_not_in_what_leaves(pair: Pair) -> None:
    answers = subject.collect(LiveHost(), declared(pair.primary, "primary", "nobody_at_all"))
    leaves = answers["registration.in_recovery@roll"]
    stays = answers["registration.standbys@roll"]
    assert isinstance(leaves, Missing)
    assert isinstance(stays, Missing)
    assert "nobody_at_all" in stays.detail
    assert "nobody_at_all" not in leaves.detail
    assert str(pair.primary.port) not in leaves.detail


def test_a_mirror_that_stopped_is_noticed(pair: Pair) -> None:
    pair.stop_replica()
    until(pair.primary, "select count(*)::int from pg_stat_replication", 0)
    verdicts = judged(pair.primary, "primary")
    assert (verdicts["mirror-in-step"], verdicts["mirror-encrypted"]) == ("fail", "unknown")
