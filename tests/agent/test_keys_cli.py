"""``hustings keys`` and ``hustings person``: one key for an office, and names found again where it is."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from hustings.errors import HustingsError
from hustings.facts import ACCOUNT, OBJECT, PERSON
from hustings.pseudonyms import load, pseudonym


def run(*args: str, stdin: str = "") -> Result:
    from agent.keys_cli import keys, person

    command, *rest = args
    return CliRunner().invoke({"keys": keys, "person": person}[command], rest, input=stdin)


def refused(result: Result) -> str:
    assert isinstance(result.exception, HustingsError)
    assert result.exception.exit_code == 2
    return str(result.exception)


def test_a_key_is_made_once_carried_to_another_machine_and_known_by_its_id(tmp_path: Path) -> None:
    one, two, copy = (str(tmp_path / name) for name in ("one.key", "two.key", "copy.key"))
    assert "made" in run("keys", "init", "--key", one).stdout
    assert "would change every pseudonym" in refused(run("keys", "init", "--key", one))
    carried = run("keys", "export", "--key", one).stdout
    assert run("keys", "import", "--key", two, stdin=carried).exit_code == 0
    assert "would change every pseudonym" in refused(run("keys", "import", "--key", two, stdin=carried))
    ids = {run("keys", "show-id", "--key", path).stdout for path in (one, two)}
    assert len(ids) == 1
    assert run("keys", "export", "--key", one, "--output", copy).exit_code == 0
    assert load(Path(copy)) == load(Path(one)) == load(Path(two))
    assert all(Path(path).stat().st_mode & 0o777 == 0o600 for path in (one, two, copy))
    assert carried.strip() not in ids.pop()


def test_what_is_no_key_is_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    path = str(tmp_path / "office.key")
    assert "standard input: not an office key" in refused(run("keys", "import", "--key", path, stdin="hello\n"))
    assert "no office key here" in refused(run("keys", "show-id", "--key", path))
    assert list(tmp_path.iterdir()) == []


def test_a_pseudonym_is_resolved_among_the_names_of_a_roster(tmp_path: Path) -> None:
    path, roster = tmp_path / "office.key", tmp_path / "people.csv"
    run("keys", "init", "--key", str(path))
    key = load(path)
    assert key is not None
    roster.write_text('p-014;"J. Doe";jdoe\np-002,mtremblay\n')
    wanted = pseudonym(key, ACCOUNT, "jdoe")
    found = run("person", wanted.upper(), "--roster", str(roster), "--key", str(path))
    assert (found.exit_code, found.stdout) == (0, f"{wanted}  account  jdoe\n")
    found = run("person", pseudonym(key, PERSON, "p-002"), "--roster", str(roster), "--key", str(path))
    assert found.stdout.endswith("person  p-002\n")
    nobody = run("person", "p-aaaaaaaaaa", "--roster", str(roster), "--key", str(path))
    assert nobody.exit_code == 1
    assert "none of these" in nobody.stderr
    assert "none are given" in refused(run("person", wanted, "--key", str(path)))
    assert "is no pseudonym" in refused(run("person", "p-014", "--roster", str(roster), "--key", str(path)))


def test_a_pseudonym_is_resolved_among_the_names_of_an_access_model(tmp_path: Path) -> None:
    path, model = tmp_path / "office.key", Path(__file__).parents[1] / "access/registration.yaml"
    run("keys", "init", "--key", str(path))
    key = load(path)
    assert key is not None
    for kind, name in ((ACCOUNT, "mtremblay"), (PERSON, "p-090"), (ACCOUNT, "r_clerk"), (OBJECT, "vr.voters"),
                       (OBJECT, "ssn4"), (ACCOUNT, "vr_owner")):
        found = run("person", pseudonym(key, kind, name), "--model", str(model), "--key", str(path))
        assert found.stdout == f"{pseudonym(key, kind, name)}  {kind}  {name}\n"
