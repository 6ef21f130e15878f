"""Least privilege on registration databases: the difference between the declared model and the engine's state.

What is derived here leaves out what its inputs hold besides: statements, access lists as such, row contents were
never read. Names in it leave as pseudonyms, or by name where the model's ``share`` says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from hustings.errors import ConfigError
from hustings.facts import (
    ACCOUNT,
    OBJECT,
    PERSON,
    WORDS,
    Disclosure,
    Fact,
    Field,
    Listing,
    Missing,
    Observation,
    Reason,
    Type,
)
from policies.derive.base import Derived, Inputs

if TYPE_CHECKING:
    from hustings.access.model import AccessModel
    from hustings.declared import Database

LIMIT = 5_000
"""Entries of a list that are kept."""
_KINDS = {"accounts": ACCOUNT, "objects": OBJECT}
_MODEL, _STATE = "registration.access_model", "registration.access_state"
_USAGE, _LEAVERS = "registration.usage", "registration.leavers_file"
_PARTS = ((_USAGE, "IAM-11"), (_USAGE, "LPR-03"), (_LEAVERS, "IAM-12"))
"""Rows of the catalogue that cannot be decided without a part that is declared."""


def _derive(inputs: Inputs) -> dict[str, Any]:
    seen = inputs.facts[_MODEL]
    if seen.absent:
        return {fact.id: None for fact in DERIVED.facts}
    if seen.missing is not None:
        return _all(Missing(seen.missing.reason, f"{_MODEL}: {seen.missing.detail or seen.missing.reason}"))
    from hustings.access import reading

    database = next((one for one in inputs.declared.databases if one.name == inputs.subject), None)
    name = database.access_model if database is not None else _MODEL
    try:
        model, _ = reading.parse(str(seen.value), name, today=seen.as_of.date() if seen.as_of else None)
        if database is not None:
            _check_subject(model, database)
        found = _of_model(model)
        return _all(Missing(Reason.ERROR, "not worked out")) | found | _compared(inputs, model)
    except ConfigError as error:
        return _all(Missing(Reason.ERROR, str(error)[:500]))


def _check_subject(model: AccessModel, database: Database) -> None:
    """Raises ``ConfigError`` for a model that is of another database than the one it was named for."""
    said = model.database
    if said.engine != database.engine:
        raise ConfigError(f"the model is of a database of {said.engine}, and machine.yaml says {database.engine}",
                          where=model.source, remedy="correct the engine, or name the right file as access_model")
    if said.name and said.name != database.name:
        raise ConfigError(f"the model is of the database {said.name!r}, and machine.yaml names it for "
                          f"{database.name!r}", where=model.source, remedy="correct database.name in the model, or "
                          "name the right file as access_model")


def _of_model(model: AccessModel) -> dict[str, Any]:
    """What the model says by itself."""
    return {
        "registration.shared_names": Listing([_KINDS[one] for one in model.share if one in _KINDS]),
        "registration.model_reviewed": model.owner.reviewed.isoformat() if model.owner.reviewed else None,
        "registration.model_review_every": model.owner.review_every_days * 86_400,
        "registration.counts_declared": Listing(sorted({one.catalogue for one in model.counts.values()})),
    }


def _compared(inputs: Inputs, model: AccessModel) -> dict[str, Any]:
    """What the model says beside the database. Raises ``ConfigError``."""
    from hustings.access.reading import together
    from hustings.access.state import State
    from hustings.access.usage import Usage
    from policies.access import canonical, engines, leavers
    from policies.access.anomalies import Context
    from policies.access.difference import difference
    from policies.access.fitting import check_against
    from policies.access.roster import parse
    from policies.access.rows import EXCESS, MISSING, Unread
    from policies.access.summary import Summary

    found: dict[str, Any] = {}
    usage, window = None, inputs.facts[_USAGE]
    if window.known:
        usage = msgspec.json.decode(str(window.value), type=Usage)
        spans = [usage.window] if usage.window is not None else []
        found["registration.usage_window"] = Listing(
            [{"first": one.first, "last": one.last, "days": one.days} for one in spans])
    else:
        found["registration.usage_window"] = window.missing and Missing(window.missing.reason, _USAGE)
    seen = inputs.facts[_STATE]
    if not seen.known:
        why = _reason(seen, _STATE) or Missing(Reason.ERROR, f"{_STATE}: the database was not asked")
        reasons = _all(why)
        return found | {name: reasons[name] for name in _OF_BOTH}
    gone = inputs.facts[_LEAVERS]
    roster = parse(str(gone.value), model.leavers_file) if gone.known else None
    state = msgspec.json.decode(str(inputs.facts[_STATE].value), type=State)
    refusing = [one.error(model) for one in check_against(model, state) if one.refuses]
    if refusing:
        raise together(refusing, model.source)
    compared = difference(model, engines.effective(state), state, usage, roster)
    context = Context(model, compared.effective, state, compared.scope, compared.declared, usage, roster)
    unread = {*compared.unread, *(Unread(row, str(_reason(inputs.facts[part], part)))
                                  for part, row in _PARTS if inputs.facts[part].missing is not None)}
    summary = Summary(model, state, compared.scope, compared.declared)
    hashing = canonical.Hashing()
    lists: dict[str, _Bounded] = {EXCESS: _Bounded(), MISSING: _Bounded()}

    def rows() -> Iterable[Any]:
        for row in compared.rows():
            if row.state in lists:
                summary.add(row)
                lists[row.state].add(row)
                yield row

    for line in canonical.lines(model, state, rows(), compared.anomalies, unread):
        hashing.add(line)
    cells, whole = summary.cells(LIMIT)
    having = Counter(role.name for account in compared.accounts for role in compared.declared.roles(account))
    return found | {
        "registration.excess_rights": lists[EXCESS].listing(_right),
        "registration.missing_rights": lists[MISSING].listing(_right),
        "registration.assumable_rights": _listing(compared.assumable(), _assumable),
        "registration.anomalies": _listing(compared.anomalies, _anomaly),
        "registration.access_unread": _listing(sorted(unread, key=str), msgspec.to_builtins),
        "registration.access_summary": Listing([cell | {"accounts": having[cell["role"]]} for cell in cells], whole,
                                               None if whole else _CUT),
        "registration.difference_hash": hashing.hex,
        "registration.difference_of": Listing(
            [{"engine": state.engine, "database": state.database, "model": model.digest}]),
        "registration.leavers_with_rights": Listing(list(leavers.with_rights(context))),
    }


def _reason(seen: Observation, name: str) -> Missing | None:
    if seen.missing is None:
        return None
    return Missing(seen.missing.reason, f"{name}: {seen.missing.detail or seen.missing.reason}")


_CUT = Missing(Reason.TRUNCATED, f"only {LIMIT} are kept")


class _Bounded:
    """The first entries of a list that may be very long."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.cut = False

    def add(self, item: Any) -> None:
        if len(self.items) < LIMIT:
            self.items.append(item)
        else:
            self.cut = True

    def listing(self, shape: Any) -> Listing:
        return Listing([shape(one) for one in self.items], not self.cut, _CUT if self.cut else None)


