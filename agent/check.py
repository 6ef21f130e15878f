"""``hustings check``: audit here and now, without a server."""

from __future__ import annotations

from pathlib import Path

import click

from hustings.errors import Exit, UsageError
from hustings.verdicts import SEVERITIES, Severity, Verdict

DIRECTORY = click.Path(path_type=Path)


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json", "sarif", "report"]), default="text",
              show_default=True, help="`report`: of a recording, for a server to import.")
@click.option("--config", type=DIRECTORY, help="machine.yaml, instead of the audited machine's own in /etc/hustings.")
@click.option("--role", "roles", multiple=True, help="A role of this machine, instead of the declared ones.")
@click.option("--pack", "pack_path", type=DIRECTORY, help="A pack directory or compiled pack.")
@click.option("--only", multiple=True, metavar="CHECK", help="Judge only this check (may be repeated).")
@click.option("--set", "settings", multiple=True, metavar="AREA/CHECK.PARAMETER=VALUE", help="Change a threshold.")
@click.option("--root", type=DIRECTORY, help="Audit a mounted root file system instead of this machine.")
@click.option("--recorded", type=DIRECTORY, help="Audit what `hustings record` recorded: the directory or its .tar.")
@click.option("--feeds", type=DIRECTORY, help="A store of feeds of vulnerabilities, instead of this machine's own.")
@click.option("--sweep/--no-sweep", default=None, help="Look at every file too, which takes a while; or do not. Unless "
              "said, an image is swept, and a machine where --only needs it.")
@click.option("--fail-on", type=click.Choice([one.value for one in SEVERITIES]), default="critical", show_default=True,
              help="Exit with 1 if a check of at least this severity fails.")
@click.option("--language", type=click.Choice(["en", "fr"]), default="en", show_default=True)
@click.option("--all", "everything", is_flag=True, help="Show passing and not applicable checks too.")
def check(form: str, config: Path | None, roles: tuple[str, ...], pack_path: Path | None, only: tuple[str, ...],
          settings: tuple[str, ...], root: Path | None, recorded: Path | None, feeds: Path | None, sweep: bool | None,
          fail_on: str, language: str, everything: bool) -> None:
    """Audit this machine here and now, without a server.

    Exit code 1 means that a check of at least --fail-on severity fails, 2 wrong usage.
    """
    from agent import audit as audits
    from agent import config as configs
    from agent import render
    from policies import pack as packs

    host = audits.open_host(root, recorded)
    declared = configs.with_roles(configs.of_host(host, config), roles)
    pack = packs.load(pack_path) if pack_path else packs.shipped()
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
    overrides = audits.parse_overrides(settings, pack)
    found = audits.audit(host, declared, pack, only=only, overrides=overrides, feeds=feeds, sweep=sweep)
    if form == "json":
        click.echo(render.as_json(found))
    elif form == "sarif":
        from agent import sarif

        click.echo(sarif.encode(found))
    elif form == "report":
        from agent import reporting
        from hustings import report

        click.echo(report.encode(reporting.of_recording(found, audits.registry())))
    else:
        click.echo(render.as_text(found, language, everything=everything))
    limit = SEVERITIES.index(Severity(fail_on))
    if any(one.verdict is Verdict.FAIL and SEVERITIES.index(one.severity) <= limit for one in found.results):
        raise click.exceptions.Exit(int(Exit.NO))
