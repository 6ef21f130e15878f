"""``hustings facts``: everything collected here, and whether it leaves the machine."""

from __future__ import annotations

from pathlib import Path

import click

SHOWN = 1000
"""Characters of a text that are shown; of a longer one, its size."""


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--config", type=click.Path(path_type=Path), help="machine.yaml of this machine.")
@click.option("--root", type=click.Path(path_type=Path), help="A mounted root file system instead of this machine.")
@click.option("--recorded", type=click.Path(path_type=Path), help="A recording made with `hustings record`.")
@click.option("--feeds", type=click.Path(path_type=Path),
              help="A store of feeds of vulnerabilities, instead of this machine's own.")
def facts(form: str, config: Path | None, root: Path | None, recorded: Path | None, feeds: Path | None) -> None:
    """Show every fact collected here, and whether it leaves the machine."""
    from agent import audit as audits
    from agent import config as configs
    from hustings.facts import Disclosure
    from policies import pack as packs

    host = audits.open_host(root, recorded)
    seen, lacking = audits.look(host, configs.of_host(host, config), packs.shipped(), feeds=feeds)
    registry = audits.registry()
    if form == "json":
        import msgspec

        rows = {}
        for name, one in sorted(seen.items()):
            fact = registry.get(name)
            assert fact is not None
            rows[name] = {"disclosure": fact.disclosure, "type": fact.type, "meaning": fact.meaning, "seen": one}
        document = {"schema": "hustings.facts/1", "host": audits.name_of(host), "facts": rows, "lacking": lacking}
        click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())
        return
    width = max(map(len, seen))
    for name, one in sorted(seen.items()):
        fact = registry.get(name)
        leaves = {Disclosure.SHARED: "leaves", Disclosure.PSEUDONYM: "pseudonyms",
                  Disclosure.COUNTED: "count leaves", Disclosure.LOCAL: "stays"}
        click.echo(f"{name:<{width}}  {leaves[fact.disclosure if fact else Disclosure.LOCAL]:<12}  {_said(one)}")
    for need in lacking:
        click.echo(f"lacking  {need}")


def _said(seen: object) -> str:
    from hustings.facts import Observation
    from policies.explain import value_text

    assert isinstance(seen, Observation)
    if seen.missing is not None:
        return f"({seen.missing})"
    if seen.absent:
        return "absent"
    if seen.listing is not None:
        whole = "" if seen.listing.complete else f", not whole ({seen.listing.why})"
        some = "; ".join(value_text(item) for item in seen.listing.items[:3])
        return f"{len(seen.listing.items)} entries{whole}: {some}"
    if isinstance(seen.value, str) and len(seen.value) > SHOWN:
        return f"({len(seen.value.encode())} bytes)"
    return value_text(seen.value)
