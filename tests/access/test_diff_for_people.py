"""The difference as a person reads it: sentences, groups and the matrix, without any server."""

from __future__ import annotations

from datetime import date

import pytest
from click import unstyle
from click.testing import CliRunner
from msgspec.structs import replace

from agent.access.diff_sentences import count, listed
from agent.access.diff_text import GROUPS, Groups, Right, lines
from agent.access.matrix import cell
from agent.access.matrix import lines as matrix_lines
from hustings.access.model import Account, Role
from hustings.access.state import State
from hustings.access.usage import Usage, Use, Window
from tests.policies.access.small import LOG, SCHEMA, VOTERS, allow, compare, database, declares, logs, person

CLERK = Role("clerk", allow=(allow("vr.voters", "SELECT"),))


def said(state: State, *accounts: Account, usage: Usage | None = None, **rest: object) -> list[str]:
    found = compare(declares(CLERK, accounts=accounts, **rest), state, usage)
    return [unstyle(line) for line in lines(found, found.rows())]


def clerks(*names: str) -> tuple[Account, ...]:
    return tuple(Account(login=name, roles=("clerk",), person=f"p-{name}") for name in names)


def holding(*names: str, rights: tuple[str, ...] = ("SELECT",)) -> State:
    grants = {("vr", name): ("USAGE",) for name in names} | {("vr.voters", name): rights for name in names}
    return database(*(person(name) for name in names), grants=grants)


def test_leavers_come_first_with_the_month_that_they_left_in() -> None:
    state = holding("ann", "bob", rights=("SELECT", "UPDATE"))
    left = {"p-ann": date(2026, 6, 3), "p-bob": date(2026, 6, 30)}
    text = said(state, *clerks("ann", "bob"), leavers=left)
    assert text[3] == "2 people who left in June 2026 can still change voter records: ann, bob."
    text = said(state, *clerks("ann", "bob"), leavers={**left, "p-bob": date(2026, 7, 1)})
    assert text[3] == "2 people who left can still change voter records: ann, bob."
    text = said(holding("ann"), *clerks("ann"), leavers={"p-ann": date(2026, 6, 3)})
    assert text[3] == "1 person who left in June 2026 can still sign in to the database: ann."


def test_an_account_outside_the_model_is_counted_with_its_rights() -> None:
    text = said(holding("ann"))
    assert "1 account that is not in the model holds 2 rights: ann." in text
    assert "2 accounts that are not in the model hold 4 rights: ann, bob." in said(holding("ann", "bob"))


def test_good_news_is_said_only_where_everything_was_read() -> None:
    assert "Nobody holds more than the model says." in said(holding("ann"), *clerks("ann"))
    unread = replace(holding("ann"), settings={})
    assert "Nobody is seen to hold more than the model says; some of it could not be read." in said(
        unread, *clerks("ann"))


def test_use_is_told_with_the_window_and_unknown_where_the_logs_do_not_speak() -> None:
    state = holding("ann", "bob", rights=("SELECT", "DELETE", "EXECUTE"))
    use = Use("ann", "vr.voters", None, "DELETE", "2026-10-01T00:00:00Z", "2026-11-02T10:00:00Z")
    usage = logs(uses=(use,), covers=("read", "write"))
    text = [line.strip() for line in said(state, *clerks("ann", "bob"), usage=usage)]
    assert text[1] == "The logs speak for 61 days, 2026-09-22T00:00:00Z to 2026-11-22T00:00:00Z."
    assert "DELETE: last used 2026-11-02" in text
    assert "EXECUTE: use unknown: not in these logs" in text
    assert "DELETE: not used in 61 days of logs" in text
    gaps = replace(usage, window=Window("2026-09-22T00:00:00Z", "2026-11-22T00:00:00Z", 61, (("a", "b"), ("c", "d"))))
    assert said(state, usage=gaps)[1].endswith("to 2026-11-22T00:00:00Z, with 2 gaps.")


def test_thousands_of_rows_are_a_few_groups() -> None:
    groups = Groups()
    for account in range(300):
        for name in range(50):
            groups.add(f"u{account}", f"vr.t{name}", Right("SELECT", ("g",), ""))
            if account % 2:
                groups.add(f"u{account}", f"vr.t{name}", Right("DELETE", (), ""))
    found = groups.largest_first()
    assert groups.rows == 300 * 50 + 150 * 50
    assert [tuple(map(len, group)) for group in found] == [(2, 50, 150), (1, 50, 150)]


def test_more_groups_than_can_be_read_are_counted() -> None:
    tables = tuple(replace(LOG, name=f"t{number:03}") for number in range(GROUPS + 20))
    accounts = tuple(f"u{number:03}" for number in range(GROUPS + 20))
    grants = {(f"vr.t{account[1:]}", account): ("DELETE",) for account in accounts}
    state = database(*map(person, accounts), grants=grants, objects=(SCHEMA, VOTERS, LOG, *tables))
    text = said(state, *(Account(login=one, roles=("clerk",)) for one in accounts))
    assert sum(line.startswith("  ▲") for line in text) == GROUPS
    assert "  and 20 rights more in 20 groups: --format csv has all of them" in text


def test_a_name_that_would_steer_the_terminal_is_written_out() -> None:
    text = said(holding("a\x1b[2Jb"))
    assert not any("\x1b" in line for line in text)
    assert any(r"a\x1b[2Jb" in line for line in text)


@pytest.mark.parametrize(("number", "words"), [(0, "0 rights"), (1, "1 right"), (2, "2 rights")])
def test_numbers_are_said_in_words_that_fit(number: int, words: str) -> None:
    assert count(number, "right") == words


def test_long_lists_are_cut_and_counted() -> None:
    assert listed(["a", "b"]) == "a, b"
    assert listed([str(number) for number in range(9)]) == "0, 1, 2, 3, 4 and 4 more"


def test_the_matrix_is_cut_into_blocks_that_fit_and_says_the_same_without_colour() -> None:
    roles = [f"role_{number}" for number in range(12)]
    objects = [("vr.voters", "table"), ("vr.approve", "routine"), ("vr.empty", "table")]
    cells = {(role, "vr.voters", "table"): cell("ri", "d", "u") for role in roles}
    cells["role_3", "vr.approve", "routine"] = cell("", "", "", "x")
    drawn = list(matrix_lines(roles, objects, cells, 70))
    plain = [unstyle(line) for line in drawn]
    assert max(map(len, plain)) <= 70
    assert sum(line.startswith("vr.voters") for line in plain) > 2
    assert " ".join(" ".join(plain).split()).count("●ri ▲d ○u") == 12
    assert sum("·x" in line for line in plain) == 1
    assert any(line.startswith("vr.approve (routine)") for line in plain)
    assert not any(line.startswith("vr.empty") for line in plain)
    assert any("\x1b[31m▲d" in line for line in drawn)


def test_help_says_what_the_exit_codes_mean() -> None:
    from hustings.__main__ import hustings

    text = CliRunner().invoke(hustings, ["access", "diff", "--help"]).stdout
    for word in ("--model", "--all", "matrix", "Exit code: 1"):
        assert word in text
