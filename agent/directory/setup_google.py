"""``hustings directory setup google``: the scopes to grant, the steps, and a check of what was granted."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hustings.errors import CannotFinish, Exit

if TYPE_CHECKING:
    from collectors.google_errors import GoogleError
    from hustings.declared import Tenant
    from hustings.directory.google_sections import Section

SCHEMA = "hustings.directory-setup/1"


@click.command("google")
@click.option("--check", "name", metavar="TENANT", help="Sign in to this tenant and try each scope.")
@click.option("--config", "path", type=click.Path(path_type=Path),
              help="machine.yaml; /etc/hustings/machine.yaml if there is one.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def google(name: str | None, path: Path | None, form: str) -> None:
    """Google Workspace: the least scopes that reading a tenant takes, and the steps to grant them.

    With --check, each is tried: exit code 1 where one that is needed is missing, with what to grant or to enable.
    """
    opens = checks()
    if name is None:
        _print(opens, form)
        return
    tenant, found = _tried(name, path)
    missing = {key: why for key, why in found.items() if why is not None and _needed(key, tenant)}
    if form == "json":
        _write({"schema": SCHEMA, "tenant": name, "missing": [_record(key, why, opens) for key, why in missing.items()],
                "optional": [_record(key, why, opens) for key, why in found.items()
                             if why is not None and key not in missing]})
    else:
        click.echo("\n".join(_told(name, found, missing, opens)))
    if missing:
        raise click.exceptions.Exit(int(Exit.NO))


def checks() -> dict[str, list[str]]:
    """By section the checks that look at a fact which rests on it."""
    from hustings.directory.google_sections import SECTIONS
    from policies import pack as packs
    from policies.conditions import facts_used
    from policies.directory.facts import FACTS
    from policies.directory.google import ABSENT

    everything = {one.id for one in FACTS} - set(ABSENT) - {"directory.kind", "directory.unread"}
    used = {one.id: facts_used(one.require) for one in packs.shipped().checks if one.each == "tenant"}
    return {section.name: sorted(check for check, facts in used.items() if facts & (
        everything if "*" in section.facts else set(section.facts))) for section in SECTIONS}


def _needed(section: str, tenant: Tenant) -> bool:
    from hustings.directory.google_sections import BY_NAME

    return not BY_NAME[section].optional or (section == "forwardings" and tenant.mail_rules)


def _tried(name: str, path: Path | None) -> tuple[Tenant, dict[str, GoogleError | None]]:
    from agent.directory.tenants import tenant
    from collectors.google_probe import probe
    from collectors.host.live import LiveHost
    from collectors.host.protocol import LookError

    chosen = tenant(path, name, kinds=("google",))
    try:
        return chosen, probe(LiveHost(), chosen, within=120.0)
    except LookError as error:
        raise CannotFinish(error.missing.detail, where=f"tenant {name}",
                           remedy="follow the steps of `hustings directory setup google`") from None


def _record(section: str, why: GoogleError | None, opens: dict[str, list[str]]) -> dict[str, object]:
    from hustings.directory.google_sections import BY_NAME

    return {"scope": BY_NAME[section].scope, "section": section, "detail": why.detail if why else "",
            "grant": why.grant if why else "", "opens": opens[section]}


def _told(name: str, found: dict[str, GoogleError | None], missing: dict[str, GoogleError],
          opens: dict[str, list[str]]) -> list[str]:
    from hustings.directory.google_sections import BY_NAME

    lines = [f"{name}: signed in."]
    for key, why in missing.items():
        lines += [f"missing: {BY_NAME[key].scope} ({why.detail})", *([f"    grant {why.grant}"] if why.grant else []),
                  *(f"    opens {check}" for check in opens[key])]
    for key in found:
        if found[key] is not None and key not in missing:
            lines.append(f"optional, not granted: {BY_NAME[key].scope} ({BY_NAME[key].what})")
    if not missing:
        lines.append("every scope that is needed was granted.")
    return lines


def _print(opens: dict[str, list[str]], form: str) -> None:
    from hustings.directory.google_sections import INTERFACES, SECTIONS

    needed = [one for one in SECTIONS if not one.optional]
    if form == "json":
        _write({"schema": SCHEMA, "scopes": [
            {"scope": one.scope, "section": one.name, "reads": one.what, "optional": one.optional,
             "interface": one.host, "privilege": one.privilege, "opens": opens[one.name]} for one in SECTIONS]})
        return
    click.echo("Scopes for domain-wide delegation, all of them read-only:\n")
    for one in needed:
        _describe(one, opens)
    click.echo("\nOptional:\n")
    for one in SECTIONS:
        if one.optional:
            _describe(one, opens)
    click.echo(STEPS.format(
        scopes=",\n     ".join(one.scope for one in needed),
        interfaces=" ".join(dict.fromkeys(one.host for one in needed)),
        named=", ".join(dict.fromkeys(INTERFACES[one.host] for one in needed))))


def _describe(section: Section, opens: dict[str, list[str]]) -> None:
    click.echo(f"  {section.scope}\n      {section.what}")
    for check in opens[section.name]:
        click.echo(f"      - {check}")


STEPS = """
The last of the optional ones is no read-only scope: Google has none that is narrower. Grant it only together with
`mail_rules: true`.

1. In the Google Cloud console (console.cloud.google.com), as somebody of the organisation: a project of its own for
   Hustings, and in it, under APIs & Services, enable: {named} (and the Gmail API with mail_rules).
2. IAM & Admin, Service accounts, Create service account: name it hustings, give it no role. Keys, Add key, JSON. Put
   the file on this machine, for its owner alone, and nowhere else:

  (umask 077; cp hustings-*.json /etc/hustings/google.json) && rm hustings-*.json

3. In the admin console (admin.google.com), as a super administrator: Security, Access and data control, API controls,
   Manage domain-wide delegation, Add new. Client ID: the number that the service account's page shows. Scopes:

     {scopes}

4. The administrator as whom it asks: an account of its own without a licence for Gmail, that nobody signs in with, with
   2-step verification enforced by security key. Settings and roles are told to super administrators alone. Without
   that, a role of your own with the privileges that `--format json` names reads the rest.
5. Put it into /etc/hustings/machine.yaml:

  roles: [directory]
  tenants:
    - name: office
      kind: google
      key_file: /etc/hustings/google.json
      administrator: hustings-reader@YOUR-DOMAIN

6. hustings directory setup google --check office

Steps 1 and 2 with the Google Cloud command line:

  gcloud services enable {interfaces}
  gcloud iam service-accounts create hustings
  (umask 077; gcloud iam service-accounts keys create /etc/hustings/google.json \\
      --iam-account "hustings@$(gcloud config get-value project).iam.gserviceaccount.com")

Whoever holds the key can read what the scopes open. Make a new one every year, and take the old one away.
"""


def _write(value: object) -> None:
    json.dump(value, sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")
