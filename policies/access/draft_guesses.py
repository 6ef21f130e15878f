"""Guesses for a first draft, from names alone: what is in a table, who uses an account. A person decides."""

from __future__ import annotations

import re

from hustings.access.state import Object, Principal

_CLASSES = (
    ("evidence", ("audit", "log", "journal", "ledger", "trail")),
    ("restricted", ("voter", "elector", "electeur", "registrant", "address", "adresse", "signature", "ssn", "licen",
                    "identity", "identite", "person", "citizen", "citoyen", "protected", "confidential")),
)
_COLUMNS = (
    ("secret", ("password", "passwd", "pwd", "hash", "secret", "totp", "token", "api_key", "salt", "mot_de_passe")),
    ("identity", ("ssn", "dl_no", "dl_num", "licen", "dob", "birth", "passport", "national_id", "id_number", "permis",
                  "naissance", "nas", "sin", "signature", "img")),
    ("protected", ("line1", "line2", "street", "address", "adresse", "rue", "phone", "telephone", "email", "courriel",
                   "confidential", "mailing")),
    ("eligibility", ("status", "county", "party", "eligible", "citizenship", "felony", "statut", "comte", "parti")),
)
_SHORT = frozenset({"log", "ssn", "sin", "nas", "dob", "img", "pwd", "rue", "salt", "hash", "party", "parti"})
"""Words that count only as a whole part of a name: ``log`` is in ``audit_log``, not in ``catalogue``."""
_JOB = re.compile(r"(svc|app|srv|service|job|batch|etl|api|cron|sync|repl|backup|export|import|interface|web|feed|"
                  r"bot|dmv|pollbook|lookup|monitor|agent)([_\-.0-9]|\Z)|"
                  r".*[_\-.](svc|app|job|batch|api|bot|service)\Z", re.I)
_VENDOR = re.compile(r"(vendor|support|supplier|contractor|fournisseur|ext)([_\-.0-9]|\Z)", re.I)


def object_class(one: Object) -> str:
    """A class of ``hustings.access.model.OBJECT_CLASSES``, from the table's name. Never ``public``: what may be
    published is a decision."""
    for name, words in _CLASSES:
        if _speaks_of(one.name, words):
            return name if one.kind == "table" or name != "restricted" else "internal"
    return "internal"


def column_groups(one: Object) -> dict[str, tuple[str, ...]]:
    """Columns by group; those that no name gives away are in none."""
    found: dict[str, list[str]] = {}
    for column in one.columns:
        group = next((name for name, words in _COLUMNS if _speaks_of(column, words)), None)
        if group is not None:
            found.setdefault(group, []).append(column)
    return {name: tuple(columns) for name, columns in found.items()}


def who(one: Principal) -> str:
    """A word of ``hustings.access.model.PEOPLE``."""
    user = one.name.partition("@")[0]
    if _VENDOR.match(user):
        return "vendor"
    return "job" if _JOB.match(user) or (one.connection_limit or 0) > 0 else "humans"


def _speaks_of(name: str, words: tuple[str, ...]) -> bool:
    low = name.lower()
    parts = set(re.split(r"[^a-z]+", low))
    return any(word in parts or word + "s" in parts if word in _SHORT else word in low for word in words)
