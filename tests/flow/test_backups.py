"""Real repositories of every tool: the verdict each deserves, and what a restore proof says of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from agent import audit as audits
from agent import restore_proof, scratch
from agent.audit import Audit
from agent.identity import State
from collectors.backup import READERS
from collectors.base import observe
from collectors.host.live import LiveHost
from collectors.restore_proof import COLLECTOR
from hustings.declared import TOOLS, DataPath, Declared, RestoreSet
from hustings.errors import CannotFinish, UsageError
from hustings.facts import Reason
from policies import pack as packs
from tests.flow.repositories import ROOT, SECRET, VOTERS, Made, hustings, made

CHECKS = ("backups/encrypted", "backups/recent", "backups/newest-whole", "backups/data-covered",
          "backups/keys-apart", "backups/password-file-private")
UNENCRYPTED = {"borg-open", "borg-signed", "duplicity-open", "rclone-open", "pgbackrest-open", "files-misnamed"}
LOCKED = {"restic-wrong", "borg-wrong"}
STALE = {"restic-stale", "borg-stale"}
DAMAGED = {"restic-damaged", "borg-damaged", "duplicity-damaged", "pgbackrest-damaged", "files-truncated"}
GOOD = ("restic", "restic-served", "borg", "borg-ssh", "duplicity", "rclone", "pgbackrest", "pgbackrest-open", "files",
        "files-gpg", "files-misnamed")


@pytest.fixture(scope="module")
def backups() -> Iterator[Made]:
    with made() as found:
        yield found


@pytest.fixture(scope="module")
def proving(backups: Made) -> Made:
    """The same, where private memory may be had."""
    try:
        scratch.in_memory(lambda place: b"here")
    except CannotFinish as error:
        pytest.skip(f"private memory needs root or user namespaces: {error}")
    return backups


@pytest.fixture(scope="module")
def audit(backups: Made) -> Audit:
    """One audit of everything. It leaves every file of every repository as it was."""
    before = seen(backups)
    found = audits.audit(audits.open_host(), backups.declared(), packs.shipped(), only=CHECKS)
    assert seen(backups) == before
    return found


def seen(backups: Made) -> dict[Path, tuple[int, int]]:
    running = {backups.top / "cluster" / "data", backups.top / "cluster" / "log"}
    return {path: (status.st_mtime_ns, status.st_size) for path in backups.top.rglob("*")
            if not running & {path, *path.parents} for status in [path.lstat()]}


def verdicts(audit: Audit, check: str) -> dict[str, str]:
    result = next(one for one in audit.results if one.check == check)
    return {one.subject: str(one.verdict) for one in result.instances}


def test_only_what_nobody_can_read_without_a_key_is_encrypted(audit: Audit, backups: Made) -> None:
    for name, verdict in verdicts(audit, "backups/encrypted").items():
        assert verdict == ("fail" if name in UNENCRYPTED else "unknown" if name in LOCKED else "pass"), name


def test_old_backups_are_not_recent_and_unopened_ones_are_unknown(audit: Audit) -> None:
    for name, verdict in verdicts(audit, "backups/recent").items():
        assert verdict == ("fail" if name in STALE else "unknown" if name in LOCKED else "pass"), name


def test_backups_of_the_declared_data_are_found(audit: Audit, backups: Made) -> None:
    assert verdicts(audit, "backups/data-covered") == {"roll": "pass"}
    for name, covered in (("restic", True), ("borg", True), ("files", True), ("duplicity", False),
                          ("pgbackrest", False), ("restic-wrong", None)):
        one = audits.audit(audits.open_host(), backups.declared(name), packs.shipped(),
                           only=["backups/data-covered"])
        fact = one.facts["backup.data_path_latest@roll"]
        assert (None if fact.missing else not fact.absent) is covered, name


def test_what_a_tool_does_not_say_of_its_newest_backup_is_not_judged(audit: Audit) -> None:
    found = verdicts(audit, "backups/newest-whole")
    assert {found[name] for name in ("pgbackrest", "files")} == {"pass"}
    assert {found[name] for name in ("restic", "borg", "duplicity", "rclone")} == {"not_applicable"}


def test_the_tools_word_and_the_files_themselves_agree(audit: Audit) -> None:
    for name in UNENCRYPTED:
        assert audit.facts[f"backup.encrypted@{name}"].value is False
        assert audit.facts[f"backup.readable_files@{name}"].value > 0, name
    for name in ("restic", "borg", "duplicity", "rclone", "pgbackrest", "files", "files-gpg"):
        assert audit.facts[f"backup.readable_files@{name}"].value == 0, name
    assert audit.facts["backup.readable_files@borg-ssh"].absent


def test_append_only_is_seen_where_the_repository_is(audit: Audit) -> None:
    found = {name.partition("@")[2]: fact for name, fact in audit.facts.items()
             if name.startswith("backup.append_only@")}
    assert {name for name, fact in found.items() if fact.value} == {"borg-append-only", "restic-served"}
    assert found["borg-ssh"].missing is None or found["borg-ssh"].missing.reason is Reason.UNSUPPORTED
    assert audit.facts["backup.unchangeable"].value == 2


def test_a_key_laid_beside_a_repository_is_found(backups: Made, tmp_path: Path) -> None:
    place = tmp_path / "store" / "repository"
    shutil.copytree(backups.top / "files", place)
    shutil.copyfile(backups.secrets / "age.identity", tmp_path / "store" / "notes.txt")
    one = msgspec.structs.replace(next(one for one in backups.repositories if one.name == "files"), location=str(place))
    looked = audits.audit(audits.open_host(), Declared(repositories=(one,), data_paths=(DataPath("roll", "/x"),)),
                          packs.shipped(), only=["backups/keys-apart"])
    assert verdicts(looked, "backups/keys-apart") == {"files": "fail"}


def test_every_kind_that_may_be_declared_has_a_reader_and_was_exercised(backups: Made) -> None:
    assert set(READERS) == set(TOOLS) == {one.tool for one in backups.repositories}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_backup_is_proven_and_its_record_enters_reports(proving: Made, name: str) -> None:
    wanted, repository = restore_proof.find(proving.declared(), name)
    proof = restore_proof.prove(wanted, repository, None)
    assert proof.record.faults == ()
    assert proof.record.proven
    assert proof.in_time
    counts = {part: tally.count for part, tally in proof.record.found.items()}
    assert counts == ({"vr.voters": VOTERS, "vr.audit_log": 2} if wanted.tables else {str(proving.data): 2})
    restore_proof.keep(proof, State(proving.state))
    facts = collected(proving, name)
    assert facts[f"backup.restore_proof@{name}"].value is True
    assert facts[f"backup.restore_proof@{name}"].as_of == proof.record.finished
    assert facts[f"backup.restore_in_time@{name}"].value is True
    assert facts[f"backup.restore_fault@{name}"].absent


@pytest.mark.parametrize("name", sorted(DAMAGED | LOCKED))
def test_a_damaged_or_locked_backup_is_not_proven(proving: Made, name: str) -> None:
    wanted, repository = restore_proof.find(proving.declared(), name)
    proof = restore_proof.prove(wanted, repository, None)
    assert not proof.record.proven
    assert proof.record.faults
    restore_proof.keep(proof, State(proving.state))
    assert collected(proving, name)[f"backup.restore_proof@{name}"].value is False


def collected(backups: Made, name: str) -> dict[str, object]:
    declared = backups.declared(name)
    host = LiveHost()
    return observe(COLLECTOR, COLLECTOR.collect(host, declared), host.now(), declared)


def test_what_changed_since_the_manifest_is_told_without_its_contents(proving: Made, tmp_path: Path) -> None:
    wanted, repository = restore_proof.find(proving.declared(), "restic")
    text = (proving.top / "roll.json").read_text()
    manifest = tmp_path / "manifest.json"
    for old, new, said in (('"count": 2', '"count": 3', "2 files of 3"), ('"digest": "', '"digest": "0', "changed")):
        manifest.write_text(text.replace(old, new))
        changed = msgspec.structs.replace(wanted, manifest=str(manifest))
        record = restore_proof.prove(changed, repository, None).record
        assert not record.proven
        assert said in record.faults[0]


def test_a_record_counts_only_under_this_agents_signature_and_for_its_own_set(proving: Made) -> None:
    wanted, repository = restore_proof.find(proving.declared(), "borg")
    state = State(proving.state)
    restore_proof.keep(restore_proof.prove(wanted, repository, None), state)
    signed = next(one for one in (proving.state / "proofs").iterdir()
                  if one.name == restore_proof.restore_record.file_name("borg"))
    good = signed.read_bytes()
    assert collected(proving, "borg")["backup.restore_proof@borg"].value is True
    for bad in (good.replace(b'"sig":"', b'"sig":"A'), good[:-20], b"{}",
                (proving.state / "proofs" / signed.name).read_bytes().replace(b"proof.v1", b"proof.v2")):
        signed.write_bytes(bad)
        fact = collected(proving, "borg")["backup.restore_proof@borg"]
        assert fact.missing is not None
        assert fact.missing.reason is Reason.ERROR
    other = msgspec.structs.replace(wanted, name="restic-stale")
    signed.with_name(restore_proof.restore_record.file_name("restic-stale")).write_bytes(good)
    declared = Declared(repositories=proving.declared().repositories, restore_sets=(other,))
    looked = observe(COLLECTOR, COLLECTOR.collect(LiveHost(), declared), LiveHost().now(), declared)
    assert looked["backup.restore_proof@restic-stale"].missing is not None
    signed.write_bytes(good)
    moved = msgspec.structs.replace(wanted, path="/srv/elsewhere", tables=())
    declared = Declared(repositories=proving.declared().repositories, restore_sets=(moved,))
    looked = observe(COLLECTOR, COLLECTOR.collect(LiveHost(), declared), LiveHost().now(), declared)
    assert looked["backup.restore_proof@borg"].missing is not None
    elsewhere = tuple(msgspec.structs.replace(one, location="/srv/another") if one.name == wanted.repository else one
                      for one in proving.declared().repositories)
    declared = Declared(repositories=elsewhere, restore_sets=(wanted,))
    looked = observe(COLLECTOR, COLLECTOR.collect(LiveHost(), declared), LiveHost().now(), declared)
    assert looked["backup.restore_proof@borg"].missing is not None, "the repository's name stands for another place now"


def test_what_was_never_proven_is_absent(backups: Made) -> None:
    one = RestoreSet(name="never", repository="restic", manifest="/m", path="/x", state=str(backups.state))
    declared = Declared(repositories=backups.declared().repositories, restore_sets=(one,))
    looked = observe(COLLECTOR, COLLECTOR.collect(LiveHost(), declared), LiveHost().now(), declared)
    assert all(fact.absent for fact in looked.values())


def traces(backups: Made) -> list[str]:
    """Processes and places that a restore left behind."""
    left = [str(one) for one in Path("/dev/shm").glob("hustings-*")]
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if str(backups.machine) in line or ("restic" in line and f"{backups.top}/restic-slow" in line):
                left.append(line)
    return left


@pytest.mark.parametrize("where", [[], ["--scratch", "/dev/shm"]], ids=["private memory", "a directory"])
def test_killed_in_the_middle_it_leaves_neither_file_nor_process(proving: Made, where: list[str]) -> None:
    """The repository is a FIFO's length away from answering: the restore hangs in its tool until it is killed."""
    slow = proving.top / "restic-slow"
    if not slow.exists():
        shutil.copytree(proving.top / "restic", slow)
        for pack in (slow / "data").rglob("*"):
            if pack.is_file() and pack.stat().st_size > 100_000:
                pack.unlink()
                os.mkfifo(pack)
    declared = proving.declared("restic")
    repository = msgspec.structs.replace(declared.repositories[0], location=str(slow))
    machine = proving.top / "slow.yaml"
    machine.write_bytes(msgspec.json.encode(msgspec.structs.replace(declared, repositories=(repository,))))
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "hustings", "agent", "restore-proof", "restic", "--config", str(machine), *where],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, cwd="/")
    until = time.monotonic() + 30
    while not any("dump" in one for one in traces(proving)):
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    until = time.monotonic() + 10
    while traces(proving):
        assert time.monotonic() < until, traces(proving)
        time.sleep(0.05)


