"""Declared, in excess, missing: each right of each account is exactly one of them."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from hustings.access.model import Account, Allow, Connection, ObjectModel, Role
from hustings.access.usage import Shape, Use
from policies.access.difference import difference
from policies.access.difference_uses import LastUses, host_matches, may_admit, speaks_of
from policies.access.engines import effective
from policies.access.rows import DECLARED, EXCESS, MISSING
from tests.policies.access.small import SCHEMA, VOTERS, allow, compare, database, declares, logs, person, rows

ANN = (Account(login="ann", roles=("clerk",)),)
USAGE = {("vr", "ann"): ("USAGE",)}


def of_voters(held: tuple[str, ...], *allowed: Allow,
              deny: tuple[Allow, ...] = ()) -> list[tuple[str | None, str, str]]:
    """(column, right, state) of everything said about ann and the voters."""
    state = database(person("ann"), grants={**USAGE, ("vr.voters", "ann"): held})
    model = declares(Role("clerk", allow=allowed, deny=deny), accounts=ANN)
    return [row[2:] for row in rows(compare(model, state)) if row[1] == "vr.voters"]


def test_a_limit_to_columns_that_is_overridden_is_one_row_and_not_one_a_column() -> None:
    assert of_voters(("UPDATE",), allow("vr.voters", UPDATE=("status", "name"))) == [(None, "UPDATE", EXCESS)]


def test_columns_held_where_all_is_declared_leave_the_whole_missing() -> None:
    assert of_voters(("SELECT(name)",), allow("vr.voters", "SELECT")) == [
        (None, "SELECT", MISSING), ("name", "SELECT", DECLARED)]


def test_each_column_is_compared_for_itself() -> None:
    assert of_voters(("UPDATE(name)", "UPDATE(dob)"), allow("vr.voters", UPDATE=("name", "status"))) == [
        ("dob", "UPDATE", EXCESS), ("name", "UPDATE", DECLARED), ("status", "UPDATE", MISSING)]


def test_what_is_denied_is_excess_whatever_allows_it() -> None:
    assert of_voters(("SELECT", "DELETE"), allow("vr.voters", "SELECT", "DELETE"),
                     deny=(allow("vr.voters", "DELETE"),)) == [(None, "DELETE", EXCESS), (None, "SELECT", DECLARED)]
    assert of_voters(("SELECT",), allow("vr.voters", "SELECT"), deny=(allow("vr.voters", SELECT=("dob",)),)) == [
        (None, "SELECT", EXCESS)]
    assert of_voters((), allow("*", "SELECT"), deny=(allow("*", "SELECT"),)) == []


def test_words_permit_and_are_never_missing() -> None:
    state = database(person("ann"), grants={**USAGE, ("vr", "ann"): ("USAGE", "CREATE"),
                                            ("vr.voters", "ann"): ("TRIGGER", "INSERT")})
    said = rows(compare(declares(Role("clerk", allow=(allow("*", "ddl"),)), accounts=ANN), state))
    assert said == [("ann", "vr", None, "CREATE", DECLARED), ("ann", "vr", None, "USAGE", DECLARED),
                    ("ann", "vr.voters", None, "INSERT", EXCESS), ("ann", "vr.voters", None, "TRIGGER", DECLARED)]


def test_usage_of_a_schema_follows_from_a_right_in_it_and_from_nothing_else() -> None:
    model = declares(Role("clerk", allow=(allow("vr.voters", "SELECT"),)), accounts=ANN)
    without = rows(compare(model, database(person("ann"), grants={("vr.voters", "ann"): ("SELECT",)})))
    assert ("ann", "vr", None, "USAGE", MISSING) in without
    idle = rows(compare(declares(Role("clerk"), accounts=ANN), database(person("ann"), grants=USAGE)))
    assert idle == [("ann", "vr", None, "USAGE", EXCESS)]


def test_the_schema_that_everyone_is_let_into_from_the_start_is_open_to_the_models_accounts() -> None:
    from msgspec.structs import replace

    public, table = replace(SCHEMA, name="public"), replace(VOTERS, schema="public")
    state = database(person("ann"), person("bob"), objects=(public, table), grants={("public", ""): ("USAGE",)})
    model = declares(Role("clerk"), accounts=ANN, objects=(ObjectModel("public.voters", "restricted"),))
    model = replace(model, database=Connection(engine="postgresql", schema="public"))
    assert rows(compare(model, state)) == [("ann", "public", None, "USAGE", DECLARED),
                                           ("bob", "public", None, "USAGE", EXCESS)]


def test_the_sequence_of_a_table_follows_from_inserting_into_it() -> None:
    from msgspec.structs import replace

    sequence = replace(SCHEMA, schema="vr", name="voters_id_seq", kind="sequence")
    state = database(person("ann"), objects=(SCHEMA, VOTERS, sequence), grants={
        **USAGE, ("vr.voters", "ann"): ("INSERT",), ("vr.voters_id_seq", "ann"): ("USAGE", "SELECT", "UPDATE")})
    model = declares(Role("clerk", allow=(allow("vr.voters", "INSERT"),)), accounts=ANN)
    state = replace(state, objects=tuple(replace(one, of="vr.voters") if one.kind == "sequence" else one
                                         for one in state.objects))
    said = [row[3:] for row in rows(compare(model, state)) if row[1] == "vr.voters_id_seq"]
    assert said == [("SELECT", DECLARED), ("UPDATE", EXCESS), ("USAGE", DECLARED)]


def test_an_object_that_is_not_there_is_missing_in_its_place() -> None:
    model = declares(Role("clerk", allow=(allow("vr.zones", "SELECT"), allow("vr.absent", "SELECT", UPDATE=("a",)))),
                     accounts=ANN)
    state = database(person("ann"), grants={**USAGE, ("vr.log", "ann"): ("SELECT",)})
    assert [row[1:] for row in rows(compare(model, state))] == [
        ("vr", None, "USAGE", DECLARED), ("vr.absent", None, "SELECT", MISSING), ("vr.absent", "a", "UPDATE", MISSING),
        ("vr.log", None, "SELECT", EXCESS), ("vr.zones", None, "SELECT", MISSING)]


def test_a_closed_account_misses_nothing_and_several_roles_add_up() -> None:
    roles = (Role("clerk", allow=(allow("vr.voters", "SELECT"),)), Role("more", allow=(allow("vr.voters", "INSERT"),)))
    state = database(person("ann"), grants={**USAGE, ("vr.voters", "ann"): ("SELECT",)})
    closed = declares(*roles, accounts=(Account(login="ann", roles=("clerk", "more"), state="closed"),))
    assert {row[4] for row in rows(compare(closed, state))} == {DECLARED}
    both = declares(*roles, accounts=(Account(login="ann", roles=("clerk", "more")),))
    assert ("ann", "vr.voters", None, "INSERT", MISSING) in rows(compare(both, state))


def test_accounts_that_the_server_was_made_with_and_the_auditor_are_left_out_unless_named() -> None:
    state = database(person("postgres", superuser=True, bootstrap=True), person("bob"),
                     grants={("vr.voters", "audit"): ("SELECT",), ("vr.voters", "bob"): ("SELECT",)})
    assert {row[0] for row in rows(compare(declares(), state))} == {"bob"}
    accounts = tuple(Account(login=login, roles=("r",)) for login in ("audit", "postgres"))
    named = declares(Role("r"), accounts=accounts)
    assert {row[0] for row in rows(compare(named, state))} == {"audit", "bob", "postgres"}


_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
_SOME = st.lists(st.sampled_from([*_RIGHTS, *(f"{right}({column})" for right, column in
                                              product(("SELECT", "UPDATE"), VOTERS.columns))]), unique=True)


def _allowed(some: list[str]) -> Allow:
    columns: dict[str, tuple[str, ...]] = {}
    for one in some:
        if "(" in one:
            right, column = one.rstrip(")").split("(")
            columns[right] = (*columns.get(right, ()), column)
    return Allow(object="vr.voters", rights=tuple(one for one in some if "(" not in one), columns=columns)


@given(_SOME, _SOME, _SOME)
def test_every_held_right_is_declared_or_excess_and_every_missing_one_is_not_held(held: list[str], allowed: list[str],
                                                                                  denied: list[str]) -> None:
    state = database(person("ann"), grants={**USAGE, ("vr.voters", "ann"): tuple(held)})
    model = declares(Role("clerk", allow=(_allowed(allowed),), deny=(_allowed(denied),)), accounts=ANN)
    worked = effective(state)
    said = [row for row in difference(model, worked, state).rows() if row.object == "vr.voters"]
    place = next(place for place, one in enumerate(state.objects) if one.name == "voters")
    holding = worked.holding("ann", place)
    keys = [(row.column, row.right) for row in said]
    assert len(keys) == len(set(keys))
    for column, right in product((None, *VOTERS.columns), _RIGHTS):
        words = right if column is None else f"{right}({column})"
        is_held = right in held if column is None else words in held and right not in held
        row = next((one for one in said if (one.column, one.right) == (column, right)), None)
        assert is_held == (row is not None and row.state in (DECLARED, EXCESS))
        if is_held:
            assert row is not None
            is_denied = right in denied or (any(one.startswith(f"{right}(") for one in denied) if column is None
                                            else words in denied)
            permitted = (right in allowed or words in allowed) and not is_denied
            assert row.state == (DECLARED if permitted else EXCESS)
    assert holding.rights or not any("(" not in one for one in held)


def test_a_use_of_a_column_is_a_use_of_the_whole_and_the_last_counts() -> None:
    uses = (Use("ann", "vr.voters", "status", "UPDATE", "2026-10-01T00:00:00Z", "2026-10-05T00:00:00Z"),
            Use("ann", "vr.voters", "name", "UPDATE", "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"),
            Use("ann", "vr.voters", None, "SELECT", "2026-10-01T00:00:00Z", "2026-10-02T00:00:00Z"))
    known = LastUses(logs(uses=uses), "postgresql")
    assert known.last("ann", "vr.voters", None, "UPDATE") == "2026-11-01T00:00:00Z"
    assert known.last("ann", "vr.voters", "status", "UPDATE") == "2026-10-05T00:00:00Z"
    assert known.last("ann", "vr.voters", "dob", "UPDATE") is None
    assert known.last("ann", "vr.voters", "dob", "SELECT") == "2026-10-02T00:00:00Z"
    assert known.last("bob", "vr.voters", None, "SELECT") is None
    assert LastUses(None, "postgresql").last("ann", "vr.voters", None, "SELECT") is None


def test_logs_speak_only_of_the_kinds_that_they_hold_and_of_accounts_that_were_understood() -> None:
    from msgspec.structs import replace

    usage = logs(covers=("read",))
    assert [speaks_of(usage, "ann", right) for right in ("SELECT", "DELETE", "EXECUTE", "CREATE")] == [
        True, False, False, False]
    assert not speaks_of(None, "ann", "SELECT")
    assert not speaks_of(replace(usage, window=None), "ann", "SELECT")
    murky = replace(logs(), shapes=(Shape("0", "?", ("ann",), understood=False),))
    assert (speaks_of(murky, "ann", "SELECT"), speaks_of(murky, "bob", "SELECT")) == (False, True)


def test_hosts_of_mariadb_are_patterns() -> None:
    assert host_matches("%", "10.0.0.1")
    assert host_matches("10.0.%", "10.0.9.9")
    assert host_matches("192.168.0.0/255.255.0.0", "192.168.7.7")
    assert host_matches("DB_.example.org", "db1.example.org")
    assert not host_matches("10.1.%", "10.0.9.9")
    assert not host_matches("192.168.0.0/255.255.0.0", "10.0.0.1")
    assert not host_matches("10.0.0.0/255.0.0.0", "localhost")
    assert not host_matches("", "10.0.0.1")


def test_a_name_in_the_log_may_be_any_account_that_is_let_in_by_its_address() -> None:
    by_address = ("127.0.0.1", "10.20.1.%", "10.20.0.0/255.255.0.0", "10.20.1._", "::1", "fd00:%")
    assert [may_admit(pattern, "desk4.county.example") for pattern in by_address] == [True] * 6
    assert may_admit("%.county.example", "desk4.county.example")
    assert not may_admit("localhost", "desk4.county.example")
    assert not may_admit("decade", "desk4.county.example")
    assert not may_admit("10.20.1.%", "10.21.1.1")


def test_what_a_log_tells_of_a_named_host_is_a_use_by_the_account_of_its_address() -> None:
    last = LastUses(logs(uses=(Use("ann@localhost", "vr.voters", None, "SELECT", "2026-09-01T00:00:00Z",
                                   "2026-11-01T00:00:00Z"),)), "mariadb")
    assert last.last("ann@127.0.0.1", "vr.voters", None, "SELECT") == "2026-11-01T00:00:00Z"
    assert last.last("ann@db7", "vr.voters", None, "SELECT") is None
    assert last.last("bob@127.0.0.1", "vr.voters", None, "SELECT") is None
