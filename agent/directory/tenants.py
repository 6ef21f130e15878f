"""Which declared tenant a command is about."""

from __future__ import annotations

from pathlib import Path

from agent import config
from hustings.declared import Tenant
from hustings.errors import UsageError


def tenant(path: Path | None, name: str | None, *, kinds: tuple[str, ...]) -> Tenant:
    """The tenant of this name in ``machine.yaml``, or without a name the only one of these kinds. Raises
    ``UsageError``."""
    where = str(path or config.DEFAULT_PATH)
    fitting = [one for one in config.load(path).tenants if one.kind in kinds]
    found = [one for one in fitting if name is None or one.name == name]
    if len(found) == 1:
        return found[0]
    there = ", ".join(one.name for one in fitting)
    wanted = " or ".join(kinds)
    if name is None and fitting:
        raise UsageError(f"{len(fitting)} tenants of kind {wanted} are declared", where=where,
                         remedy=f"name one of them: {there}")
    raise UsageError(f"no tenant {name!r} of kind {wanted} is declared" if name else
                     f"no tenant of kind {wanted} is declared", where=where,
                     remedy=f"name one of them: {there}" if there else "declare it under `tenants:`")
