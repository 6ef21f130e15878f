"""The spool keeps every report, in order, whatever happens to its files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent import mending, spool_file
from agent.contact import Contact
from agent.send import Forked, send
from agent.spool import Bound, Spool
from hustings import keys, report
from hustings.errors import BadDocument, CannotFinish, Untrusted
from hustings.report import Lost, Report, Same
from tests.agent.doubles import NOW, Server, Silent, answer, clock, inventory, made, problem, signer


@pytest.fixture
def private() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture
def server(private: Ed25519PrivateKey) -> Server:
    return Server(keys.public_bytes(private))


@pytest.fixture
def spool(tmp_path: Path, private: Ed25519PrivateKey) -> Spool:
    return Spool(tmp_path / "spool", signer(private), now=lambda: NOW)


def fill(spool: Spool, *notes: str) -> None:
    for note in notes:
        spool.append(lambda where, note=note: made(where, note=note))


def deliver(spool: Spool, server: Server | Silent) -> object:
    mending.mend(spool)
    return send(spool, server, Contact(), clock(), "https://server")


def test_reports_arrive_in_order_and_then_nothing_waits(spool: Spool, server: Server) -> None:
    fill(spool, "one", "two", "three")
    sent = send(spool, server, Contact(), clock(), "https://server")
    assert (sent.arrived, sent.trouble, server.notes()) == (3, None, ["one", "two", "three"])
    assert spool.waiting() == []
    assert [one.sequence for one in server.documents if isinstance(one, Report)] == [1, 2, 3]


def test_what_could_not_be_sent_is_sent_later_with_what_came_since(spool: Spool, server: Server) -> None:
    fill(spool, "one")
    silent = Silent()
    sent = send(spool, silent, Contact(), clock(), "https://server")
    assert isinstance(sent.trouble, CannotFinish)
    assert silent.requests > 1
    assert sent.contact.trouble is not None
    fill(spool, "two")
    sent = send(spool, server, sent.contact, clock(), "https://server")
    assert server.notes() == ["one", "two"]
    assert sent.contact.trouble is None


def test_an_answer_lost_on_its_way_does_not_make_the_report_arrive_twice(spool: Spool, server: Server) -> None:
    def lose(_: object) -> None:
        server.after = lambda _: None
        raise CannotFinish("broke off the connection")

    server.after = lose
    fill(spool, "one", "two")
    deliver(spool, server)
    assert server.notes() == ["one", "two"]


def test_the_inventory_is_sent_once_and_then_named(spool: Spool, server: Server) -> None:
    fill(spool, "one")
    deliver(spool, server)
    fill(spool, "two")
    deliver(spool, server)
    assert [isinstance(one.inventory, Same) for one in server.documents if isinstance(one, Report)] == [False, True]


def test_a_server_that_lacks_the_inventory_gets_it_whole_at_the_same_sequence(spool: Spool, server: Server) -> None:
    fill(spool, "one")
    deliver(spool, server)
    fill(spool, "two")
    fill(spool, "three")
    server.standing = type(server.standing)(**{
        name: getattr(server.standing, name) for name in server.standing.__slots__ if name != "inventory"})
    deliver(spool, server)
    assert server.notes() == ["one", "two", "three"]
    assert server.documents[1].inventory == inventory()  # type: ignore[union-attr]
    assert isinstance(server.documents[2].inventory, Same)  # type: ignore[union-attr]


def test_an_inventory_waiting_to_be_sent_is_not_named_by_a_report_that_has_another(spool: Spool,
                                                                                    server: Server) -> None:
    fill(spool, "one")
    deliver(spool, server)
    spool.append(lambda where: made(where, inventory("3.1"), "two"))
    spool.append(lambda where: made(where, inventory("3.0"), "three"))
    deliver(spool, server)
    assert server.notes() == ["one", "two", "three"]
    assert server.requests == 3


def test_every_cut_of_a_waiting_file_is_noticed_and_becomes_a_lost_statement(
        spool: Spool, private: Ed25519PrivateKey, tmp_path: Path) -> None:
    fill(spool, "one", "two", "three")
    second = next(spool.place.glob("*.000000000002-*.envelope"))
    whole = second.read_bytes()
    for length in range(len(whole)):
        with pytest.raises(BadDocument):
            spool_file.unpack(whole[:length])
    for length in (0, 1, 64, 65, 70, len(whole) // 2, len(whole) - 1):
        copy = tmp_path / f"cut-{length}"
        shutil.copytree(spool.place, copy)
        (copy / second.name).write_bytes(whole[:length])
        server = Server(keys.public_bytes(private))
        deliver(Spool(copy, signer(private), now=lambda: NOW), server)
        assert server.notes() == ["one", "lost 2-2", "three"]


def test_every_changed_byte_of_a_waiting_file_is_noticed(spool: Spool) -> None:
    fill(spool, "one")
    whole = next(spool.place.glob("*.envelope")).read_bytes()
    for index in range(len(whole)):
        changed = bytearray(whole)
        changed[index] ^= 1 << (index % 8)
        with pytest.raises(BadDocument):
            spool_file.unpack(bytes(changed))


@pytest.mark.parametrize(("gone", "arrives"), [
    ({1}, ["lost 1-1", "two", "three"]),
    ({2}, ["one", "lost 2-2", "three"]),
    ({1, 2}, ["lost 1-2", "three"]),
    ({3}, ["one", "two"]),
])
def test_a_deleted_file_becomes_a_lost_statement(spool: Spool, server: Server, gone: set[int],
                                                 arrives: list[str]) -> None:
    fill(spool, "one", "two", "three")
    for number in gone:
        next(spool.place.glob(f"*.{number:012d}-*.envelope")).unlink()
    deliver(spool, server)
    fill(spool, "next")
    deliver(spool, server)
    assert server.notes() == [*arrives, "next"]


def test_scratch_files_of_a_crash_are_swept_and_mean_nothing(spool: Spool, server: Server) -> None:
    fill(spool, "one")
    name = next(spool.place.glob("*.envelope")).name.replace("01-000000000001", "02-000000000002")
    (spool.place / f".{name}.tmp").write_bytes(b"half a re")
    fill(spool, "two")
    deliver(spool, server)
    assert server.notes() == ["one", "two"]
    assert not list(spool.place.glob(".*"))


def test_over_the_bound_the_oldest_give_way_to_one_lost_statement(tmp_path: Path, private: Ed25519PrivateKey,
                                                                  server: Server) -> None:
    spool = Spool(tmp_path, signer(private), Bound(count=10), now=lambda: NOW)
    for number in range(1, 31):
        fill(spool, str(number))
        mending.trim(spool)
        assert len(spool.waiting()) <= 10
    deliver(spool, server)
    first = server.documents[0]
    assert isinstance(first, Lost)
    assert (first.first, first.reason) == (1, mending.FULL)
    assert server.notes()[1:] == [str(number) for number in range(first.last + 1, 31)]


def test_over_the_bound_in_bytes_the_newest_is_kept(tmp_path: Path, private: Ed25519PrivateKey,
                                                    server: Server) -> None:
    spool = Spool(tmp_path, signer(private), Bound(size=1), now=lambda: NOW)
    for number in range(1, 6):
        fill(spool, str(number))
        mending.trim(spool)
    deliver(spool, server)
    assert server.notes() == ["lost 1-4", "5"]


def test_what_may_have_reached_the_server_is_never_dropped(tmp_path: Path, private: Ed25519PrivateKey,
                                                           server: Server) -> None:
    def lose(_: object) -> None:
        raise CannotFinish("broke off the connection")

    spool = Spool(tmp_path, signer(private), Bound(count=5), now=lambda: NOW)
    server.after = lose
    fill(spool, "1")
    deliver(spool, server)
    for number in range(2, 12):
        fill(spool, str(number))
        mending.trim(spool)
    server.after = lambda _: None
    deliver(spool, server)
    assert server.notes()[0] == "1"
    assert server.notes()[1].startswith("lost 2-")
    assert server.notes()[-1] == "11"
    assert spool.waiting() == []


def test_dropping_interrupted_after_the_statement_is_finished_later(tmp_path: Path, private: Ed25519PrivateKey,
                                                                    server: Server) -> None:
    spool = Spool(tmp_path, signer(private), now=lambda: NOW)
    fill(spool, "1", "2", "3", "4")
    first = spool.waiting()[0].name
    spool.put_lost(spool_file.Name(first.epoch, 1, 3), None, mending.FULL)
    deliver(spool, server)
    assert server.notes() == ["lost 1-3", "4"]


def test_dropping_interrupted_with_a_torn_statement_drops_nothing(tmp_path: Path, private: Ed25519PrivateKey,
                                                                  server: Server) -> None:
    spool = Spool(tmp_path, signer(private), now=lambda: NOW)
    fill(spool, "1", "2")
    name = spool_file.Name(spool.signer.epoch, 1, 2)
    (spool.place / name.file("envelope")).write_bytes(b"torn")
    deliver(spool, server)
    assert server.notes() == ["1", "2"]


def test_a_report_refused_for_good_does_not_block_those_after_it(spool: Spool, server: Server) -> None:
    server.before = lambda one: (problem(422, "malformed", detail="results: no")
                                 if isinstance(one, Report) and one.host == "two" else None)
    fill(spool, "one", "two", "three")
    sent = deliver(spool, server)
    assert sent.trouble is None  # type: ignore[attr-defined]
    assert server.notes() == ["one", "lost 2-2", "three"]
    assert "results: no" in server.documents[1].reason  # type: ignore[union-attr]
    assert len(list(spool.place.glob("*.rejected"))) == 1


def test_a_server_set_back_gets_again_what_it_lacks(spool: Spool, server: Server) -> None:
    fill(spool, "one", "two", "three", "four")
    deliver(spool, server)
    server.forget_after(2)
    fill(spool, "five")
    deliver(spool, server)
    assert server.notes() == ["one", "two", "three", "four", "five"]


def test_a_server_set_back_further_than_we_keep_gets_a_lost_statement(spool: Spool, server: Server) -> None:
    fill(spool, "one", "two", "three", "four")
    deliver(spool, server)
    server.forget_after(1)
    spool.drop(spool.entries()[1].name, "envelope", "receipt")
    fill(spool, "five")
    deliver(spool, server)
    assert server.notes() == ["one", "lost 2-2", "three", "four", "five"]


def test_a_server_that_always_asks_for_more_is_not_obeyed_for_ever(spool: Spool, server: Server) -> None:
    fill(spool, "one", "two")
    deliver(spool, server)
    fill(spool, "three")
    server.before = lambda one: problem(409, "gap", expected=1)
    sent = deliver(spool, server)
    assert sent.trouble is not None  # type: ignore[attr-defined]
    assert server.requests < 12


def test_an_agent_set_back_learns_of_the_fork_and_goes_on_in_a_new_epoch(
        tmp_path: Path, private: Ed25519PrivateKey, server: Server) -> None:
    spool = Spool(tmp_path / "spool", signer(private), now=lambda: NOW)
    fill(spool, "one")
    deliver(spool, server)
    shutil.copytree(spool.place, tmp_path / "backup")
    fill(spool, "two", "three")
    deliver(spool, server)
    shutil.rmtree(spool.place)
    shutil.copytree(tmp_path / "backup", spool.place)
    fill(spool, "after the restore", "and one more")
    sent = deliver(spool, server)
    assert isinstance(sent.trouble, Forked)  # type: ignore[attr-defined]
    assert "set back" in sent.trouble.what  # type: ignore[attr-defined]
    renewed = Spool(spool.place, signer(private, "f" * 32), now=lambda: NOW)
    deliver(renewed, server)
    assert server.notes() == ["one", "two", "three", "after the restore", "and one more"]
    assert [one.epoch[0] for one in server.documents] == ["0", "0", "0", "f", "f"]
    assert len(list(spool.place.glob("*.rejected"))) == 1


def test_moving_to_a_new_epoch_interrupted_anywhere_moves_nothing_twice(
        tmp_path: Path, private: Ed25519PrivateKey) -> None:
    old = Spool(tmp_path / "old", signer(private), now=lambda: NOW)
    fill(old, "one", "two", "three")
    done = tmp_path / "done"
    shutil.copytree(old.place, done)
    mending.mend(Spool(done, signer(private, "f" * 32), now=lambda: NOW))
    steps = sorted(done.glob("f*.envelope"))
    assert len(steps) == 3
    for count in range(4):
        half = tmp_path / f"half-{count}"
        shutil.copytree(old.place, half)
        for step in steps[:count]:
            shutil.copy(step, half)
        for gone in sorted(half.glob("0*.envelope"))[: max(0, count - 1)]:
            gone.unlink()
        server = Server(keys.public_bytes(private))
        deliver(Spool(half, signer(private, "f" * 32), now=lambda: NOW), server)
        assert server.notes() == ["one", "two", "three"]


def test_a_chain_signed_again_only_in_part_is_finished(spool: Spool, server: Server) -> None:
    fill(spool, "one", "two", "three")
    first = spool.waiting()[0].name
    spool.put_lost(first, None, "a crash came right after this")
    deliver(spool, server)
    assert server.notes() == ["lost 1-1", "two", "three"]


@pytest.mark.parametrize(("reply", "kind", "said"), [
    (problem(401, "bad_signature"), Untrusted, "key"),
    (problem(403, "revoked"), Untrusted, "does not take"),
    (problem(403, "other_agent"), Untrusted, "does not take"),
    (problem(503, "busy"), CannotFinish, "cannot take reports now"),
    (answer(404), CannotFinish, "takes no reports"),
    (answer(500), CannotFinish, "did not take"),
    (answer(418), CannotFinish, "did not take"),
    (answer(200, b"<html>"), CannotFinish, "no receipt"),
])
def test_a_refusal_is_said_and_the_report_stays(spool: Spool, server: Server, reply: object, kind: type[Exception],
                                                said: str) -> None:
    fill(spool, "one")
    server.before = lambda _: reply  # type: ignore[assignment,return-value]
    sent = deliver(spool, server)
    assert isinstance(sent.trouble, kind)  # type: ignore[attr-defined]
    assert said in str(sent.trouble)  # type: ignore[attr-defined]
    assert sent.trouble.remedy  # type: ignore[attr-defined]
    assert len(spool.waiting()) == 1
    server.before = lambda _: None
    deliver(spool, server)
    assert server.notes() == ["one"]


def test_a_short_retry_after_is_waited_for_and_a_long_one_is_kept_in_mind(spool: Spool, server: Server) -> None:
    replies = [problem(429, "too_many"), None]
    replies[0] = answer(429, retry_after="7")
    server.before = lambda _: replies.pop(0) if replies else None
    fill(spool, "one")
    waits: list[float] = []
    assert send(spool, server, Contact(), clock(waits), "https://server").trouble is None
    assert waits[0] >= 7
    server.before = lambda _: answer(503, retry_after="7200")
    fill(spool, "two")
    sent = send(spool, server, Contact(), clock(waits), "https://server")
    assert sent.contact.not_before == NOW + timedelta(hours=2)
    asked = server.requests
    assert isinstance(send(spool, server, sent.contact, clock(), "https://server").trouble, CannotFinish)
    assert server.requests == asked


def test_a_receipt_for_something_else_is_not_believed(spool: Spool, server: Server) -> None:
    fill(spool, "one")
    deliver(spool, server)
    stolen = next(iter(server.accepted.values()))[1]
    fill(spool, "two")
    server.before = lambda _: answer(201, stolen)
    sent = deliver(spool, server)
    assert isinstance(sent.trouble, Untrusted)  # type: ignore[attr-defined]
    assert len(spool.waiting()) == 1


def test_the_clock_is_compared_with_the_servers(spool: Spool, server: Server) -> None:
    server.now = NOW - timedelta(minutes=9)
    fill(spool, "one")
    sent = deliver(spool, server)
    assert sent.contact.skew == 540.0  # type: ignore[attr-defined]


def test_what_arrived_is_kept_35_days_and_the_chain_goes_on_after_that(spool: Spool, server: Server) -> None:
    fill(spool, "one", "two")
    deliver(spool, server)
    for day, left in ((34, 2), (36, 1)):
        for one in spool.place.iterdir():
            stamp = (NOW - timedelta(days=day)).timestamp()
            os.utime(one, (stamp, stamp))
        spool.prune()
        assert len(list(spool.place.glob("*.receipt"))) == left
    fill(spool, "three")
    deliver(spool, server)
    assert server.notes() == ["one", "two", "three"]


def test_over_the_bound_what_arrived_goes_first(tmp_path: Path, private: Ed25519PrivateKey, server: Server) -> None:
    spool = Spool(tmp_path, signer(private), Bound(size=3000), now=lambda: NOW)
    for number in range(20):
        fill(spool, str(number))
        deliver(spool, server)
        spool.prune()
        assert spool.total() <= 3000
    assert server.notes() == [str(number) for number in range(20)]


def test_the_last_receipt_damaged_leads_to_a_new_epoch_not_to_a_wrong_chain(spool: Spool, server: Server) -> None:
    fill(spool, "one")
    deliver(spool, server)
    for one in spool.place.iterdir():
        one.write_bytes(b"damaged")
    with pytest.raises(mending.Broken):
        mending.mend(spool)


def test_a_full_disk_is_said_and_takes_no_sequence_number(spool: Spool, server: Server,
                                                          small_disk: Callable[[], Path]) -> None:
    place = small_disk()
    full = Spool(place / "spool", spool.signer, now=lambda: NOW)
    fill(full, "one")
    (place / "ballast").write_bytes(b"x" * (_free(place) - 2048))
    with pytest.raises(CannotFinish, match="No space left"):
        full.append(lambda where: made(where, inventory(*[f"{os.urandom(16).hex()}" for _ in range(400)]), "two"))
    (place / "ballast").unlink()
    fill(full, "three")
    deliver(full, server)
    assert [one.sequence for one in server.documents] == [1, 2]  # type: ignore[union-attr]
    assert server.notes() == ["one", "three"]


def _free(place: Path) -> int:
    seen = os.statvfs(place)
    return seen.f_bavail * seen.f_frsize


def test_a_report_that_does_not_stand_in_its_place_is_a_programming_error(spool: Spool) -> None:
    with pytest.raises(ValueError, match="place"):
        spool.append(lambda where: made(type(where)(where.epoch, 7, None, "", report.Spool(0, 0))))
