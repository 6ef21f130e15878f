"""One collector's misfortune is the reason of its own facts, and nobody else's."""

import os
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import msgspec
import psutil
import pytest

from collectors.base import Listing
from collectors.discovery import discover
from collectors.host.live import LiveHost
from collectors.host.protocol import Output, Platform
from collectors.isolate import Kept, look
from hustings.declared import Declared, Repository
from hustings.facts import Reason
from tests.fakes import FakeHost

PRINTF = {("printf", "x"): Output(0, "x", "")}


def named(*names):
    return [import_module(f"tests.collectors.misbehaving.{name}").COLLECTOR for name in names]


@pytest.fixture(params=[False, True], ids=["forked", "spawned"])
def spawn(request):
    return request.param


@pytest.mark.parametrize(("name", "reason", "said"), [
    ("hang", Reason.TIMEOUT, "did not finish within 1.5 s"),
    ("crash", Reason.ERROR, "before it had answered"),
    ("leave", Reason.ERROR, "ended with 0 before it had answered"),
    ("bug", Reason.ERROR, "ZeroDivisionError"),
    ("flood", Reason.TRUNCATED, "more than 65536 bytes"),
    ("glutton", Reason.ERROR, "MemoryError"),
    ("denied", Reason.DENIED, "the shadow file"),
    ("liar", Reason.ERROR, "came as"),
])
def test_what_goes_wrong_in_one_collector_is_the_reason_of_its_facts_alone(spawn, name, reason, said):
    looked = look(LiveHost(), named(name, "fine"), Declared(), spawn=spawn, memory=256 << 20, limit=1 << 16)
    for fact in (f"{name}.one", f"{name}.two"):
        missing = looked.facts[fact].missing
        assert missing is not None
        assert missing.reason is reason
        assert said in missing.detail
    assert looked.facts["fine.one"].value != os.getpid()
    assert looked.facts["fine.two"].listing == Listing(["x"])


def test_one_worker_goes_on_after_every_misfortune():
    names = ("crash", "bug", "hang", "flood", "leave", "denied", "glutton", "fine")
    looked = look(LiveHost(), named(*names), Declared(), workers=1, memory=256 << 20, limit=1 << 16)
    assert len(looked.facts) == 2 * len(names)
    assert [name for name in names if looked.facts[f"{name}.one"].missing is None] == ["fine"]
    assert set(looked.cpu) == set(names)
    assert all(seconds >= 0 for seconds in looked.cpu.values())


def test_nothing_a_hanging_collector_started_is_left_running(spawn):
    before = _sleepers()
    look(LiveHost(), named("hang"), Declared(), spawn=spawn)
    left = _sleepers() - before
    assert not left, [(path, _read(path), path.with_name("stat").read_text()) for path in left]


def _sleepers():
    """What the hanging collector starts, whoever ran it."""
    return {path for path in Path("/proc").glob("[0-9]*/cmdline") if b"918273" in _read(path)}


def _read(path):
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def test_no_child_and_no_pipe_is_left_behind():
    before, children = len(list(Path("/proc/self/fd").iterdir())), psutil.Process().children()
    look(LiveHost(), named("fine", "crash", "hang"), Declared())
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert psutil.Process().children() == children


def test_the_privileges_that_were_lacking_are_named():
    looked = look(FakeHost(commands=PRINTF), named("denied", "fine"), Declared())
    assert looked.lacking == {"denied": "reading /etc/shadow"}
    assert set(looked.cpu) == {"denied", "fine"}


def test_a_collector_of_another_platform_is_unsupported_and_not_run():
    looked = look(FakeHost(platform=Platform.WINDOWS), named("bug"), Declared())
    assert looked.facts["bug.one"].missing.reason is Reason.UNSUPPORTED


def test_facts_about_declared_instances_are_left_out_when_none_is_declared():
    each = replace(named("bug")[0], each="repository")
    assert look(FakeHost(), [each], Declared()).facts == {}
    declared = Declared(repositories=(Repository(name="r", tool="restic", location="/r"),))
    assert "bug.one" in look(FakeHost(), [each], declared).facts


def test_facts_of_an_expensive_collector_are_reused_with_their_age_until_they_are_due():
    fine = replace(named("fine")[0], every=timedelta(hours=24))
    host, cache = FakeHost(commands=PRINTF), {}
    first = look(host, [fine], Declared(), cache=cache)
    cache = msgspec.json.decode(msgspec.json.encode(cache), type=dict[str, Kept])
    later = FakeHost(commands=PRINTF, now=host.now() + timedelta(hours=23))
    again = look(later, [fine], Declared(), cache=cache)
    assert (again.facts, again.reused, again.cpu) == (first.facts, ["fine"], {})
    assert again.facts["fine.one"].as_of == host.now()
    for due in (
        look(FakeHost(commands=PRINTF, now=host.now() + timedelta(hours=24)), [fine], Declared(), cache=dict(cache)),
        look(FakeHost(commands=PRINTF, now=host.now() - timedelta(hours=1)), [fine], Declared(), cache=dict(cache)),
        look(later, [fine], Declared(roles=("backup-server",)), cache=dict(cache)),
    ):
        assert due.reused == []
        assert due.facts["fine.one"].value != first.facts["fine.one"].value


def test_an_answer_with_a_reason_in_it_is_not_kept():
    cache = {}
    look(FakeHost(), [replace(named("bug")[0], every=timedelta(hours=24))], Declared(), cache=cache)
    assert cache == {}


def test_every_collector_can_be_spawned_by_its_module():
    collectors = discover()
    assert collectors
    for collector in collectors:
        assert collector.collect.__module__ == f"collectors.{collector.name}"
