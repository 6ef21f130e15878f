"""Reading ``machine.yaml``: what this machine is for."""

from __future__ import annotations

from pathlib import Path

from agent import config_backups
from collectors.host.protocol import Host, LookError, NotThere, Unsupported
from hustings import yaml_source
from hustings.access.rights import ENGINES, POSTGRESQL
from hustings.declared import KINDS, ROLES, Declared
from hustings.errors import ConfigError, UsageError
from hustings.yaml_source import Source

DEFAULT_PATH = Path("/etc/hustings/machine.yaml")
MIRRORS = ("", "primary", "replica")


def load(path: Path | None = None) -> Declared:
    """The declaration in ``path``, or in the default place, where it may be missing.

    Raises ``ConfigError`` with file, line and remedy.
    """
    chosen = path or DEFAULT_PATH
    try:
        with chosen.open("rb") as file:
            text = file.read(4 * yaml_source.LIMIT + 1).decode("utf-8")
    except FileNotFoundError as error:
        if path is None:
            return Declared()
        raise ConfigError("there is no such file", where=str(path),
                          remedy="name the machine.yaml of this machine, or leave --config out") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError("not UTF-8 text", where=f"{chosen}:{line}", remedy="save it as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"cannot be read: {error}", where=str(chosen), remedy="check its owner and mode") from error
    return parse(text, str(chosen))


def of_host(host: Host, path: Path | None = None) -> Declared:
    """The declaration in ``path``; without one, that of the machine ``host`` shows, never another's.

    An image or a recording without a ``machine.yaml`` of its own is a machine that declares nothing.
    """
    if path is not None or host.kind == "live":
        return load(path)
    try:
        return parse(host.read(str(DEFAULT_PATH)), f"{DEFAULT_PATH} of the {host.kind}")
    except (NotThere, Unsupported):
        return Declared()
    except LookError as error:
        raise ConfigError(f"cannot be read: {error}", where=f"{DEFAULT_PATH} of the {host.kind}",
                          remedy="name a machine.yaml with --config") from error


def parse(text: str, name: str) -> Declared:
    """A declaration from YAML text. Raises ``ConfigError`` for the first fault."""
    source = yaml_source.load(text, name)
    if source.value is None:
        return Declared()
    declared = yaml_source.convert(source, Declared)
    _check(declared, source)
    return declared


def with_roles(declared: Declared, roles: tuple[str, ...]) -> Declared:
    """``declared`` with the roles given on the command line instead. Raises ``UsageError``."""
    for role in roles:
        if role not in ROLES:
            raise UsageError(f"unknown role {role!r}", where="--role", remedy="use " + ", ".join(ROLES))
    if not roles:
        return declared
    import msgspec

    return msgspec.structs.replace(declared, roles=roles)


def _check(declared: Declared, source: Source) -> None:
    for index, role in enumerate(declared.roles):
        if role not in ROLES:
            raise ConfigError(f"unknown role {role!r}", where=source.where(("roles", index)),
                              remedy="use " + ", ".join(ROLES))
    for kind, plural in KINDS.items():
        names: set[str] = set()
        for index, entry in enumerate(getattr(declared, plural)):
            where = source.where((plural, index))
            if not entry.name.strip() or "@" in entry.name:
                raise ConfigError(f"a {kind} needs a name without '@'", where=where, remedy="give it a short name")
            if entry.name in names:
                raise ConfigError(f"two {plural} are called {entry.name!r}", where=where, remedy="rename one")
            names.add(entry.name)
    _check_databases(declared, source)
    for index, data in enumerate(declared.data_paths):
        if not data.path.startswith("/"):
            raise ConfigError(f"{data.path!r} is not an absolute path",
                              where=source.where(("data_paths", index, "path")), remedy="start it with /")
    config_backups.check(declared, source)
    if declared.tenants or declared.domains or declared.roster or declared.resolvers:
        from agent import config_directories

        config_directories.check(declared, source)
    if not declared.office_key.startswith("/"):
        raise ConfigError(f"{declared.office_key!r} is not an absolute path", where=source.where(("office_key",)),
                          remedy="start it with /")


def _check_databases(declared: Declared, source: Source) -> None:
    for index, database in enumerate(declared.databases):
        place = ("databases", index)
        if database.engine not in ENGINES:
            raise ConfigError(f"no collector reads the engine {database.engine!r}",
                              where=source.where((*place, "engine")), remedy="use " + ", ".join(ENGINES))
        if not 1 <= database.listens <= 65535 or ((*place, "port") in source.lines and not database.port):
            raise ConfigError(f"{database.port} is not a port", where=source.where((*place, "port")),
                              remedy="use 1 to 65535")
        for name in ("access_model", "usage"):
            path = getattr(database, name)
            if path and not path.startswith("/"):
                raise ConfigError(f"{path!r} is not an absolute path", where=source.where((*place, name)),
                                  remedy="start it with /")
        if database.usage and not database.access_model:
            raise ConfigError("a store of usage is read together with an access model, and none is named",
                              where=source.where((*place, "usage")), remedy="add access_model: FILE")
        if database.mirror not in MIRRORS:
            raise ConfigError(f"mirror is primary or replica, not {database.mirror!r}",
                              where=source.where((*place, "mirror")), remedy="leave it out where there is no mirror")
        if database.mirror and database.engine != POSTGRESQL:
            raise ConfigError(f"the mirror of a {database.engine} database is not read yet",
                              where=source.where((*place, "mirror")), remedy="remove it; attest the mirror instead")
