"""What a server graded with on a day: enough of a policy pack and of the method to grade again from verdicts."""

from __future__ import annotations

import hashlib

import msgspec

from hustings.times import parse_duration
from hustings.verdicts import Severity
from policies.grade import METHOD
from policies.model import Check, Pack, References, Row, Text

_NOTHING = Text("", "")


class Rule(msgspec.Struct, frozen=True, array_like=True):
    """What grading needs to know of one check. ``definition`` changes with whatever decides its verdict."""

    id: str
    row: str
    severity: Severity
    stop: bool
    roles: tuple[str, ...]
    scope: str
    max_age: int
    """Seconds for which a verdict can be relied on at most."""
    definition: str


class Rules(msgspec.Struct, frozen=True):
    """The rules in force. ``office`` are the checks that the server judges itself, whole but for their examples."""

    method: str
    pack: str
    """The digest of the policy pack."""
    pack_id: str
    version: str
    rows: tuple[Row, ...]
    checks: tuple[Rule, ...]
    office: tuple[Check, ...]


def rules_of(pack: Pack) -> Rules:
    """The rules that a pack and this release's method make."""
    return Rules(METHOD, pack.digest, pack.id, pack.version, pack.rows,
                 tuple(_rule(one) for one in pack.checks),
                 tuple(msgspec.structs.replace(one, examples=()) for one in pack.checks if one.scope == "office"))


def digest(rules: Rules) -> str:
    """``sha256:`` and the hash of the rules' own JSON."""
    return "sha256:" + hashlib.sha256(encode(rules)).hexdigest()


def encode(rules: Rules) -> bytes:
    return msgspec.json.encode(rules)


def decode(data: bytes) -> Rules:
    """Rules from their own JSON. Raises ``msgspec.DecodeError`` for anything else."""
    return msgspec.json.decode(data, type=Rules)


def pack_of(rules: Rules) -> Pack:
    """A pack that grades as the recorded one did. Its checks for machines cannot judge: they have no conditions."""
    whole = {one.id: one for one in rules.office}
    return Pack(rules.pack_id, rules.version, tuple(whole.get(one.id) or _bare(one) for one in rules.checks),
                rules.rows, {}, rules.pack)


def _rule(check: Check) -> Rule:
    deciding = (check.require, check.applies, check.unknown_when, check.each, check.on_missing, check.max_age,
                check.roles, {name: (one.default, one.from_T) for name, one in check.parameters.items()})
    written = msgspec.json.encode(deciding, order="deterministic")
    return Rule(check.id, check.catalogue, check.severity, check.stop, check.roles, check.scope,
                int(parse_duration(check.max_age).total_seconds()), hashlib.sha256(written).hexdigest()[:16])


def _bare(rule: Rule) -> Check:
    return Check(title=_NOTHING, catalogue=rule.row, severity=rule.severity, require={}, plain=_NOTHING, why=_NOTHING,
                 fix=(), examples=(), references=References(), id=rule.id, scope=rule.scope, roles=rule.roles,
                 stop=rule.stop)
