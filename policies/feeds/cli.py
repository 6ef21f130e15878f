"""``hustings feeds``: the feeds of vulnerabilities that audits match against."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from hustings.errors import UsageError

_PATH = click.Path(path_type=Path)
STORE = click.option("--store", type=_PATH, help="The store of feeds.  [default: /var/cache/hustings/feeds.db]")
NAME = click.option("--name", default="", help="What to call the feed, instead of after what it holds.")
SMALLER = click.option("--smaller", is_flag=True, help="Accept a feed less than half as large as the one before.")


@click.group()
def feeds() -> None:
    """Feeds of vulnerabilities: import or fetch them, and see how old they are."""


@feeds.command("import")
@click.argument("paths", type=_PATH, nargs=-1, required=True)
@click.option("--as-of", help="When this was the newest state at its source: 2026-11-22 or 2026-11-22T06:00:00Z.")
@click.option("--whole", is_flag=True, help="It holds all that its source knows, though it is a directory of single "
              "records or small.")
@NAME
@SMALLER
@STORE
def import_(paths: tuple[Path, ...], as_of: str | None, whole: bool, name: str, smaller: bool,
            store: Path | None) -> None:
    """Compile a feed from files.

    PATHS is Debian's tracker (JSON), the catalogue of known exploited vulnerabilities (JSON), a zip of OSV
    records, or files and directories of OSV records. A packed file (.gz, .xz, .bz2) is unpacked.
    """
    from policies.feeds.importing import Wish, import_feed

    now = datetime.now(UTC)
    done = import_feed(paths, _place(store), Wish(name=name, as_of=_moment(as_of, now), whole=whole, smaller=smaller),
                       now)
    _tell(done.feed, now)
    if done.left_out:
        click.echo(f"left out: {done.left_out} records about no package of a distribution", err=True)
    if not done.feed.whole:
        click.echo("note: single records decide that a package is vulnerable, never that the others are not",
                   err=True)


@feeds.command()
@click.argument("address", required=False)
@click.option("--ca", type=_PATH, help="Trust this certificate authority instead of the system's.")
@click.option("--plain-http", is_flag=True, help="Accept an address without TLS.")
@NAME
@SMALLER
@STORE
def fetch(address: str | None, ca: Path | None, plain_http: bool, name: str, smaller: bool,
          store: Path | None) -> None:
    """Fetch a feed from ADDRESS; without one, every feed that was fetched before.

    An unchanged feed costs one short answer. Nothing is fetched that nobody named.
    """
    from policies.feeds.advice import Feed
    from policies.feeds.fetching import addresses
    from policies.feeds.fetching import fetch as fetch_one
    from policies.feeds.importing import Wish

    place, now = _place(store), datetime.now(UTC)
    wanted = [(name, address)] if address else [one for one in addresses(place) if name in ("", one[0])]
    if not wanted:
        raise UsageError("no feed was fetched before", where=str(place), remedy="name its address")
    for one, where in wanted:
        done = fetch_one(where, place, Wish(name=one, smaller=smaller), now, ca=ca, plain=plain_http)
        _tell(done if isinstance(done, Feed) else done.feed, now, "unchanged: " if isinstance(done, Feed) else "")


@feeds.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@STORE
def status(form: str, store: Path | None) -> None:
    """Every feed in the store, how old it is, and which releases it speaks of."""
    from policies.feeds.advice import speaks_for
    from policies.feeds.store import Store

    place, now = _place(store), datetime.now(UTC)
    found, spaces = [], {}
    if place.exists():
        with Store(place) as opened:
            found, spaces = opened.feeds(), opened.spaces()
    if form == "json":
        import msgspec

        rows = [{**msgspec.to_builtins(one), "speaks_for": speaks_for(one),
                 "releases": sorted(name for name, by in spaces.items() if one.name in by)} for one in found]
        document = {"schema": "hustings.feeds/1", "store": str(place), "feeds": rows}
        click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())
        return
    for one in found:
        _tell(one, now)
        releases = sorted(name for name, by in spaces.items() if one.name in by)
        if releases:
            click.echo("  speaks of " + ", ".join(releases[:12]) + (" …" if len(releases) > 12 else ""))
    if not found:
        click.echo(f"no feed is imported in {place}; see `hustings feeds import --help`")


@feeds.command()
@click.argument("name")
@STORE
def remove(name: str, store: Path | None) -> None:
    """Take the feed NAME out of the store."""
    from policies.feeds.importing import remove as take_out

    take_out(_place(store), name)
    click.echo(f"{name}: removed")


def _tell(feed: object, now: datetime, before: str = "") -> None:
    from policies.feeds.advice import Feed, speaks_for

    assert isinstance(feed, Feed)
    moment = speaks_for(feed)
    age = now - moment
    hours = int(age.total_seconds() // 3600)
    told = f"{hours} h" if hours < 72 else f"{age.days} days"
    click.echo(f"{before}{feed.name}  ({feed.kind})  {feed.records} lines, speaks for {moment:%Y-%m-%d %H:%M} UTC, "
               f"{told} old  {feed.digest[:19]}…")


def _moment(text: str | None, now: datetime) -> datetime | None:
    from hustings.times import parse_time

    if text is None:
        return None
    try:
        return min(parse_time(text), now) if text == f"{now:%Y-%m-%d}" else parse_time(text)
    except ValueError as error:
        raise UsageError(str(error), where="--as-of", remedy="write 2026-11-22 or 2026-11-22T06:00:00Z") from error


def _place(store: Path | None) -> Path:
    from policies.feeds.store import DEFAULT

    return store or DEFAULT