def _listing(found: Iterable[Any], shape: Any) -> Listing:
    bounded = _Bounded()
    for one in islice(found, LIMIT + 1):
        bounded.add(one)
    return bounded.listing(shape)


def _right(row: Any) -> dict[str, Any]:
    record = {"account": row.account, "object": row.object, "kind": row.kind, "right": row.right,
              "via": list(row.via)}
    return record | {name: value for name, value in (("column", row.column), ("last_used", row.last_used)) if value}


def _assumable(one: Any) -> dict[str, Any]:
    right, _, column = one.right.rstrip(")").partition("(")
    record = {"account": one.account, "role": one.role, "object": one.object, "right": right}
    return record | ({"column": column} if column else {})


def _anomaly(one: Any) -> dict[str, Any]:
    record = {"catalogue": one.catalogue, "actual": one.actual}
    return record | {name: value for name, value in (("object", one.object), ("account", one.account)) if value}


def _all(missing: Missing) -> dict[str, Any]:
    """The reason for every fact; those that leave as they are do not quote it, for it may name somebody."""
    quiet = Missing(missing.reason, missing.detail.partition(":")[0] if missing.detail.startswith(_OWN) else _UNSAID)
    return {fact.id: quiet if fact.disclosure is Disclosure.SHARED else missing for fact in DERIVED.facts}


_OWN = "registration."
_UNSAID = "the access model cannot be compared with the database; `hustings facts` on the machine says why"


