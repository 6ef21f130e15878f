"""``hustings plan make`` and ``compare`` on the example of the documentation."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner
from icalendar import Calendar as Ics
from openpyxl import load_workbook
from pypdf import PdfReader

from hustings.errors import Exit, HustingsError
from server.plan_cli import plan as group

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "plan"
TODAY = ("--today", "2026-11-22")


class Done(NamedTuple):
    returncode: int
    stdout: bytes
    stderr: bytes


def run(*words: str | Path) -> Done:
    """The command as ``hustings`` runs it: a deliberate error becomes its message and exit code."""
    done = CliRunner().invoke(group, [str(word) for word in words])
    if isinstance(done.exception, HustingsError):
        return Done(int(done.exception.exit_code), done.stdout_bytes, str(done.exception).encode())
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Done(done.exit_code, done.stdout_bytes, done.stderr_bytes)


def files(folder: Path = EXAMPLE) -> tuple[str | Path, ...]:
    return ("--inventory", folder / "inventory.csv", "--calendar", folder / "calendar.yaml",
            "--budget", folder / "budget.csv", *TODAY)


def plan(*words: str | Path, folder: Path = EXAMPLE) -> dict[str, Any]:
    done = run("make", *files(folder), "--format", "json", *words)
    assert done.returncode in (0, 1), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def base() -> dict[str, Any]:
    return plan()


def copied(folder: Path, **texts: str) -> Path:
    for name in ("inventory.csv", "calendar.yaml", "budget.csv"):
        (folder / name).write_text(texts.get(name.partition(".")[0], (EXAMPLE / name).read_text(encoding="utf-8")),
                                   encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first lines of the example: a plan is quickly made."""
    rows = (EXAMPLE / "inventory.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    return copied(tmp_path_factory.mktemp("small"), inventory="".join(rows[:8]))


def test_the_document_has_a_line_for_every_asset_and_adds_up(base: dict[str, Any]) -> None:
    listed = {row.partition(",")[0] for row in (EXAMPLE / "inventory.csv").read_text().splitlines()[1:]}
    assert {one["asset"] for one in base["lines"]} == listed
    assert base["status"] == "optimal"
    assert base["cost"] == sum(one["cost"] for one in base["lines"]) == sum(one["spent"] for one in base["spending"])
    assert base["exposure"] == sum(one["exposure"] for one in base["lines"])
    assert base["kept_exposure"] == sum(one["exposure_if_kept"] for one in base["lines"] if not one["bridge"])
    assert [one["role"] for one in base["inputs"]] == ["inventory", "calendar", "budget"]


def test_the_same_inputs_give_the_same_bytes_and_their_order_does_not_matter(small: Path, tmp_path: Path) -> None:
    first = run("make", *files(small), "--format", "json").stdout
    assert first == run("make", *files(small), "--format", "json").stdout
    head, *rows = (small / "inventory.csv").read_text(encoding="utf-8").splitlines()
    mixed = plan(folder=copied(tmp_path, inventory="\n".join([head, *reversed(rows)]) + "\n"))
    left, right = json.loads(first), mixed
    for each in (left, right):
        each.pop("inputs")
        for one in each["lines"]:
            one.pop("from_line")
            one.pop("why")
    assert left == right


@pytest.mark.parametrize("form", ["text", "csv", "ics", "xlsx", "pdf"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_form_is_written_whole_to_a_file(form: str, language: str, small: Path, tmp_path: Path) -> None:
    out = tmp_path / f"plan.{form}"
    done = run("make", *files(small), "--format", form, "--language", language, "--output", out,
               "--office", "Maple County")
    assert (done.returncode, done.stdout) == (0, b"")
    data = out.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == [out.name], "nothing else is left behind"
    if form == "pdf":
        assert "Maple County" in PdfReader(io.BytesIO(data)).pages[0].extract_text()
    elif form == "xlsx":
        assert load_workbook(io.BytesIO(data)).worksheets[1].max_row > 7
    elif form == "ics":
        assert len(list(Ics.from_ical(data).walk("VEVENT"))) > 20
    else:
        assert "registration-os" in data.decode()


def test_a_picture_is_not_poured_onto_a_terminal() -> None:
    main, other = pty.openpty()
    done = subprocess.run([sys.executable, "-m", "hustings", "plan", "make", *map(str, files()), "--format", "pdf"],
                          stdout=other, stderr=subprocess.PIPE, cwd=ROOT, check=False)
    os.close(other)
    os.close(main)
    assert done.returncode == Exit.USAGE
    assert b"add --output plan.pdf" in done.stderr


def test_a_date_that_cannot_be_met_is_exit_1_and_the_plan_is_printed_all_the_same() -> None:
    done = run("make", *files(), "--format", "json", "--set", "asset:tabulators-central.must_by=2027-03-01")
    found = json.loads(done.stdout)
    assert (done.returncode, found["status"], found["unmet"]) == (1, "infeasible", ["tabulators-central"])
    assert next(one for one in found["lines"] if one["asset"] == "tabulators-central")["late"]
    assert found["changes"] == ["asset:tabulators-central.must_by=2027-03-01"]


def test_every_mistake_of_every_file_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    inventory = "asset,kind,quantity,purchased\na,pc,-1,2026-02-30\na,pc,1,\nb,pc,x,\n"
    folder = copied(tmp_path, inventory=inventory, budget="fund,year,amount,kinds\nCounty,2027,lots,\n",
                    calendar="elections:\n  - {date: 2027-13-01, name: x, scale: large}\n")
    out = tmp_path / "plan.json"
    done = run("make", *files(folder), "--format", "json", "--output", out)
    said = done.stderr.decode()
    assert done.returncode == 2
    for place in ("inventory.csv:2, column quantity", "inventory.csv:2, column purchased", "inventory.csv:3",
                  "inventory.csv:4, column quantity", "budget.csv:2, column amount", "calendar.yaml:2"):
        assert place in said
    assert not out.exists()


def test_another_list_is_refused_with_the_way_to_map_it(tmp_path: Path) -> None:
    folder = copied(tmp_path, inventory="Asset Tag;Device name;Purchase date\n1;x;Fall 2016\n")
    done = run("make", *files(folder))
    assert done.returncode == 2
    assert b"hustings plan import" in done.stderr


@pytest.mark.parametrize(("words", "said"), [
    (("--today", "soon"), b"'soon' is not a date"), (("--today", "1026-11-22"), b"not between 2000 and 2150"),
    (("--set", "moon=1"), b"is no change of a plan"), (("--what-if", "hours=many"), b"is not a number from 0"),
    (("--what-if", "hours=1", "--format", "pdf"), b"a difference has no pdf form"),
    (("--approved", "nothing.json"), b"there is no such file"), (("--mapping", "nothing.yaml"), b"no such file"),
    (("--approved", str(EXAMPLE / "budget.csv")), b"budget.csv"),
])
def test_wrong_arguments_are_exit_2_with_a_remedy(words: tuple[str, ...], said: bytes) -> None:
    done = run("make", *files(), *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert b"fix:" in done.stderr


def test_a_folder_that_is_not_there_is_exit_3() -> None:
    done = run("make", *files(), "--output", "/nowhere/at/all/plan.txt")
    assert done.returncode == 3
    assert b"cannot be written" in done.stderr


def test_options_before_the_command_are_refused_rather_than_lost() -> None:
    done = run("--tenant", "x", "make", *files())
    assert done.returncode == 2
    assert b"have no effect" in done.stderr


def test_what_if_says_the_difference_in_words_and_as_data() -> None:
    change = "budget:County general:2027=-60000"
    text = run("make", *files(), "--what-if", change)
    assert text.returncode == 0
    assert "The exposure rises by" in text.stdout.decode()
    found = json.loads(run("make", *files(), "--what-if", change, "--format", "json").stdout)
    assert found["schema"] == "hustings.plan-difference/1"
    assert found["exposure"] > 0
    assert found["moved"]


def test_a_plan_is_compared_with_the_approved_one_and_stays_near_it(base: dict[str, Any], tmp_path: Path) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps(base), encoding="utf-8")
    later = plan("--approved", old, "--set", "asset:dispatch-phones.cost=7000")
    new.write_text(json.dumps(later), encoding="utf-8")
    done = run("compare", old, new)
    assert done.returncode == 0
    assert b"1 line moved, 24 stay." in done.stdout
    assert b"dispatch-phones: replace" in done.stdout
    assert run("compare", old, old).stdout == b"Nothing is different.\n"
    assert "Rien" in run("compare", old, old, "--language", "fr").stdout.decode()


@pytest.mark.parametrize("form", ["text", "xlsx", "pdf", "ics"])
def test_the_libraries_of_the_plan_are_enough(form: str, small: Path, tmp_path: Path) -> None:
    """Where the server is not installed, its libraries cannot be imported: nothing here may need them."""
    blocked = ("litestar", "jinja2", "sqlalchemy", "alembic", "uvicorn", "argon2", "psycopg", "httptools", "uvloop")
    code = ("import sys\n"
            f"sys.modules.update(dict.fromkeys({blocked!r}))\n"
            "from hustings.__main__ import main\nmain(sys.argv[1:])")
    out = tmp_path / "plan"
    done = subprocess.run(
        [sys.executable, "-c", code, "plan", "make", *map(str, files(small)), "--format", form, "--output", str(out)],
        capture_output=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert out.stat().st_size > 500
    done = subprocess.run([sys.executable, "-c", code, "plan", "import", str(small / "inventory.csv")],
                          capture_output=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
