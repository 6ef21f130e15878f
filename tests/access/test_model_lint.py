"""``hustings access lint``: every fault on standard error or in JSON, and the exit code says whether there is one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hustings.__main__ import hustings
from hustings.errors import ConfigError, UsageError

GOOD = """\
system: county
owner: {reviewed: 2126-11-15}
database: {engine: postgresql, dsn_env: HUSTINGS_NO_SUCH_DSN, schema: vr}
roles: {clerk: {allow: {voters: r}}}
accounts: [{login: ann, roles: [clerk], person: p-1}]
"""
BAD = GOOD.replace("system:", "sytem:").replace("voters: r", "voters: rr").replace("[clerk]", "[clerc]")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "roll.access.yaml"


def lint(*args: str) -> Result:
    done = CliRunner().invoke(hustings, ["access", "lint", *args])
    assert done.exception is None or isinstance(done.exception, (SystemExit, UsageError)), done.exception
    return done


def test_every_fault_is_said_with_line_and_remedy_and_nothing_goes_to_standard_output(file: Path) -> None:
    file.write_text(BAD)
    done = lint(str(file))
    assert (done.exit_code, done.stdout) == (2, "")
    for line, what, remedy in ((1, "unknown key 'sytem'", "did you mean 'system'?"), (4, "'rr' is not a right", "r r"),
                               (5, "no role 'clerc'", "did you mean 'clerk'?")):
        assert f"{file}:{line}: " in done.stderr
        assert what in done.stderr
        assert remedy in done.stderr
    assert done.stderr.endswith("3 faults\n")


def test_both_forms_of_naming_the_file_are_the_same_and_advice_is_no_fault(file: Path) -> None:
    file.write_text(GOOD)
    first, second = lint(str(file)), lint("--model", str(file))
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.output == second.output
    assert "0 objects, 1 roles, 1 accounts: no fault; 1 to think about" in first.stdout
    assert "still to come" in first.stderr


def test_json_says_the_same(file: Path) -> None:
    file.write_text(BAD)
    done = lint(str(file), "--format", "json")
    said = json.loads(done.stdout)
    assert done.exit_code == 2
    assert (said["schema"], said["live"], said["advice"]) == ("hustings.access-lint/1", False, [])
    assert [(one["line"], one["what"].partition(":")[0]) for one in said["faults"]] == [
        (1, "unknown key 'sytem'"), (4, "voters"), (5, "ann")]
    assert all(one["remedy"] for one in said["faults"])
    file.write_text(GOOD)
    done = lint("--model", str(file), "--format", "json")
    assert done.exit_code == 0
    assert [one["line"] for one in json.loads(done.stdout)["advice"]] == [2]


@pytest.mark.parametrize("args", [(), ("a", "--model", "b"), ("a", "--dsn-env", "X")])
def test_wrong_usage_is_told(args: tuple[str, ...]) -> None:
    done = lint(*args)
    assert isinstance(done.exception, UsageError)
    assert done.exception.remedy


def test_a_file_that_is_not_there_and_an_address_that_is_not_set_are_told(file: Path) -> None:
    done = lint(str(file))
    assert isinstance(done.exception, ConfigError)
    assert "there is no such file" in str(done.exception)
    file.write_text(GOOD)
    done = lint(str(file), "--live")
    assert isinstance(done.exception, UsageError)
    assert "HUSTINGS_NO_SUCH_DSN" in str(done.exception)
