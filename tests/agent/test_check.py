"""``hustings check``: answers that programs can read, and mistakes that people can mend."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from agent.check import check
from hustings.__main__ import hustings, main
from hustings.times import parse_time
from hustings.verdicts import Severity, Verdict
from policies import pack as packs

VERDICTS = {str(one) for one in Verdict}
CONFIG = "roles: [office-workstation]\nvoting_days: [2090-11-03]\n"


@dataclass
class Answer:
    code: int
    out: str
    err: str


Command = Callable[..., Answer]


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """The root of a small mounted file system."""
    root = tmp_path / "image"
    files = {
        "etc/os-release": 'ID=debian\nVERSION_ID="9"\nNAME="Debian GNU/Linux"\nPRETTY_NAME="Debian GNU/Linux 9"\n',
        "etc/hostname": "poste-7\n",
        "etc/hustings/machine.yaml": CONFIG,
        "etc/passwd": "root:x:0:0:root:/root:/bin/bash\ntoor:x:0:0::/root:/bin/bash\n",
        "etc/group": "root:x:0:\n", "etc/shadow": "root:*:19000:0:99999:7:::\ntoor:*:19000:0:99999:7:::\n",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Command:
    """``hustings …`` in this process, as its entry point runs it."""
    def command(*args: str | Path) -> Answer:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(one) for one in args])
        code = ended.value.code
        said = capsys.readouterr()
        return Answer(code if isinstance(code, int) else 0 if code is None else 1, said.out, said.err)

    return command


def process(*args: str | Path) -> Answer:
    """``hustings …`` in a process of its own."""
    done = subprocess.run([sys.executable, "-m", "hustings", *map(str, args)], capture_output=True, text=True,
                          check=False, timeout=120, cwd=Path(__file__).parents[2])
    return Answer(done.returncode, done.stdout, done.stderr)


def parsed(answer: Answer) -> dict[str, Any]:
    assert answer.code in (0, 1), answer.err
    document = json.loads(answer.out)
    assert isinstance(document, dict)
    return document


def rows(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["check"]: row for row in document["results"]}


# -- the contract

def test_the_json_is_the_published_shape(run: Command, image: Path) -> None:
    document = parsed(run("check", "--format", "json", "--root", image))
    assert list(document)[:7] == ["schema", "host", "pack", "started", "duration_ms", "results", "summary"]
    assert document["schema"] == "hustings.check/1"
    assert document["host"]["name"] == "poste-7"
    assert document["host"]["roles"] == ["office-workstation"]
    assert document["host"]["os"]["id"] == "debian"
    pack = packs.shipped()
    assert document["pack"] == {"id": pack.id, "version": pack.version, "digest": pack.digest}
    assert parse_time(document["started"])
    assert isinstance(document["duration_ms"], int)
    assert list(document["summary"]) == ["pass", "fail", "unknown", "not_applicable"]


def test_every_machine_check_is_answered_once_with_all_its_parts(run: Command, image: Path) -> None:
    document = parsed(run("check", "--format", "json", "--root", image))
    assert [row["check"] for row in document["results"]] == [
        one.id for one in packs.shipped().checks if one.scope == "machine"]
    for row in document["results"]:
        assert {"check", "catalogue", "severity", "verdict", "expected", "actual", "reason", "valid_until", "facts",
                "instances"} <= set(row)
        assert row["verdict"] in VERDICTS
        assert row["severity"] in set(Severity)
        assert row["expected"]
        assert row["valid_until"] is None or parse_time(row["valid_until"])
        assert row["reason"] or row["verdict"] in ("pass", "fail"), row["check"]
    counted = {name: sum(row["verdict"] == name for row in document["results"]) for name in VERDICTS}
    assert counted == document["summary"]


def test_what_an_image_cannot_show_is_unknown_and_what_it_shows_is_judged(run: Command, image: Path) -> None:
    results = rows(parsed(run("check", "--format", "json", "--root", image)))
    assert results["patching/os-supported"]["verdict"] == "fail"
    assert results["identity/only-root-has-uid-0"]["verdict"] == "fail"
    assert "toor" in results["identity/only-root-has-uid-0"]["actual"]
    assert results["devices/time-synchronised"]["verdict"] == "unknown"


def test_a_threshold_set_by_hand_is_the_one_that_is_asked(run: Command, image: Path) -> None:
    check_id, name = next((one.id, name) for one in packs.shipped().checks if one.scope == "machine" and not one.roles
                          for name, parameter in one.parameters.items() if str(parameter.default).endswith("d"))
    document = parsed(run("check", "--format", "json", "--root", image, "--only", check_id,
                          "--set", f"{check_id}.{name}=1234d"))
    assert "1234d" in rows(document)[check_id]["expected"]


def test_only_judges_only_what_is_asked_for(run: Command, image: Path) -> None:
    wanted = ["patching/os-supported", "identity/only-root-has-uid-0"]
    document = parsed(run("check", "--format", "json", "--root", image, *[part for one in wanted for part in
                                                                       ("--only", one)]))
    assert set(rows(document)) == set(wanted)


def test_the_exit_code_says_whether_something_at_least_so_severe_fails(run: Command, image: Path) -> None:
    only = ("check", "--root", image, "--only", "patching/os-supported")
    assert packs.shipped().check("patching/os-supported").severity == "critical"  # type: ignore[union-attr]
    assert run(*only).code == 1
    assert run("check", "--root", image, "--only", "devices/time-synchronised", "--fail-on", "low").code == 0
    high = next(name for name, row in rows(parsed(run("check", "--format", "json", "--root", image))).items()
                if (row["verdict"], row["severity"]) == ("fail", "high"))
    assert run("check", "--root", image, "--only", high).code == 0
    assert run("check", "--root", image, "--only", high, "--fail-on", "high").code == 1
    assert run("check", "--root", image, "--only", high, "--fail-on", "low").code == 1


@pytest.mark.parametrize(("language", "words"), [("en", ("fail", "expected", "found", "fix")),
                                                 ("fr", ("échec", "attendu", "constaté", "correction"))])
def test_the_text_says_what_fails_and_how_to_mend_it(run: Command, image: Path, language: str,
                                                     words: tuple[str, ...]) -> None:
    said = run("check", "--root", image, "--language", language, "--only", "patching/os-supported").out
    assert all(word in said for word in (*words, "poste-7", "patching/os-supported"))


def test_a_long_answer_ends_with_the_worst_of_it(run: Command, image: Path) -> None:
    lines = run("check", "--root", image).out.splitlines()
    start = lines.index("Do first:")
    failing = [line for line in lines[:start] if line.startswith("✗ fail")]
    named = lines[start + 1:start + 6]
    assert [one.split("  ")[-2] for one in named] == [line.split("  ")[1] for line in failing[:5]]
    assert lines[start + 6] == f"  and {len(failing) - 5} more above"


def test_what_a_file_is_called_does_not_steer_the_terminal(run: Command, image: Path) -> None:
    named = image / "etc" / "\x1b[2J\u202egood\n✓ pass  all is well"
    named.write_text("")
    named.chmod(0o666)
    try:
        said = run("check", "--root", image, "--only", "privilege/no-world-writable-etc").out
    finally:
        named.unlink()
    assert r"/etc/\x1b[2J\u202egood\n✓ pass" in said
    assert not any(line.startswith("✓") for line in said.splitlines())


def test_a_file_name_that_is_not_utf_8_hides_no_failure(run: Command, image: Path) -> None:
    path = os.fsencode(image / "etc") + b"/caf\xe9"
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    os.chmod(path, 0o666)  # noqa: PTH101 - a name in bytes
    found = rows(parsed(run("check", "--format", "json", "--root", image)))["privilege/no-world-writable-etc"]
    assert found["verdict"] == "fail"
    assert r"/etc/caf\xe9" in found["actual"]


def test_sarif_holds_a_rule_for_every_result(run: Command, image: Path) -> None:
    document = json.loads(run("check", "--format", "sarif", "--root", image).out)
    assert document["version"] == "2.1.0"
    sarif = document["runs"][0]
    known = {rule["id"] for rule in sarif["tool"]["driver"]["rules"]}
    assert {one["ruleId"] for one in sarif["results"]} <= known
    for one in sarif["results"]:
        assert one["message"]["text"]
        assert (one["level"] == "none") == (one["kind"] != "fail")


def test_this_very_machine_is_audited_by_a_process_of_its_own() -> None:
    document = parsed(process("check", "--format", "json"))
    assert len(document["results"]) >= 40
    assert document["summary"]["unknown"] < len(document["results"])


# -- mistakes

@pytest.mark.parametrize(("args", "said"), [
    (["--role", "registration"], "unknown role 'registration'"),
    (["--only", "patching/os-suported"], "did you mean patching/os-supported"),
    (["--only", "zzzzzzzz"], "hustings policy list"),
    (["--only", "office/no-silent-machines"], "whole office"),
    (["--set", "nothing"], "no parameter 'nothing'"),
    (["--set", "no/check.limit=3"], "no parameter 'no/check.limit'"),
    (["--set", "patching/os-supported.nope=3"], "no parameter"),
    (["--set", "="], "no parameter"),
    (["--root", "/no/such/place"], "not a directory"),
    (["--root", "/etc/hostname"], "not a directory"),
    (["--recorded", "/no/such/place"], "not a directory"),
    (["--recorded", "/tmp"], "recording"),
    (["--root", "/tmp", "--recorded", "/tmp"], "exclude each other"),
    (["--pack", "/no/such/pack.json"], "cannot be read"),
    (["--pack", "/tmp"], "pack.yaml is missing"),
    (["--pack", "/etc/hostname"], "not a compiled pack"),
    (["--config", "/no/such/machine.yaml"], "there is no such file"),
    (["--config", "/tmp"], "cannot be read"),
])
def test_a_mistake_gets_a_message_and_exit_code_2(run: Command, args: list[str], said: str) -> None:
    answer = run("check", *args)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert "\n  fix: " in answer.err


@pytest.mark.parametrize("args", [["--format", "xml"], ["--fail-on", "huge"], ["--rol", "x"], ["extra"], ["--set"]])
def test_wrong_options_are_clicks_to_explain(args: list[str]) -> None:
    answer = CliRunner().invoke(hustings, ["check", *args])
    assert answer.exit_code == 2
    assert "Error: " in answer.output


@pytest.mark.parametrize(("value", "taken"), [("3d", True), ("36h", True), ("soon", False), ("3", False), ("", False),
                                              ("-3d", False), ("24mo", False)])
def test_a_threshold_must_be_of_its_own_kind(run: Command, image: Path, value: str, taken: bool) -> None:
    check_id, name = next((one.id, name) for one in packs.shipped().checks if one.scope == "machine"
                          for name, parameter in one.parameters.items() if str(parameter.default).endswith("d"))
    answer = run("check", "--root", image, "--only", check_id, "--set", f"{check_id}.{name}={value}")
    assert (answer.code in (0, 1)) == taken, answer.err
    assert taken or "is not a value for" in answer.err


@pytest.mark.parametrize("args", [["--role", "x"], ["--set", "x"], ["--only", "x"], ["--root", "/x"], ["--pack", "/x"],
                                  ["--config", "/x"]])
def test_no_mistake_ends_in_a_traceback(args: list[str]) -> None:
    answer = process("check", *args)
    assert answer.code == 2
    assert answer.err.startswith("hustings: ")
    assert "Traceback" not in answer.err


def test_a_bad_machine_yaml_is_refused_with_its_line(run: Command, tmp_path: Path) -> None:
    path = tmp_path / "machine.yaml"
    path.write_text("roles: [ems]\nrepositories: [{name: a, tool: restic}]\n")
    answer = run("check", "--config", path)
    assert answer.code == 2
    assert f"{path}:2: the key 'location' is missing: restic needs it" in answer.err


def test_help_names_every_option() -> None:
    said = CliRunner().invoke(hustings, ["check", "--help"]).output
    options = [name for parameter in check.params for name in parameter.opts]
    assert [name for name in options if name not in said] == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_cannot_be_written_is_no_answer(image: Path) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run([sys.executable, "-m", "hustings", "check", "--root", str(image)], stdout=full,
                              stderr=subprocess.PIPE, text=True, check=False, timeout=120,
                              cwd=Path(__file__).parents[2], env={**os.environ, "PYTHONUNBUFFERED": "1"})
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
