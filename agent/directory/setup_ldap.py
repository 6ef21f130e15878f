"""``hustings directory setup active-directory`` and ``ldap``: the account that asks, and a check of what it sees."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hustings.errors import CannotFinish, Exit

if TYPE_CHECKING:
    from hustings.directory.ldap import State

SCHEMA = "hustings.directory-setup/1"


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
            click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True),
            click.option("--config", "path", type=click.Path(path_type=Path),
                         help="machine.yaml; /etc/hustings/machine.yaml if there is one."),
            click.option("--check", "name", metavar="TENANT", help="Sign in to this directory and read it.")):
        command = option(command)
    return command


@click.command("active-directory")
@_options
def active_directory(name: str | None, path: Path | None, form: str) -> None:
    """Active Directory: an ordinary account of the domain, and the little more that it needs to see.

    With --check, the domain is read: exit code 1 where something is hidden that a right would open, with that right.
    """
    _run("active-directory", name, path, form, STEPS_AD)


@click.command("ldap")
@_options
def ldap(name: str | None, path: Path | None, form: str) -> None:
    """LDAP: an account that reads entries and no passwords, with rules of access for OpenLDAP.

    With --check, the directory is read: exit code 1 where something is hidden that a right would open, with that right.
    """
    _run("ldap", name, path, form, STEPS_LDAP)


def _run(kind: str, name: str | None, path: Path | None, form: str, steps: str) -> None:
    from agent.directory.ldap_openings import opens
    from hustings.directory.ldap_sections import GRANTS

    opened = opens(kind)
    if name is None:
        if form == "json":
            _write({"schema": SCHEMA, "kind": kind, "rights": [
                {"section": section, "grant": grant, "opens": opened[section]}
                for section, grant in GRANTS[kind].items() if grant]})
            return
        click.echo("What must be readable, and the checks that rest on it:\n")
        for section, grant in GRANTS[kind].items():
            if grant:
                click.echo(f"  {grant}")
                for check in opened[section]:
                    click.echo(f"      - {check}")
        click.echo(steps)
        return
    state = _read(kind, name, path)
    missing = {section: why for section, why in state.unread.items() if why.grant}
    if form == "json":
        _write({"schema": SCHEMA, "tenant": name, "requests": state.requests, "missing": [
            {"section": section, "detail": why.detail, "grant": why.grant, "opens": opened.get(section, [])}
            for section, why in missing.items()], "unread": [
            {"section": section, "detail": why.detail, "opens": opened.get(section, [])}
            for section, why in state.unread.items() if section not in missing]})
    else:
        click.echo("\n".join(_told(name, state, opened)))
    if missing:
        raise click.exceptions.Exit(int(Exit.NO))


def _told(name: str, state: State, opened: dict[str, list[str]]) -> list[str]:
    lines = [f"{name}: signed in; {len(state.accounts)} accounts are seen."]
    for section, why in state.unread.items():
        lines.append(f"unread: {section} ({why.detail})")
        if why.grant:
            lines.append(f"    grant {why.grant}")
        lines += [f"    opens {check}" for check in opened.get(section, [])]
    if not state.unread:
        lines.append("everything that is looked at can be read.")
    if state.readable_passwords:
        lines.append(f"too much: the account can read how {state.readable_passwords} passwords are kept; take that "
                     "away")
    return lines


def _read(kind: str, name: str, path: Path | None) -> State:
    from agent.directory.tenants import tenant
    from collectors.directory_ldap import read
    from collectors.host.live import LiveHost
    from collectors.host.protocol import LookError

    chosen = tenant(path, name, kinds=(kind,))
    try:
        return read(LiveHost(), chosen)
    except LookError as error:
        raise CannotFinish(error.missing.detail or str(error.missing.reason), where=f"tenant {name}",
                           remedy=f"follow the steps of `hustings directory setup {kind}`") from None


STEPS_AD = """
1. An ordinary user of the domain, of nobody, in no group but Domain Users; it need not sign in to any machine. In
   PowerShell, as a domain administrator:

  New-ADUser hustings -UserPrincipalName hustings@YOUR-DOMAIN -Enabled $true -PasswordNeverExpires $true `
      -AccountPassword (Read-Host -AsSecureString) -Description "Reads the directory for Hustings"

2. An ordinary user sees accounts, groups, rights and the domain's rules for passwords, as long as Authenticated Users
   are in Pre-Windows 2000 Compatible Access. Where they were taken out (as they well may be), give the account alone
   the right to read instead:

  dsacls "DC=YOUR,DC=DOMAIN" /I:T /G "YOUR-DOMAIN\\hustings:GR"

3. Fine-grained password policies are hidden from ordinary users. Without this, what the rules for passwords are is
   unknown:

  dsacls "CN=Password Settings Container,CN=System,DC=YOUR,DC=DOMAIN" /I:T /G "YOUR-DOMAIN\\hustings:GR"

4. Put its password on the machine that asks, for its owner alone, and the authority of the domain controllers'
   certificates where the machine does not know it:

  (umask 077; cat > /etc/hustings/ldap.password)

5. In /etc/hustings/machine.yaml:

  roles: [directory]
  tenants:
    - name: office
      kind: active-directory
      url: ldaps://dc1.YOUR-DOMAIN
      bind: hustings@YOUR-DOMAIN
      password_file: /etc/hustings/ldap.password
      tls_ca: /etc/hustings/domain-ca.pem

6. hustings directory setup active-directory --check office

GR is read and nothing else: nothing here can write, set a password or replicate. Never give it DCSync.
"""

STEPS_LDAP = """
1. An account of its own, which is nobody's:

  dn: cn=hustings,dc=office,dc=example
  objectClass: organizationalRole
  objectClass: simpleSecurityObject
  cn: hustings
  userPassword: (the output of slappasswd)

2. Rules of access for OpenLDAP, before those that are there. It reads entries and no password, hashed or not:

  dn: olcDatabase={1}mdb,cn=config
  changetype: modify
  add: olcAccess
  olcAccess: {0}to attrs=userPassword by self =xw by anonymous auth by * none
  olcAccess: {1}to * by dn.exact="cn=hustings,dc=office,dc=example" read by * break
  -
  add: olcLimits
  olcLimits: dn.exact="cn=hustings,dc=office,dc=example" size=unlimited

3. Which password policy is the default, the overlay keeps in the server's configuration. Either let the account read
   that one attribute, or name the policy as password_policy in machine.yaml:

  dn: olcDatabase={0}config,cn=config
  changetype: modify
  add: olcAccess
  olcAccess: {0}to dn.subtree="cn=config" attrs=entry,children,objectClass,olcSuffix,olcPPolicyDefault
    by dn.exact="cn=hustings,dc=office,dc=example" read by * break

4. When somebody last signed in, the server notes only where it is told to: `lastbind on` (olcLastBind: TRUE) with
   OpenLDAP 2.5 and later, the overlay lastbind before.

5. Put its password on the machine that asks, for its owner alone:

  (umask 077; cat > /etc/hustings/ldap.password)

6. In /etc/hustings/machine.yaml:

  roles: [directory]
  tenants:
    - name: office
      kind: ldap
      url: ldaps://ldap.office.example
      bind: cn=hustings,dc=office,dc=example
      password_file: /etc/hustings/ldap.password
      base: dc=office,dc=example
      admin_groups: [admins]

7. hustings directory setup ldap --check office
"""


def _write(value: Any) -> None:
    json.dump(value, sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")
