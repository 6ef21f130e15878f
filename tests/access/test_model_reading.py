"""The access model's file becomes the model, or every fault in it is named with its line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from hustings.access.model import MFA, OBJECT_CLASSES, PEOPLE, AccessModel, Allow
from hustings.access.reading import Reading, inspect, load, parse
from hustings.errors import ConfigError

TODAY = date(2026, 11, 22)
MODEL = """\
model: 1
system: county
owner: {office: "County", person: "J. Roy", reviewed: 2026-11-15, review_every_days: 90}
database: {engine: postgresql, dsn_env: ROLL_DSN, schema: vr, schemas: [staging]}
objects:
  voters: {class: restricted, columns: {identity: [dl_no, dob], public: [voter_id, last_name]}}
  audit_log: {class: evidence}
  pollbook_v: {class: internal, kind: view}
  "seq:numbers": {}
  "proc:approve": {}
roles:
  clerk:
    allow: {voters: "r(public) i u(last_name,status)", audit_log: "i", approve: x, numbers: USAGE}
    mfa: required
    bulk_limit: {rows_per_day: 400}
    rows: "county = own"
  loader:
    who: job
    allow: {"staging.inbox": "r i", "table:other": d, "schema:staging": "USAGE CREATE", "proc:f(integer, text)": x}
    on: replica
    hosts: [10.20.4.11, 10.20.9.0/24]
    max_connections: 2
    limits: {statement_timeout: 2s, read_only: true}
  dba: {allow: {"*": "ddl"}, deny: {audit_log: "u d t"}, superuser: break_glass, attributes: [createrole]}
  agent: {who: job, max_connections: 1, allow: {catalog: r, "proc:hustings.password_kinds": x},
          database_roles: [hustings], member_of: [pg_read_all_settings]}
  vendor: {who: vendor, window: {max_hours: 4, needs: [ticket]}, closed: {calendar: quiet}}
owner_role: vr_owner
accounts:
  - {login: jdoe, person: p-1, roles: [clerk], until: 2027-06-30, email: j@example.org}
  - {login: svc, roles: [loader, agent]}
  - {login: acme, roles: [vendor], state: closed}
