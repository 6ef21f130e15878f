"""``hustings directory setup entra``: the permissions to grant, the steps, and a check of what was granted."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hustings.errors import CannotFinish, Exit

if TYPE_CHECKING:
    from collectors._entra_permissions import Permission

SCHEMA = "hustings.directory-setup/1"
_NO_GRANT = frozenset({"openid", "profile", "email", "offline_access", "User.Read"})
"""What every person's token may hold."""


@click.command("entra")
@click.option("--check", "name", metavar="TENANT", help="Sign in to this tenant and compare what was granted.")
@click.option("--config", "path", type=click.Path(path_type=Path),
              help="machine.yaml; /etc/hustings/machine.yaml if there is one.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def entra(name: str | None, path: Path | None, form: str) -> None:
    """Microsoft Entra ID: the least permissions that reading a tenant takes, and the steps to grant them.

    With --check, what the tenant granted is compared with them: exit code 1 where something is missing, or where
    something was granted that can write.
    """
    from agent.directory.openings import Openings
    from collectors._entra_permissions import PERMISSIONS, opened_by
    from policies import pack as packs

    openings = Openings(packs.shipped())
    checks = {one.name: openings.of(opened_by(one.name)) for one in PERMISSIONS}
    if name is None:
        _print(checks, form)
        return
    found = _checked(name, path)
    if form == "json":
        _write({"schema": SCHEMA, "tenant": name, "missing": [
            {"permission": one.name, "opens": checks[one.name]} for one in found.missing],
            "optional": [{"permission": one.name, "without": one.optional} for one in found.optional],
            "writes": found.writes, "unneeded": found.unneeded})
    else:
        click.echo("\n".join(_told(name, found, checks)))
    if found.missing or found.writes:
        raise click.exceptions.Exit(int(Exit.NO))


@dataclass(frozen=True)
class Compared:
    """What was granted against what is needed."""

    missing: list[Permission]
    optional: list[Permission]
    """Optional ones that were not granted."""
    writes: list[str]
    unneeded: list[str]


def compared(granted: frozenset[str]) -> Compared:
    """Granted permissions against those that are needed. One that was granted in place of narrower ones is needed."""
    from collectors._entra_permissions import PERMISSIONS, held, writes

    known = {name for one in PERMISSIONS for name in (one.name, *one.instead)}
    lacking = [one for one in PERMISSIONS if not held(one.name, granted)]
    excess = sorted(granted - known - _NO_GRANT)
    return Compared([one for one in lacking if not one.optional], [one for one in lacking if one.optional],
                    [one for one in excess if writes(one)], [one for one in excess if not writes(one)])


def _checked(name: str, path: Path | None) -> Compared:
    from agent.directory.tenants import tenant
    from collectors.graph_sign_in import connect
    from collectors.host.live import LiveHost
    from collectors.host.protocol import LookError

    chosen = tenant(path, name, kinds=("entra",))
    try:
        granted = connect(LiveHost(), chosen, within=120.0).granted
    except LookError as error:
        raise CannotFinish(error.missing.detail, where=f"tenant {name}",
                           remedy="follow the steps of `hustings directory setup entra`") from None
    return compared(granted)


def _told(name: str, found: Compared, checks: dict[str, list[str]]) -> list[str]:
    lines = [f"{name}: signed in."]
    for one in found.missing:
        lines += [f"missing: {one.name} ({one.reads})", *(f"    opens {check}" for check in checks[one.name])]
    lines += [f"can write, take it away: {one}" for one in found.writes]
    lines += [f"not needed, take it away: {one}" for one in found.unneeded]
    lines += [f"optional, not granted: {one.name}; without it {one.optional}" for one in found.optional]
    if not found.missing:
        lines.append("every permission that is needed was granted.")
    return lines


def _print(checks: dict[str, list[str]], form: str) -> None:
    from collectors._entra_permissions import PERMISSIONS

    if form == "json":
        _write({"schema": SCHEMA, "permissions": [
            {"permission": one.name, "reads": one.reads, "optional": bool(one.optional), "without": one.optional,
             "opens": checks[one.name]} for one in PERMISSIONS]})
        return
    needed = [one for one in PERMISSIONS if not one.optional]
    click.echo("Microsoft Graph, application permissions, all of them read-only:\n")
    for one in needed:
        click.echo(f"  {one.name}\n      {one.reads}")
        for check in checks[one.name]:
            click.echo(f"      - {check}")
    click.echo("\nOptional:\n")
    for one in PERMISSIONS:
        if one.optional:
            click.echo(f"  {one.name}\n      {one.reads}; without it {one.optional}")
            for check in checks[one.name]:
                click.echo(f"      - {check}")
    click.echo(STEPS.format(names=" ".join(one.name for one in needed)))


STEPS = """
1. A key and certificate for this machine alone (the key never leaves it):

  openssl req -x509 -newkey rsa:3072 -nodes -days 365 -subj "/CN=hustings" \\
      -keyout entra.key -out entra.crt
  (umask 077; cat entra.key entra.crt > /etc/hustings/entra.pem) && rm entra.key

2. In the Microsoft Entra admin centre (entra.microsoft.com): App registrations, New registration; name it Hustings,
   accounts in this organizational directory only, no redirect address.
3. Certificates & secrets, Certificates: upload entra.crt.
4. API permissions: remove User.Read; Add a permission, Microsoft Graph, Application permissions: those above. Then
   "Grant admin consent". (Give it no directory role.)
5. Put it into /etc/hustings/machine.yaml, with the ids that the application's overview shows:

  roles: [directory]
  tenants:
    - name: office
      kind: entra
      id: DIRECTORY-ID
      client_id: APPLICATION-ID
      certificate_file: /etc/hustings/entra.pem

6. hustings directory setup entra --check office

Steps 2 to 4 with the Azure command line, after `az login` as somebody who may consent:

  graph=00000003-0000-0000-c000-000000000000
  app=$(az ad app create --display-name Hustings --sign-in-audience AzureADMyOrg --query appId -o tsv)
  az ad sp create --id "$app"
  az ad app credential reset --id "$app" --cert @entra.crt --append
  for name in {names}
  do
      role=$(az ad sp show --id "$graph" --query "appRoles[?value=='$name'].id" -o tsv)
      az ad app permission add --id "$app" --api "$graph" --api-permissions "$role=Role"
  done
  az ad app permission admin-consent --id "$app"

A person may sign in instead, for a review of one day: give the tenant `token_cache:` in place of `certificate_file:`,
the application the same permissions as delegated ones and "Allow public client flows", and the person the role Global
Reader; then `hustings directory sign-in office`.
"""


def _write(value: object) -> None:
    import json

    json.dump(value, sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")
