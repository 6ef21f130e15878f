"""What runs beneath a statement with the caller's own rights: trigger functions, routines, checks, indexes.

EXPLAIN shows none of it. So the bodies of routines that run as their caller are read: which objects they name, and
what they do to them. This is weighed only against rights that the account loses, so that a body that names nothing of
those is no reason for doubt. Pure, but for ``read`` which asks the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from agent.access.rehearsal_words import NAME, TEXT, WORD, Word, words
from hustings.errors import UsageError

TO_SET = "UPDATE (setval)"
"""A sequence's UPDATE that is gone while its USAGE is kept: only ``setval`` needs it."""
Lost = tuple[str, str, str, str]
"""(kind, ``schema.name``, right, column or "")."""
_READ = ("sql", "plpgsql")
_EVENTS = {"Insert": 4, "Delete": 8, "Update": 16, "Merge": 4 | 8 | 16}
"""The event's bit of ``pg_trigger.tgtype`` (its header file, ``TRIGGER_TYPE_…``) by the plan's word for it."""
_SYSTEM = "n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'"
_ROUTINES = """
select p.oid, n.nspname, p.proname, l.lanname, <body>, p.prosecdef
from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
where <mine> and p.prokind <> 'a'
"""
_TRIGGERS = """
select n.nspname || '.' || c.relname, t.tgtype, t.tgfoid from pg_trigger t join pg_class c on c.oid = t.tgrelid
join pg_namespace n on n.oid = c.relnamespace where not t.tgisinternal and t.tgenabled in ('O', 'A')
"""
_BENEATH = """
select distinct n.nspname || '.' || c.relname, d.refobjid, case when k.conrelid is not null or i.indrelid is not null
        or f.adrelid is not null then 'write' when p.polrelid is not null then 'rows' else 'view' end
from pg_depend d
left join pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
left join pg_constraint k on d.classid = 'pg_constraint'::regclass and k.oid = d.objid and k.conrelid <> 0
left join pg_index i on d.classid = 'pg_class'::regclass and i.indexrelid = d.objid
left join pg_policy p on d.classid = 'pg_policy'::regclass and p.oid = d.objid
left join pg_attrdef f on d.classid = 'pg_attrdef'::regclass and f.oid = d.objid
join pg_class c on c.oid = coalesce(r.ev_class, k.conrelid, i.indrelid, p.polrelid, f.adrelid)
join pg_namespace n on n.oid = c.relnamespace
where d.refclassid = 'pg_proc'::regclass and <mine>
"""
_SEQUENCES = """
select tn.nspname || '.' || t.relname, n.nspname || '.' || c.relname from pg_depend d join pg_class c on c.oid = d.objid
join pg_namespace n on n.oid = c.relnamespace join pg_class t on t.oid = d.refobjid
join pg_namespace tn on tn.oid = t.relnamespace
where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype = 'a' and c.relkind = 'S'
"""


@dataclass(frozen=True)
class Routine:
    """A routine of the office's own."""

    label: str
    language: str
    definer: bool
    body: str


@dataclass(frozen=True)
class Found:
    """What a body does that might need a right that is lost."""

    lost: Lost
    routine: str
    sure: bool
    """True: the body does what takes this right. False: it may, and cannot be read well enough to say."""
    why: str


@dataclass
class Routines:
    """The routines of one database, and what makes them run."""

    by_oid: dict[int, Routine] = field(default_factory=dict)
    by_name: dict[str, list[int]] = field(default_factory=dict)
    triggers: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    """Table to (event bits, routine)."""
    views: dict[str, list[int]] = field(default_factory=dict)
    checks: dict[str, list[int]] = field(default_factory=dict)
    """Table to the routines of its checks, indexes and defaults: run by whoever writes a row, who needs EXECUTE."""
    policies: dict[str, list[int]] = field(default_factory=dict)
    """Table to the routines of its row policies: run by whoever reads or writes it, who needs EXECUTE."""
    sequences: dict[str, list[str]] = field(default_factory=dict)
    """Table to the sequences that number its rows, not those of identity columns, which need no right."""

    def beneath(self, text: str, targets: Iterable[tuple[str, str]]) -> set[int]:
        """The routines that a statement runs: those it calls, those of the views it reads, those its writing fires."""
        found = _safely(text)
        start = {oid for name in _called(found)[0] for oid in self.by_name.get(name, ())}
        named = {word.text for word in found}
        for label, oids in (*self.views.items(), *self.policies.items()):
            if label.rpartition(".")[2] in named:
                start |= set(oids)
        for table, operation in targets:
            start |= {oid for bits, oid in self.triggers.get(table, ()) if bits & _EVENTS.get(operation, 0)}
        return start

    def weigh(self, start: Iterable[int], lost: frozenset[Lost]) -> Iterator[Found]:
        """What these routines, and those they run in turn, do with rights that are lost."""
        waiting, seen = list(start), set()
        while waiting and lost:
            oid = waiting.pop()
            routine = self.by_oid.get(oid)
            if oid in seen or routine is None or routine.definer:
                continue
            seen.add(oid)
            if routine.language not in _READ:
                if routine.language not in ("c", "internal"):
                    for one in sorted(lost):
                        yield Found(one, routine.label, False, f"it is written in {routine.language}")
                continue
            found = _safely(routine.body)
            yield from _uses(found, routine, lost, self)
            waiting += [other for name in _called(found)[0] for other in self.by_name.get(name, ())]
            for verb, table in _written(found):
                for label, fired in self.triggers.items():
                    if _same(label, table):
                        waiting += [other for bits, other in fired if bits & _EVENTS[verb]]


