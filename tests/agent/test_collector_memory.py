"""What collectors leave for the next run; when every file is looked at."""

from pathlib import Path

import pytest

from agent import audit as audits
from agent import collector_memory
from collectors import directory_entra, isolate, sweep
from collectors.base import Collected, Collector, Disclosure, Fact, Memory, Platform, Type
from collectors.host.image import ImageHost
from hustings.declared import Declared
from hustings.errors import CannotFinish
from hustings.facts import Reason
from policies import pack as packs
from tests.fakes import FakeHost


def remembering(host: object, declared: Declared, memory: Memory) -> Collected:
    """Counts the looks it remembers."""
    count = len(memory.before.read()) if memory.before else 0
    if memory.after:
        memory.after.write(b"." * (count + 1))
        memory.after.flush()
    return {"t.count": count}


COUNTING = Collector(
    name="sweep", platforms=frozenset(Platform), facts=(Fact("t.count", Type.INT, "", Disclosure.SHARED),),
    collect=lambda host, declared: {"t.count": -1}, recall=remembering, exhaustive=True)


def counted(path: Path) -> object:
    with collector_memory.taken_up({collector_memory.SWEEP: path}) as memories:
        looked = isolate.look(FakeHost(), [COUNTING], Declared(), exhaustive=True, memories=memories)
    return looked.facts["t.count"].value


def test_what_one_run_leaves_the_next_takes_up(tmp_path):
    path = tmp_path / "sweep.memory"
    assert [counted(path) for _ in range(3)] == [0, 1, 2]
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["sweep.memory"]


def test_a_run_that_fails_leaves_the_memory_as_it_was(tmp_path):
    path = tmp_path / "sweep.memory"
    path.write_bytes(b"...")
    def fail() -> None:
        with collector_memory.taken_up({collector_memory.SWEEP: path}) as memories:
            memories[collector_memory.SWEEP].after.write(b"half")
            raise CannotFinish("something else")

    with pytest.raises(CannotFinish, match="something else"):
        fail()
    assert path.read_bytes() == b"..."
    assert [one.name for one in tmp_path.iterdir()] == ["sweep.memory"]


def test_a_link_in_place_of_the_memory_is_not_followed(tmp_path):
    (tmp_path / "other").write_bytes(b"...")
    (tmp_path / "sweep.memory").symlink_to(tmp_path / "other")
    with pytest.raises(CannotFinish), collector_memory.taken_up(
            {collector_memory.SWEEP: tmp_path / "sweep.memory"}):
        pass


def test_each_collector_has_a_memory_of_its_own_and_who_leaves_nothing_leaves_no_file(tmp_path):
    files = {one: tmp_path / one for one in ("a", "b")}
    files["b"].write_bytes(b"old")
    with collector_memory.taken_up(files) as memories:
        assert memories["a"].before is None
        assert memories["b"].before.read() == b"old"
        memories["a"].after.write(b"new")
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"a": b"new"}


def test_the_memories_are_those_of_collectors_that_remember():
    remember = {one.name for one in (sweep.COLLECTOR, directory_entra.COLLECTOR) if one.recall}
    assert remember == {collector_memory.SWEEP, collector_memory.ENTRA}
    assert sweep.COLLECTOR.exhaustive


def test_a_look_at_every_file_is_made_only_when_asked_for():
    seen = isolate.look(FakeHost(), [COUNTING], Declared()).facts["t.count"]
    assert seen.missing is not None
    assert seen.missing.reason is Reason.UNSUPPORTED
    assert "hustings check --sweep" in seen.missing.detail
    assert isolate.look(FakeHost(), [COUNTING], Declared(), exhaustive=True).facts["t.count"].value == -1


@pytest.fixture
def image(tmp_path):
    for path, text in {"etc/passwd": "root:x:0:0::/root:/bin/sh\n", "etc/group": "root:x:0:\n", "srv/list": ""}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "srv/list").chmod(0o666)
    return ImageHost(str(tmp_path))


@pytest.mark.parametrize("only", [(), ("privilege/no-files-everyone-writes",)])
def test_an_image_is_always_looked_through(image, only):
    found = audits.audit(image, Declared(), packs.shipped(), only=only)
    [result] = [one for one in found.results if one.check == "privilege/no-files-everyone-writes"]
    assert result.verdict == "fail"
    assert "/srv/list" in str(result.actual)