never_together: [[dba, clerk]]
exceptions: [{check: LPR-12, reason: one county, owner: p-1, until: 2027-03-31, object: voters}]
windows: [{login: acme, opens: 2026-11-20T08:00:00-05:00, closes: 2026-11-20T12:00:00-05:00, ticket: T-1}]
leavers: {p-9: 2026-06-30}
leavers_file: leavers.txt
counts: {no_factor: {sql: "select count(*) from vr.users where not mfa"}}
reviewed_routines: {"proc:approve": %s}
share: [objects]
""" % ("AB" * 32)


def read(text: str = MODEL) -> AccessModel:
    return parse(text, "m.yaml", today=TODAY)[0]


def changed(old: str, new: str, text: str = MODEL) -> Reading:
    assert text.count(old) == 1, old
    return inspect(text.replace(old, new), "m.yaml", today=TODAY)


def test_names_get_the_first_schema_and_groups_of_columns_are_resolved() -> None:
    model = read()
    clerk = model.role("clerk")
    assert clerk is not None
    assert clerk.allow == (
        Allow("vr.voters", ("INSERT",), {"SELECT": ("voter_id", "last_name"), "UPDATE": ("last_name", "status")},
              "table", 13),
        Allow("vr.audit_log", ("INSERT",), {}, "table", 13),
        Allow("vr.approve", ("EXECUTE",), {}, "routine", 13),
        Allow("vr.numbers", ("USAGE",), {}, "sequence", 13))
    assert [(one.name, one.kind, one.sensitivity) for one in model.objects] == [
        ("vr.voters", "table", "restricted"), ("vr.audit_log", "table", "evidence"),
        ("vr.pollbook_v", "view", "internal"), ("vr.numbers", "sequence", "internal"),
        ("vr.approve", "routine", "internal")]


def test_prefixes_other_schemas_and_words_are_understood() -> None:
    model = read()
    loader, dba, agent = model.role("loader"), model.role("dba"), model.role("agent")
    assert loader is not None
    assert dba is not None
    assert agent is not None
    assert [(one.object, one.kind, one.rights) for one in loader.allow] == [
        ("staging.inbox", "table", ("SELECT", "INSERT")), ("vr.other", "table", ("DELETE",)),
        ("staging", "schema", ("USAGE", "CREATE")), ("vr.f(integer, text)", "routine", ("EXECUTE",))]
    assert (loader.on, loader.max_connections, loader.hosts) == ("replica", 2, ("10.20.4.11", "10.20.9.0/24"))
    assert [(one.object, one.rights) for one in dba.allow] == [("*", ("ddl",))]
    assert [(one.object, one.rights) for one in dba.deny] == [("vr.audit_log", ("UPDATE", "DELETE", "TRUNCATE"))]
    assert [(one.object, one.kind) for one in agent.allow] == [
        ("catalog", "catalog"), ("hustings.password_kinds", "routine")]


def test_the_rest_of_the_file_arrives() -> None:
    model = read()
    assert model.database.scope == ("vr", "staging")
    assert [(one.login, one.roles, one.person, one.until, one.state, one.line) for one in model.accounts] == [
        ("jdoe", ("clerk",), "p-1", date(2027, 6, 30), "open", 30), ("svc", ("loader", "agent"), "", None, "open", 31),
        ("acme", ("vendor",), "", None, "closed", 32)]
    assert model.exceptions[0].object == "vr.voters"
    assert model.reviewed_routines == {"vr.approve": "ab" * 32}
    assert model.leavers == {"p-9": date(2026, 6, 30)}
    assert model.counts["no_factor"].catalogue == "IAM-09"
    assert model.share == ("objects",)
    assert model.windows[0].closes.utcoffset() is not None
    assert len(model.digest) == 64
    assert model.digest != read(MODEL + "# a word more\n").digest


FAULTS = [
    ("system: county", "sytem: county", 2, "unknown key 'sytem'", "did you mean 'system'?"),
    ("model: 1", "model: 2", 1, "model", "number"),
    ("engine: postgresql", "engine: postgres", 4, "'postgres' is not a word", "did you mean 'postgresql'?"),
    ("engine: postgresql, ", "", 4, "the key 'engine' is missing", "add engine:"),
    ("dsn_env: ROLL_DSN", "dsn_env: 'postgresql://u:hunter2@h/d'", 4, "not the name of an environment variable",
     "put the connection string into that variable"),
    ("schema: vr, schemas: [staging]", "name: x", 4, "no schema", "add schema:"),
    ("class: restricted", "class: secret", 6, "'secret' is not a word", "restricted, internal, evidence, public"),
    ("reviewed: 2026-11-15", "reviewed: 2026-13-15", 3, "where a date belongs", "2027-06-30"),
    ("review_every_days: 90", "review_every_days: '90'", 3, "where a whole number belongs", "without quotes"),
    ("pollbook_v: {class: internal", "vr.voters: {class: internal", 8, "same object as the one in line 6",
     "keep one"),
    ("u(last_name,status)", "w(last_name,status)", 13, "'w' is not a right", "write one of"),
    ("r(public) i", "ri", 13, "'ri' is not a right", '"r i"'),
    ("r(public) i", "select i", 13, "'select' is not a right", "write r"),
    ("r(public) i", "d(voter_id)", 13, "d cannot be narrowed to columns", "write d alone"),
    ("r(public) i", "r(eligibility) i", 13, "no group of columns 'eligibility'", "identity, public"),
    ("r(public) i", "r(public", 13, "a bracket is opened and not closed: '(public u", "in brackets"),
    ("r(public) i", "r r(public)", 13, "SELECT is given whole and for columns too", "keep one"),
    ("r(public) i", "ddl", 13, "'ddl' is of everything", '"*"'),
    ("r(public) i", "x", 13, "EXECUTE is not a right on a table in PostgreSQL", "SELECT"),
    ("r(public) i", "DROP", 13, "PostgreSQL has no right DROP", "SELECT"),
    ('audit_log: "i"', 'audit_log: ""', 13, "no right is named", "letters"),
    ('"table:other"', '"tabel:other"', 19, "unknown prefix 'tabel'", "table:other"),
    ('"table:other": d', '"table:other": 1', 19, "where text belongs", "quotes"),
    ('catalog: r', 'catalog: r i', 25, "can only be read", "catalog: r"),
    ("10.20.4.11", "10.20.4.300", 21, "'10.20.4.300' is not an address", "10.20.4.11"),
    ("max_connections: 2", "max_connections: 0", 22, "1 or more", "number"),
    ("statement_timeout: 2s", "statement_timeout: soon", 23, "'soon' is not a length of time", "500ms"),
    ('{"*": "ddl"}, deny: {audit_log: "u d t"}', '{audit_log: "r d"}, deny: {audit_log: "u d t"}', 24,
     "given DELETE on vr.audit_log in line 24 and denied it", "keep one"),
    ("attributes: [createrole]", "attributes: [createrol]", 24, "no attribute 'createrol'", "createrole"),
    ("superuser: break_glass", "superuser: always", 24, "'always' is not a word", "break_glass"),
    ("roles: [clerk], until", "roles: [clerks], until", 30, "there is no role 'clerks'", "did you mean 'clerk'?"),
    ("login: svc", "login: jdoe", 31, "the account 'jdoe' is in line 30 already", "one line"),
    ("{login: svc, roles", "{roles", 31, "the key 'login' is missing", "add login:"),
    ("[[dba, clerk]]", "[[dba]]", 33, "where a list of 2 belongs", "both"),
    ("[[dba, clerk]]", "[[dba, dba]]", 33, "paired with itself", "two"),
    ("check: LPR-12", "check: LPR12", 34, "'LPR12' is not a row", "LPR-12"),
    ("until: 2027-03-31, object", "object", 34, "the key 'until' is missing", "add until:"),
    ("{login: acme, opens", "{login: acm, opens", 35, "there is no account 'acm'", "did you mean 'acme'?"),
    ("closes: 2026-11-20T12:00:00-05:00", "closes: 2026-11-20T07:00:00-05:00", 35, "closes before it opens", "correct"),
    ("closes: 2026-11-20T12:00:00-05:00", "closes: 2026-11-20T12:00:00", 35, "time zone", "-05:00"),
    ("select count(*)", "delete", 38, "not one SELECT", "select count(*)"),
    ("{no_factor:", "{NoFactor:", 38, "cannot be part of a function's name", "small letters"),
    ("AB" * 32, "AB", 39, "not a SHA-256", "64"),
    ("share: [objects]", "share: [everything]", 40, "'everything' is not a word", "accounts, objects"),
]


@pytest.mark.parametrize(("old", "new", "line", "what", "remedy"), FAULTS, ids=[one[3] for one in FAULTS])
def test_a_fault_is_named_with_its_line_and_remedy(old: str, new: str, line: int, what: str, remedy: str) -> None:
    found = changed(old, new)
    assert found.model is None
    matching = [fault for fault in found.faults if what in fault.what]
    assert matching, found.faults
    assert matching[0].where == f"m.yaml:{line}"
    assert remedy in matching[0].remedy
    assert "hunter2" not in str(found.faults)


def test_all_faults_of_a_file_come_at_once_in_order_of_line() -> None:
    text = MODEL.replace("sytem", "x").replace("system:", "sytem:").replace("class: evidence", "class: evidense") \
        .replace("r(public) i", "r(secret)").replace("[clerk], until", "[clerks], until").replace("LPR-12", "LPR12")
    found = inspect(text, "m.yaml", today=TODAY)
    assert [fault.where for fault in found.faults] == [f"m.yaml:{line}" for line in (2, 7, 13, 30, 34)]
    with pytest.raises(ConfigError, match="5 faults"):
        parse(text, "m.yaml", today=TODAY)


MARIADB = """\
database: {engine: mariadb, schema: roll}
objects: {county_v: {kind: view}}
roles:
  clerk: {rows: own county, allow: {county_v: "r u(status)", "view:other_v": r, "proc:f": x}}
  keeper: {allow: {voters: "r DROP SHOW_VIEW", "schema:roll": "LOCK_TABLES"}, deny: {audit: "t"}}