def read(session: Any, version: int) -> Routines:
    """Ask the catalogue, once for each kind. ``session`` answers ``query``."""
    known = Routines()
    body = "coalesce(nullif(p.prosrc, ''), pg_get_function_sqlbody(p.oid))" if version >= 140000 else "p.prosrc"
    for oid, schema, name, language, text, definer in session.query(
            _ROUTINES.replace("<body>", body).replace("<mine>", _SYSTEM)):
        known.by_oid[int(oid)] = Routine(f"{schema}.{name}", str(language), bool(definer), str(text or ""))
        known.by_name.setdefault(str(name), []).append(int(oid))
    for table, bits, oid in session.query(_TRIGGERS):
        known.triggers.setdefault(str(table), []).append((int(bits), int(oid)))
    kinds = {"view": known.views, "rows": known.policies, "write": known.checks}
    for relation, oid, kind in session.query(_BENEATH.replace("<mine>", _SYSTEM)):
        kinds[str(kind)].setdefault(str(relation), []).append(int(oid))
    for table, sequence in session.query(_SEQUENCES):
        known.sequences.setdefault(str(table), []).append(str(sequence))
    return known


def _safely(text: str) -> list[Word]:
    try:
        return list(words(text))
    except UsageError:
        return [Word(WORD, "execute", 0, 0)]  # not to be read: anything may be in it


def _called(found: list[Word]) -> tuple[set[str], bool]:
    """Names before a parenthesis, and whether text is run as a statement."""
    called, dynamic = set(), False
    for place, word in enumerate(found):
        after = found[place + 1].text if place + 1 < len(found) else ""
        if word.kind in (WORD, NAME) and after == "(":
            called.add(word.text)
        if word.kind == WORD and word.text == "execute" and after not in ("function", "procedure"):
            dynamic = True
    return called, dynamic


def _written(found: list[Word]) -> Iterator[tuple[str, str]]:
    """(Insert|Update|Delete, name) for every row that is written."""
    for place, word in enumerate(found):
        if word.kind != WORD or word.text not in ("insert", "update", "delete", "merge"):
            continue
        at = place + 1
        while at < len(found) and found[at].kind == WORD and found[at].text in ("into", "only", "from"):
            at += 1
        if at < len(found) and found[at].kind in (WORD, NAME):
            name = found[at].text
            if at + 2 < len(found) and found[at + 1].text == ".":
                name = f"{name}.{found[at + 2].text}"
            yield word.text.capitalize(), name


def _same(label: str, name: str) -> bool:
    return label == name if "." in name else label.rpartition(".")[2] == name


def _uses(found: list[Word], routine: Routine, lost: frozenset[Lost], known: Routines) -> Iterator[Found]:
    named = {word.text for word in found if word.kind in (WORD, NAME)}
    inside = " ".join(word.text for word in found if word.kind == TEXT)
    called, dynamic = _called(found)
    written = list(_written(found))
    for one in sorted(lost):
        kind, label, right, _ = one
        plain = label.rpartition(".")[2]
        verbs = {verb for verb, table in written if _same(label, table)}
        if kind == "routine" and plain in called:
            yield Found(one, routine.label, True, "it calls it")
        elif kind == "sequence" and right == TO_SET:
            if "setval" in called:
                yield Found(one, routine.label, plain in inside, "it sets a sequence to a number")
        elif kind == "sequence" and right != "SELECT" and (plain in inside or any(
                verb == "Insert" and any(_same(table, name) for table, owned in known.sequences.items()
                                         if label in owned) for verb, name in written)):
            yield Found(one, routine.label, True, "it takes numbers from it")
        elif kind == "relation" and plain in named:
            yield from _on_relation(one, routine, verbs, found, named)
        elif kind == "schema" and label in named:
            yield Found(one, routine.label, right == "USAGE", "it names objects of that schema")
        elif dynamic:
            yield Found(one, routine.label, False, "it puts statements together as it runs"
                        + (", and its texts name it" if plain in inside else ""))


def _on_relation(one: Lost, routine: Routine, verbs: set[str], found: list[Word], named: set[str]) -> Iterator[Found]:
    _, label, right, column = one
    plain = label.rpartition(".")[2]
    if column and column not in named and "*" not in {word.text for word in found}:
        return
    if right.capitalize() in verbs or "Merge" in verbs:
        yield Found(one, routine.label, not column and "Merge" not in verbs,
                    f"it does {right.lower() if right.capitalize() in verbs else 'merge'} on it")
    elif right == "SELECT":
        read_from = any(word.text == plain and _after_from(found, place) for place, word in enumerate(found))
        filtered = verbs & {"Update", "Delete"} and any(word.text == "where" for word in found)
        if read_from or filtered:
            yield Found(one, routine.label, bool(read_from) and not column, "it reads from it")
    elif right == "TRUNCATE" and any(word.text == "truncate" for word in found):
        yield Found(one, routine.label, True, "it empties it")


def _after_from(found: list[Word], place: int) -> bool:
    at = place - 1
    if at > 1 and found[at].text == ".":
        at -= 2
    while at >= 0 and found[at].text == "only":
        at -= 1
    if at < 0 or found[at].text not in ("from", "join", ",", "using"):
        return False
    return not (found[at].text == "from" and at > 0 and found[at - 1].text == "delete")