def test_the_next_start_removes_what_a_killed_sweeper_left(tmp_path: Path) -> None:
    for name in ("hustings-restore-dead", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "voters").write_text("1")
    assert [one.name for one in scratch.sweep(tmp_path)] == ["hustings-restore-dead"]
    assert [one.name for one in tmp_path.iterdir()] == ["other"]


def test_a_place_at_work_is_not_swept(tmp_path: Path) -> None:
    place = tmp_path / "hustings-restore-alive"
    place.mkdir()
    held = scratch._hold(place)
    assert scratch.sweep(tmp_path) == []
    os.close(held)
    assert scratch.sweep(tmp_path) == [place]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try it as somebody else")
def test_private_memory_needs_no_root() -> None:
    heard, given = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            os.write(given, scratch.in_memory(lambda place: f"{place.stat().st_uid} {os.getpid()}".encode()))
        finally:
            os._exit(0)
    os.close(given)
    with os.fdopen(heard, "rb") as pipe:
        said = pipe.read()
    os.waitpid(pid, 0)
    if not said and not Path("/proc/self/ns/user").exists():
        pytest.skip("private memory needs root or user namespaces")
    assert said == b"65534 1"


def test_private_memory_is_seen_by_nobody_else_and_gone_afterwards() -> None:
    def work(place: Path) -> bytes:
        (place / "voters").write_text("secret")
        mode = place.stat().st_mode & 0o777
        return f"{mode:o} {sorted(one.name for one in place.iterdir())} {os.getpid()}".encode()

    before = sorted(Path("/dev/shm").iterdir())
    assert scratch.in_memory(work) == b"711 ['voters'] 1"
    assert sorted(Path("/dev/shm").iterdir()) == before