_names = partial(Fact, type=Type.RECORDS, disclosure=Disclosure.PSEUDONYM, each="database")
_open = partial(Fact, disclosure=Disclosure.SHARED, each="database")
_account = Field("account", Type.TEXT, "The account", ACCOUNT)
_object = Field("object", Type.TEXT, "The object, with its schema", OBJECT)
_column = Field("column", Type.TEXT, "The column; absent for the whole object", OBJECT)
_kind = Field("kind", Type.TEXT, "table, view, sequence, routine or schema")
_right_name = Field("right", Type.TEXT, "The right: SELECT, UPDATE …")
_row = Field("catalogue", Type.TEXT, "The row of the catalogue")
_RIGHT = (_account, _object, _kind, _column, _right_name,
          Field("via", Type.TEXTS, "The roles in between, then PUBLIC, owner or superuser; empty where it was granted "
                "to the account itself", ACCOUNT),
          Field("last_used", Type.TIME, "When the logs last saw it used; absent where they did not, or there are none"))

_BOTH = (
    _names("registration.excess_rights", meaning="Rights that are held and that the access model does not declare",
           fields=_RIGHT),
    _names("registration.missing_rights", meaning="Rights that the access model declares and that are not held",
           fields=_RIGHT),
    _names("registration.assumable_rights", meaning="Rights that an account could take by SET ROLE beyond what it "
           "holds", fields=(_account, Field("role", Type.TEXT, "The role", ACCOUNT), _object, _column, _right_name)),
    _names("registration.anomalies", meaning="What is wrong with accounts, rights and settings, by row of the "
           "catalogue", fields=(_row, _object, _account, Field("actual", Type.TEXT, "What was found", WORDS))),
    _names("registration.access_unread", meaning="Rows of the catalogue that could not be decided", fields=(
        _row, Field("reason", Type.TEXT, "Why", WORDS))),
    _names("registration.access_summary", meaning="The rights of each role of the model on each object, in the "
           "model's letters", fields=(
               Field("role", Type.TEXT, "The role; empty for accounts that the model does not know", ACCOUNT), _object,
               Field("class", Type.TEXT, "restricted, internal, evidence or public"), _kind,
               Field("accounts", Type.INT, "How many accounts of the database have the role; 0 also for the empty "
                     "role"),
               Field("declared", Type.TEXT, "Letters of the rights that are declared"),
               Field("excess", Type.TEXT, "Those that an account of the role holds undeclared"),
               Field("missing", Type.TEXT, "Those that are declared and that an account of the role lacks"))),
    _open("registration.difference_hash", Type.TEXT, "SHA-256 of the difference as `hustings access review` writes "
          "it: what a quarterly access review signs"),
    _names("registration.difference_of", meaning="What was compared: with the lists of excess and missing rights, "
           "anomalies and undecided rows it makes up what the hash is of", fields=(
               Field("engine", Type.TEXT, "postgresql, mariadb or mysql"),
               Field("database", Type.TEXT, "The database, by its name in the engine", OBJECT),
               Field("model", Type.TEXT, "SHA-256 of the model's file: it leaves with the names alone, for without it "
                     "nobody can try names against the hash of the difference", WORDS))),
    _names("registration.leavers_with_rights", meaning="Open accounts of people who left", fields=(
        Field("person", Type.TEXT, "The person", PERSON), _account,
        Field("left", Type.TIME, "The day the person left; absent where only the list of leavers knows"),
        Field("changes", Type.BOOL, "Whether the account can change voter data"))),
)
_OF_BOTH = tuple(fact.id for fact in _BOTH)

DERIVED = Derived(
    facts=(
        *_BOTH,
        _open("registration.shared_names", Type.TEXTS, "What the access model lets leave by name: account, object"),
        _open("registration.model_reviewed", Type.TIME, "The day the access model was last read through; absent if "
              "never"),
        _open("registration.model_review_every", Type.DURATION, "How often the access model is to be read through",
              unit="seconds"),
        _open("registration.counts_declared", Type.TEXTS, "Rows of the catalogue for which the access model has a "
              "counting function"),
        _open("registration.usage_window", Type.RECORDS, "The time that the statement logs cover: one record; none "
              "where no line was read, absent where no store of usage is declared", fields=(
                  Field("first", Type.TIME, "The first line"), Field("last", Type.TIME, "The last line"),
                  Field("days", Type.FLOAT, "How many days that is"))),
    ),
    inputs=(_MODEL, _STATE, _USAGE, _LEAVERS),
    derive=_derive,
    releases="It tells rights, faults and counts. Names leave as pseudonyms or as the model's share says; what is "
             "shared holds none; the statements and the lists themselves stay.",
)
