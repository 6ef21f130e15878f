"""``hustings policy``: for those who write checks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hustings.__main__ import main
from policies import pack as packs
from tests.policies.test_loader import directory
from tests.policies.test_pack import MINE

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Command:
    def command(*args: str | Path) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["policy", *map(str, args)])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return command


def test_the_shipped_library_lints_clean_and_holds_its_examples(run: Command) -> None:
    assert run("lint")[0] == 0
    code, out, err = run("test")
    assert (code, err) == (0, "")
    assert ", 0 wrong" in out


def test_list_names_every_check_and_the_pack(run: Command) -> None:
    _, text, _ = run("list")
    rows = json.loads(run("list", "--format", "json")[1])
    pack = packs.shipped()
    assert [row["check"] for row in rows] == [one.id for one in pack.checks]
    assert all(one.id in text for one in pack.checks)
    assert pack.digest in text


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("check", packs.shipped().checks, ids=lambda one: one.id)
def test_show_says_everything_of_a_check(run: Command, check: packs.Pack, language: str) -> None:
    code, out, _ = run("show", check.id, "--language", language)
    found = packs.shipped().check(check.id)
    assert code == 0
    assert found is not None
    wanted = [found.title.say(language), found.plain.say(language), *found.parameters, *found.roles]
    assert [one for one in wanted if one not in out] == []


def test_a_faulty_pack_is_told_apart_from_a_wrong_example(run: Command, tmp_path: Path) -> None:
    wrong = directory(tmp_path, one=MINE.replace("syncookies: 4}", "syncookies: 2}"))
    assert run("lint", wrong)[0] == 0
    code, out, err = run("test", wrong)
    assert code == 1
    assert "area/one: example 'large': expected fail, got pass" in err
    assert "3 examples of 1 checks, 1 wrong" in out
    faulty = directory(tmp_path, one=MINE.replace("severity: high", "severity: grave"))
    code, _, err = run("lint", faulty)
    assert code == 2
    assert "one.yaml:3" in err


def test_a_compiled_pack_is_written_with_its_digest(run: Command, tmp_path: Path) -> None:
    root = directory(tmp_path, one=MINE)
    code, out, _ = run("pack", root, "-o", tmp_path / "p.json")
    assert code == 0
    assert packs.load(tmp_path / "p.json").digest in out


@pytest.mark.parametrize(("args", "code", "said"), [
    (["show", "patching/os-suported"], 2, "did you mean patching/os-supported"),
    (["lint", "/no/such/pack"], 2, "pack.yaml is missing"),
    (["test", "/no/such/pack"], 2, "cannot be read"),
    (["list", "--pack", "/etc/hostname"], 2, "not a compiled pack"),
    (["pack", "-o", "/no/such/place/p.json"], 3, "cannot be written"),
])
def test_a_mistake_gets_a_message_and_its_exit_code(run: Command, args: list[str], code: int, said: str) -> None:
    answer = run(*args)
    assert answer[0] == code
    assert said in answer[2]
