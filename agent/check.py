"""``hustings check``: audit here and now, without a server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hustings.errors import Exit, UsageError
from hustings.verdicts import SEVERITIES, Severity, Verdict

if TYPE_CHECKING:
    from agent.audit import Audit
    from policies.model import Pack

DIRECTORY = click.Path(path_type=Path)


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json", "sarif", "report"]), default="text",
              show_default=True, help="`report`: of a recording, for a server to import.")
@click.option("--config", type=DIRECTORY, help="machine.yaml, instead of the audited machine's own in /etc/hustings.")
@click.option("--role", "roles", multiple=True, help="A role of this machine, instead of the declared ones. "
              "With --domain: `campaign-laptop` for a campaign's.")
@click.option("--pack", "pack_path", type=DIRECTORY, help="A pack directory or compiled pack.")
@click.option("--only", multiple=True, metavar="CHECK", help="Judge only this check (may be repeated).")
@click.option("--set", "settings", multiple=True, metavar="AREA/CHECK.PARAMETER=VALUE", help="Change a threshold.")
@click.option("--root", type=DIRECTORY, help="Audit a mounted root file system instead of this machine.")
@click.option("--recorded", type=DIRECTORY, help="Audit what `hustings record` recorded: the directory or its .tar.")
@click.option("--domain", "domains", multiple=True, metavar="NAME", help="Look at a domain, its mail and its sites "
              "instead of this machine (may be repeated).")
@click.option("--tenant", "tenants", multiple=True, metavar="NAME", help="Look at a tenant that machine.yaml declares "
              "instead of this machine (may be repeated).")
@click.option("--dkim-selector", "selectors", multiple=True, metavar="SELECTOR", help="With --domain: a selector its "
              "mail is signed with.")
@click.option("--resolver", "resolvers", multiple=True, metavar="ADDRESS[:PORT]", help="With --domain: the name server "
              "to ask.")
@click.option("--no-mail", is_flag=True, help="With --domain: it sends no mail.")
@click.option("--page", type=DIRECTORY, metavar="FILE", help="Write one page of HTML too, for whoever decides.")
@click.option("--feeds", type=DIRECTORY, help="A store of feeds of vulnerabilities, instead of this machine's own.")
@click.option("--sweep/--no-sweep", default=None, help="Look at every file too, which takes a while; or do not. Unless "
              "said, an image is swept, and a machine where --only needs it.")
@click.option("--fail-on", type=click.Choice([one.value for one in SEVERITIES]), default="critical", show_default=True,
              help="Exit with 1 if a check of at least this severity fails.")
@click.option("--language", type=click.Choice(["en", "fr"]), default="en", show_default=True)
@click.option("--all", "everything", is_flag=True, help="Show passing and not applicable checks too.")
def check(form: str, config: Path | None, roles: tuple[str, ...], pack_path: Path | None, only: tuple[str, ...],
          settings: tuple[str, ...], root: Path | None, recorded: Path | None, domains: tuple[str, ...],
          tenants: tuple[str, ...], selectors: tuple[str, ...], resolvers: tuple[str, ...], no_mail: bool,
          page: Path | None, feeds: Path | None, sweep: bool | None, fail_on: str, language: str,
          everything: bool) -> None:
    """Audit this machine here and now, without a server; or a domain or a tenant, from any machine.

    Exit code 1 means that a check of at least --fail-on severity fails, 2 wrong usage, 3 that of a domain or a tenant
    nothing could be seen.
    """
    from agent import audit as audits
    from agent import config as configs
    from agent import render
    from policies import pack as packs

    if page is not None:
        from agent import page as pages

        pages.require_place(page)
    outward = bool(domains or tenants)
    if outward:
        _alone(form, {"--root": root, "--recorded": recorded, "--feeds": feeds, "--sweep": sweep})
    elif unused := [name for name, given in {"--dkim-selector": selectors, "--resolver": resolvers,
                                             "--no-mail": no_mail}.items() if given]:
        raise UsageError("it says how to look at a domain, and none is given", where=unused[0],
                         remedy="add --domain NAME")
    host = None if outward else audits.open_host(root, recorded)
    declared = None if host is None else configs.with_roles(configs.of_host(host, config), roles)
    pack = packs.load(pack_path) if pack_path else packs.shipped()
    _known(only, pack)
    overrides = audits.parse_overrides(settings, pack)
    if host is None or declared is None:
        from agent.outward import Wish

        wish = Wish(domains, tenants, selectors, resolvers, roles, no_mail)
        found = _outward(wish, config, pack, only, overrides)
    else:
        found = audits.audit(host, declared, pack, only=only, overrides=overrides, feeds=feeds, sweep=sweep)
    if page is not None:
        pages.write(pages.page(found, language), page)
    if form == "json":
        click.echo(render.as_json(found))
    elif form == "sarif":
        from agent import sarif

        click.echo(sarif.encode(found))
    elif form == "report":
        from agent import reporting
        from hustings import report

        click.echo(report.encode(reporting.of_recording(found, audits.registry())))
    elif outward:
        from agent import telling_text

        click.echo(telling_text.as_text(found, language, everything=everything))
    else:
        click.echo(render.as_text(found, language, everything=everything))
    limit = SEVERITIES.index(Severity(fail_on))
    if any(one.verdict is Verdict.FAIL and SEVERITIES.index(one.severity) <= limit for one in found.results):
        raise click.exceptions.Exit(int(Exit.NO))
    if outward and {one.verdict for one in found.results} - {Verdict.NOT_APPLICABLE} == {Verdict.UNKNOWN}:
        raise click.exceptions.Exit(int(Exit.CANNOT))


def _known(only: tuple[str, ...], pack: Pack) -> None:
    """Raise ``UsageError`` unless these are checks that can be judged here."""
    for name in only:
        known = pack.check(name)
        if known is not None and known.scope != "machine":
            raise UsageError(f"{name} is about the whole office and cannot be judged on one machine", where="--only",
                             remedy="see it on the server's scorecard")
        if known is None:
            from difflib import get_close_matches

            close = ", ".join(get_close_matches(name, [one.id for one in pack.checks], 3, 0.4))
            raise UsageError(f"no check {name!r} in the pack", where="--only",
                             remedy=f"did you mean {close}?" if close else "see `hustings policy list`")


def _alone(form: str, others: Mapping[str, Any]) -> None:
    """Raise ``UsageError`` for what has no meaning beside a domain or a tenant."""
    for name, given in others.items():
        if given:
            raise UsageError("a domain or a tenant is looked at from here, whatever this machine is", where=name,
                             remedy=f"leave {name} out, or --domain and --tenant")
    if form == "report":
        raise UsageError("only a recording makes a report", where="--format", remedy="use text, json or sarif")


def _outward(wish: Any, config: Path | None, pack: Pack, only: tuple[str, ...],
             overrides: Mapping[str, Mapping[str, Any]]) -> Audit:
    from agent import outward
    from collectors.host.network import NetworkHost

    declared, note = outward.declared_for(wish, config)
    if note:
        click.echo(f"note: {note}", err=True)
    host = NetworkHost()
    outward.require_names(host, declared)
    return outward.audit(declared, pack, only=only, overrides=overrides, host=host)