"""


def test_what_an_engine_cannot_express_is_refused() -> None:
    model, advice = parse(MARIADB, "m.yaml", today=TODAY)
    keeper = model.role("keeper")
    assert keeper is not None
    assert keeper.allow[0].rights == ("SELECT", "DROP", "SHOW VIEW")
    assert keeper.deny[0].rights == ("DROP",)
    assert any("no TRUNCATE" in one.what for one in advice)
    for old, new, what in (
            ("r DROP", "r t", "MariaDB has no right TRUNCATE"), ("r DROP", "r m", "MariaDB has no right MAINTAIN"),
            ("r DROP", "r LOCK_TABLES", "LOCK TABLES is not a right on a table in MariaDB"),
            ('county_v: "r u', '"table:voters": "r u', "MariaDB has no row security"),
            ("kind: view", "class: restricted", "MariaDB has no row security"),
            ('"LOCK_TABLES"', "USAGE", "MariaDB has no right USAGE"),
            ("keeper: {", "keeper: {attributes: [bypassrls], ", "mariadb has no attribute 'bypassrls'"),
            ("keeper: {", "keeper: {member_of: [pg_monitor], ", "mariadb has no role 'pg_monitor'")):
        found = changed(old, new, MARIADB)
        assert [what in fault.what for fault in found.faults] == [True], (new, found.faults)


ADVICE = [
    ("reviewed: 2026-11-15", "reviewed: 2026-08-01", 3, "last reviewed 113 days ago"),
    ("reviewed: 2026-11-15, ", "", 3, "nobody has said when"),
    ("max_connections: 2", "tls: require", 17, "the job loader may open any number of sessions"),
    ("person: p-1, roles", "roles", 30, "names no person"),
    ("mfa: required", "expires: seasonal", None, None),
    ("until: 2027-06-30", "until: 2026-06-30", 30, "jdoe was needed until 2026-06-30"),
    ("until: 2027-03-31", "until: 2026-03-31", 34, "the exception for LPR-12 ended"),
    ("[[dba, clerk]]", "[[dba, keeper]]", 33, "no role 'keeper' is written here"),
    ("roles: [clerk], until", "roles: [clerk, dba], until", 33, "p-1 is given dba and clerk here"),
    ("closes: 2026-11-20T12:00:00-05:00", "closes: 2026-11-20T18:00:00-05:00", 35, "open for 10 hours"),
    (", ticket: T-1", "", 35, "names no ticket"),
    ("pollbook_v: {class: internal", "voter: {class: internal", None, None),
    ('audit_log: "i"', 'audit_lo: "i"', 13, "'audit_lo' is not among the objects"),
    ("r(public) i", "r(voterid)", 13, "the column 'voterid' is in no group"),
    ("public: [voter_id", "public: [dob, voter_id", 6, "'dob' of vr.voters is public and guarded"),
    ("{login: svc, roles: [loader, agent]}", "{login: svc}", 31, "svc has no role"),
]


@pytest.mark.parametrize(("old", "new", "line", "what"), ADVICE, ids=[str(one[3] or one[1]) for one in ADVICE])
def test_what_is_allowed_and_probably_not_meant_is_advice(old: str, new: str, line: int | None,
                                                          what: str | None) -> None:
    assert inspect(MODEL, "m.yaml", today=TODAY).advice == ()
    found = changed(old, new)
    assert found.model is not None, found.faults
    said = [(one.where, what in one.what) for one in found.advice if what]
    assert said == ([(f"m.yaml:{line}", True)] if what else [])


def test_a_vendor_role_without_windows_is_advice_and_so_is_a_window_without_a_rule() -> None:
    found = changed("window: {max_hours: 4, needs: [ticket]}, ", "")
    assert [(one.where, one.what) for one in found.advice] == [
        ("m.yaml:27", "the vendor role vendor says nothing of windows"),
        ("m.yaml:35", "no role of acme speaks of windows")]


def test_a_seasonal_account_without_an_end_is_advice() -> None:
    found = changed(", until: 2027-06-30", "", MODEL.replace("mfa: required", "expires: seasonal"))
    assert ["is seasonal and has no end" in one.what for one in found.advice] == [True]


def test_a_file_is_found_and_its_roster_is_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "roll.access.yaml"
    path.write_text(MODEL, encoding="utf-8")
    model, _ = load(path, today=TODAY)
    assert model.leavers_file == str(tmp_path / "leavers.txt")
    assert model.source == str(path)
    with pytest.raises(ConfigError, match="there is no such file"):
        load(tmp_path / "other.yaml")


@pytest.mark.parametrize("text", ["", "- a\n", "x", "a: [1", "a: &b 1\n", "database: on\n", "a: 1\na: 2\n"])
def test_what_is_no_model_is_refused_in_one_message(text: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(text, "m.yaml")
    assert error.value.where.startswith("m.yaml")
    assert error.value.remedy


def test_the_draft_that_started_it_is_read_as_written() -> None:
    path = Path(__file__).resolve().parents[3] / "shared" / "domain" / "access-model.yaml"
    if not path.is_file():
        pytest.skip("no shared/ beside the checkout")
    model, advice = load(path, today=TODAY)
    assert (len(model.objects), len(model.roles)) == (9, 13)
    assert [one.what.partition(" ")[0] for one in advice] == ["the", "the", "the", "no", "no"]


def test_the_words_of_the_notation_are_those_of_the_model() -> None:
    for words, key in ((OBJECT_CLASSES, "class"), (PEOPLE, "who"), (MFA, "mfa")):
        for word in words:
            place = "objects: {a: {class: %s}}" if key == "class" else f"roles: {{a: {{{key}: %s}}}}"
            text = "database: {engine: postgresql, schema: s}\n" + place % (word or "''")
            assert inspect(text, "m.yaml", today=TODAY).model is not None