def test_a_disk_in_the_clear_and_a_directory_of_others_are_refused(tmp_path: Path) -> None:
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    for place, said in ((open_to_all, "others may change"), (tmp_path / "nowhere", "No such file"),
                        (Path("/proc"), "cannot be told")):
        with pytest.raises(UsageError, match=said):
            scratch.protection(place)
    assert scratch.protection(Path("/dev/shm")) == "memory"


@pytest.fixture(scope="module")
def traced(proving: Made) -> str:
    """Every command line of an audit of all repositories and of restore proofs that need a passphrase."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    said = ""
    commands = [["check", "--only", "backups/encrypted"], *(["agent", "restore-proof", name] for name in (
        "duplicity", "restic", "files-gpg"))]
    for number, words in enumerate(commands):
        log = proving.top / f"trace{number}"
        done = subprocess.run(
            ["strace", "-f", "--seccomp-bpf", "-qq", "-s", "4096", "-e", "trace=execve", "-o", str(log), sys.executable,
             "-P", "-m", "hustings", *words, "--config", str(proving.machine)],
            capture_output=True, check=False, cwd="/", stdin=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)})
        assert done.returncode == (1 if words[0] == "check" else 0), done.stderr.decode()
        said += log.read_text() + done.stdout.decode() + done.stderr.decode()
    return said


def test_no_passphrase_is_on_a_command_line_in_the_output_or_in_a_record(proving: Made, traced: str) -> None:
    for program in ("restic", "borg", "duplicity", "gpg"):
        assert f"/{program}\"" in traced
    assert SECRET not in traced
    assert all(SECRET.encode() not in one.read_bytes() for one in (proving.state / "proofs").iterdir())


def test_the_command_says_what_it_found(proving: Made) -> None:
    good = hustings(proving, "restore-proof", "borg")
    assert good.returncode == 0, good.stderr.decode()
    assert "restored and proven" in good.stdout.decode()
    bad = hustings(proving, "restore-proof", "restic-damaged", "--format", "json")
    assert bad.returncode == 1
    assert msgspec.json.decode(bad.stdout)["proven"] is False
    unknown = hustings(proving, "restore-proof", "nightly")
    assert unknown.returncode == 2
    assert "name one of: " in unknown.stderr.decode()
