"""registration_access_model: the declared access model of each registration database, as its office wrote it.

Read and never judged here; ``policies.derive.registration_access`` says what it means together with what the
database answers.
"""

from __future__ import annotations

from pathlib import Path

from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Missing, Platform, Reason, Type, key
from collectors.host.protocol import Host, LookError, NotThere
from hustings.declared import Database, Declared
from hustings.errors import ConfigError
from hustings.yaml_source import LIMIT


def collect(host: Host, declared: Declared) -> Collected:
    """Whether each database has a model, and its text."""
    collected: Collected = {}
    for one in declared.databases:
        collected[key("registration.model_declared", one.name)] = bool(one.access_model)
        collected[key("registration.access_model", one.name)] = text = _text(host, one)
        collected[key("registration.leavers_file", one.name)] = _leavers(host, one, text)
    return collected


def _text(host: Host, database: Database) -> object:
    if not database.access_model:
        return ABSENT
    try:
        return host.read(database.access_model, limit=4 * LIMIT)
    except NotThere:
        return Missing(Reason.ERROR, f"{database.access_model} does not exist")
    except LookError as error:
        return error.missing


def _leavers(host: Host, database: Database, text: object) -> object:
    """The list of leavers that the model names, beside it unless it says where."""
    if not isinstance(text, str):
        return text
    from hustings.access import reading

    try:
        model, _ = reading.parse(text, database.access_model)
    except ConfigError as error:
        return Missing(Reason.ERROR, f"{error.where}: the access model cannot be understood")
    path = reading.beside(model, Path(database.access_model)).leavers_file
    try:
        return host.read(path) if path else ABSENT
    except LookError as error:
        return error.missing


COLLECTOR = Collector(
    name="registration_access_model",
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS, Platform.MACOS}),
    facts=(
        Fact("registration.model_declared", Type.BOOL, "Whether machine.yaml names an access model for the database",
             Disclosure.SHARED, each="database"),
        Fact("registration.access_model", Type.TEXT, "The text of the declared access model; absent where none is "
             "named", Disclosure.LOCAL, each="database"),
        Fact("registration.leavers_file", Type.TEXT, "The list of leavers that the access model names: salted digests; "
             "absent where it names none", Disclosure.LOCAL, each="database"),
    ),
    collect=collect,
    each="database",
    needs="read the access models that machine.yaml names",
)
