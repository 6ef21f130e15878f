"""When every file is looked at, and what is kept of that."""

from pathlib import Path

import pytest

from agent import audit as audits
from agent import sweep_memory
from collectors import isolate, sweep
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
    with sweep_memory.taken_up(path) as memories:
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
        with sweep_memory.taken_up(path) as memories:
            memories[sweep_memory.NAME].after.write(b"half")
            raise CannotFinish("something else")

    with pytest.raises(CannotFinish, match="something else"):
        fail()
    assert path.read_bytes() == b"..."
    assert [one.name for one in tmp_path.iterdir()] == ["sweep.memory"]


def test_a_link_in_place_of_the_memory_is_not_followed(tmp_path):
    (tmp_path / "other").write_bytes(b"...")
    (tmp_path / "sweep.memory").symlink_to(tmp_path / "other")
    with pytest.raises(CannotFinish), sweep_memory.taken_up(tmp_path / "sweep.memory"):
        pass


def test_the_memory_is_that_of_the_sweep():
    assert sweep.COLLECTOR.name == sweep_memory.NAME
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
