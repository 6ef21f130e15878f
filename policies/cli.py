"""``hustings policy``: reading, checking and compiling policies."""

from __future__ import annotations

from pathlib import Path

import click

from hustings.errors import CannotFinish, Exit, PolicyError
from hustings.facts import Registry
from policies.tables_cli import tables

PACK = click.option("--pack", "pack_path", type=click.Path(path_type=Path),
                    help="A pack directory or compiled pack instead of the shipped library.")
_LABELS = {
    "en": {"require": "passes when  ", "applies": "applies if   ", "unknown_when": "unknown if   ",
           "roles": "roles        ", "parameter": "parameter    ", "fix": "fix          ",
           "step": "; from {} days before a voting day: {}"},
    "fr": {"require": "réussi si    ", "applies": "s'applique si ", "unknown_when": "inconnu si   ",
           "roles": "rôles        ", "parameter": "paramètre    ", "fix": "correction   ",
           "step": "; dès {} jours avant le scrutin : {}"},
}


@click.group()
def policy() -> None:
    """List, show, check and compile policies."""


@policy.command("list")
@PACK
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--language", type=click.Choice(["en", "fr"]), default="en")
def list_(pack_path: Path | None, form: str, language: str) -> None:
    """Every check with its catalogue row, severity and title."""
    pack = _pack(pack_path)
    if form == "json":
        import msgspec

        rows = [{"check": one.id, "catalogue": one.catalogue, "severity": one.severity, "scope": one.scope,
                 "roles": one.roles, "title": {"en": one.title.en, "fr": one.title.fr}} for one in pack.checks]
        click.echo(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode())
        return
    width = max(len(one.id) for one in pack.checks)
    for one in pack.checks:
        click.echo(f"{one.id:<{width}}  {one.catalogue:<7} {one.severity:<9} {one.title.say(language)}")
    click.echo(f"{len(pack.checks)} checks, pack {pack.id} {pack.version}, {pack.digest}")


@policy.command()
@click.argument("check")
@PACK
@click.option("--language", type=click.Choice(["en", "fr"]), default="en")
def show(check: str, pack_path: Path | None, language: str) -> None:
    """One check whole: what it asks, why, how to fix it, its parameters and references."""
    from policies.explain import condition_text, value_text

    pack = _pack(pack_path)
    found = pack.check(check)
    if found is None:
        raise PolicyError(f"no check {check!r} in this pack", where=pack.id, remedy=_nearest(check, pack_ids(pack)))
    values = {name: one.default for name, one in found.parameters.items()}
    labels = _LABELS[language]
    lines = [f"{found.id}  ({found.catalogue}, {found.severity}, {found.scope})", found.title.say(language), "",
             found.plain.say(language), found.why.say(language), "",
             labels["require"] + condition_text(found.require, values, language)]
    if found.applies:
        lines.append(labels["applies"] + condition_text(found.applies, values, language))
    if found.unknown_when:
        lines.append(labels["unknown_when"] + condition_text(found.unknown_when, values, language))
    if found.roles:
        lines.append(labels["roles"] + ", ".join(found.roles))
    for name, parameter in found.parameters.items():
        steps = "".join(labels["step"].format(days, value_text(value, language))
                        for days, value in parameter.from_T.items())
        lines.append(f"{labels['parameter']}{name} = {value_text(parameter.default, language)}{steps}  "
                     f"({parameter.meaning.say(language)})")
    for fix in found.fix:
        lines.append(f"{labels['fix']}[{fix.platform}] {fix.text.say(language)}")
        if fix.command:
            lines.append(f"             $ {fix.command}")
    for kind in ("cis", "csf", "cpg", "paris"):
        refs = getattr(found.references, kind)
        if refs:
            lines.append(f"{kind:<12} " + ", ".join(refs))
    click.echo("\n".join(lines))


@policy.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
def lint(path: Path | None) -> None:
    """Check every file of a pack directory (the shipped library without PATH)."""
    from policies import pack as packs
    from policies.loader import inspect

    root = path or packs.HERE
    faults, loaded = inspect(root, Registry.shipped(), tables_from=packs.HERE / "tables")
    for fault in faults:
        click.echo(str(fault), err=True)
    if loaded is None:
        click.echo(f"{len(faults)} faults", err=True)
        raise click.exceptions.Exit(int(Exit.USAGE))
    click.echo(f"{len(loaded.checks)} checks, no fault")


@policy.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
def test(path: Path | None) -> None:
    """Run the examples of every check of a pack."""
    from policies.examples import failures

    pack = _pack(path)
    count = sum(len(one.examples) for one in pack.checks)
    wrong = 0
    for check, example, result in failures(pack):
        wrong += 1
        click.echo(f"{check.id}: example {example.name!r}: expected {example.verdict}, got {result.verdict}"
                   f" ({result.reason or result.actual})", err=True)
    click.echo(f"{count} examples of {len(pack.checks)} checks, {wrong} wrong")
    if wrong:
        raise click.exceptions.Exit(int(Exit.NO))


@policy.command("pack")
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="The file to write.")
def pack_(path: Path | None, output: Path) -> None:
    """Compile a pack directory to one JSON file and print its digest."""
    from policies import pack as packs

    compiled = packs.compile_directory(path or packs.HERE)
    try:
        output.write_bytes(packs.encode(compiled))
    except OSError as error:
        raise CannotFinish(f"the pack cannot be written: {error.strerror}", where=str(output),
                           remedy="name a file in a directory that you may write") from error
    click.echo(f"{output}  {compiled.digest}")


policy.add_command(tables)


def pack_ids(pack: object) -> list[str]:
    return [one.id for one in getattr(pack, "checks", ())]


def _pack(path: Path | None):  # type: ignore[no-untyped-def]
    from policies import pack as packs

    return packs.load(path) if path else packs.shipped()


def _nearest(name: str, names: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, names, 3, 0.4)
    return f"did you mean {', '.join(close)}?" if close else "see `hustings policy list`"
