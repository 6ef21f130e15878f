"""``server tenant``: offices, campaigns and firms, from the first day to the certificate of deletion."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hustings.errors import CannotFinish, ConfigError, UsageError
from hustings.times import utc_text
from server import config
from server.console import common

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from server.keeping.erasing import Deletion
    from server.store.database import Database

_KINDS = ("office", "campaign", "firm")
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def tenant() -> None:
    """Offices, campaigns and firms of outside reviewers: add, hold, export, delete."""


@tenant.command()
@click.argument("name")
@common.data_option
@click.option("--kind", type=click.Choice(_KINDS), default="office", show_default=True)
@click.option("--handle", default="", help="What people sign in with after the @. [default: made of the name]")
@click.option("--admin", default="admin", show_default=True, help="The first person: an administrator, or of a firm a "
              "reviewer.")
@click.option("--password-file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Read the password from the first line of this file instead of asking.")
@click.option("--no-password", is_flag=True, help="They sign in by one-time links alone (login-link).")
def add(name: str, data: Path, kind: str, handle: str, admin: str, password_file: Path | None,
        no_password: bool) -> None:
    """Add a tenant called NAME with its first person."""
    from server.access import membership
    from server.store import audit, tenants
    from server.store import people as store
    from server.store.database import WHOLE_SERVER

    _check_name(name)
    admin = membership.checked_name(admin)
    if no_password and password_file:
        raise UsageError("--no-password and --password-file exclude each other", remedy="give one of them")
    kept = None if no_password else common.password(
        password_file, f"Password for {admin}", otherwise="give --password-file FILE or --no-password")
    now, role = datetime.now(UTC), store.Role.REVIEWER if kind == "firm" else store.Role.ADMINISTRATOR
    with _server(data) as database, database.write(WHOLE_SERVER) as connection:
        made = tenants.create(connection, name, now, kind=tenants.Kind(kind), handle=handle)
        store.add(connection, made.id, admin, role, kept, now)
        audit.record(connection, made.id, now, common.actor(), "tenant.add", name,
                     {"kind": kind, "handle": made.handle, "person": admin})
    click.echo(f"{name} is added; {admin} signs in as {admin}@{made.handle}.")


@tenant.command("list")
@common.data_option
@common.format_option
def list_tenants(data: Path, form: str) -> None:
    """Every tenant: what it is, since when, and what stands over it."""
    from server.keeping import holds, winding
    from server.store import tenants
    from server.store.database import WHOLE_SERVER

    with _server(data) as database, database.read(WHOLE_SERVER) as connection:
        found = [(one, holds.held(connection, one.id), winding.standing(connection, one.id))
                 for one in tenants.every(connection)]
    if form == "json":
        common.say_json([{"id": one.id, "name": one.name, "handle": one.handle, "kind": one.kind.value,
                          "created": one.created, "hold": hold.matter if hold else None,
                          "deleted_on": ends.due if ends else None} for one, hold, ends in found])
        return
    common.table(("NAME", "HANDLE", "KIND", "SINCE", "STATE"), [
        (one.name, one.handle, one.kind.value, utc_text(one.created), ", ".join(filter(None, (
            "legal hold" if hold else "", f"deleted on {ends.due:%Y-%m-%d}" if ends else ""))) or "–")
        for one, hold, ends in found])


@tenant.command()
@click.argument("name")
@common.office_options
def rename(name: str, data: Path, tenant: str | None) -> None:
    """Give a tenant the name NAME. Its handle stays, so that people sign in as before."""
    from server.store import audit, tenants
    from server.store.database import WHOLE_SERVER

    _check_name(name)
    with common.office(data, tenant) as office, office.database.write(WHOLE_SERVER) as connection:
        tenants.rename(connection, office.tenant.id, name)
        audit.record(connection, office.tenant.id, office.now, office.actor, "tenant.rename", name,
                     {"before": office.tenant.name})
    click.echo(f"{office.tenant.name} is now called {name}.")


@tenant.command()
@click.argument("kind", type=click.Choice(_KINDS))
@common.office_options
def kind(kind: str, data: Path, tenant: str | None) -> None:
    """Say what a tenant is: an office, a campaign, or a firm of outside reviewers."""
    from server.store import audit, tenants
    from server.store.database import WHOLE_SERVER

    with common.office(data, tenant) as office, office.database.write(WHOLE_SERVER) as connection:
        tenants.set_kind(connection, office.tenant.id, tenants.Kind(kind))
        audit.record(connection, office.tenant.id, office.now, office.actor, "tenant.kind", kind,
                     {"before": office.tenant.kind.value})
    click.echo(f"{office.tenant.name} is a{'n' if kind == 'office' else ''} {kind}.")


@tenant.command()
@click.option("--matter", required=True, help="The case or request that it is for.")
@click.option("--reason", required=True, help="Why everything must be kept.")
@common.office_options
def hold(matter: str, reason: str, data: Path, tenant: str | None) -> None:
    """Put a tenant under a legal hold: nothing of it is deleted until two people lift it."""
    from server.keeping import holds

    with common.office(data, tenant) as office, office.database.write(office.tenant.id) as connection:
        number = holds.set_hold(connection, office.tenant.id, matter, reason, now=office.now, by=office.actor)
    click.echo(f"Legal hold {number} stands on {office.tenant.name}.")


@tenant.command("lift-hold")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why it is not needed any more.")
@common.office_options
def lift_hold(number: int, reason: str, data: Path, tenant: str | None) -> None:
    """Ask for legal hold NUMBER to be lifted; a person of the office approves on the page of decisions."""
    from server.keeping import holds

    def payload(connection: Connection, of: str) -> dict[str, Any]:
        found = holds.get(connection, of, number)
        return {"hold": number, "matter": found.matter if found else "", "reason": reason}

    _propose("hold.lift", data, tenant, payload)


@tenant.command("ask-export")
@click.option("--reason", required=True, help="What it is for.")
@common.office_options
def ask_export(reason: str, data: Path, tenant: str | None) -> None:
    """Ask for leave to take everything of a tenant; a person of the office approves on the page of decisions."""
    _propose("data.export_all", data, tenant, lambda _connection, _of: {"reason": reason})


@tenant.command()
@click.option("--to", "file", type=_FILE, required=True, help="The file to write.")
@common.office_options
def export(file: Path, data: Path, tenant: str | None) -> None:
    """Write everything of a tenant into one file with digests, for a week after two people agreed."""
    import os

    from server.keeping import exporting
    from server.keeping.backup import check_free, disk

    check_free(file)
    with common.office(data, tenant) as office:
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise disk(error, file) from error
        done = False
        try:
            with os.fdopen(handle, "wb") as out:
                exporting.write(office.database, office.tenant.id, out, by=office.actor, now=office.now)
                os.fsync(out.fileno())
            done = True
        except OSError as error:
            raise disk(error, file) from error
        finally:
            if not done:
                file.unlink(missing_ok=True)
    click.echo(f"{file}: {exporting.check(file).rows} rows; every digest holds.")


@tenant.command("read-export")
@click.argument("file", type=_FILE)
@click.option("--table", help="Print the rows of this table, a JSON document a line.")
def read_export(file: Path, table: str | None) -> None:
    """Prove every digest of an export and say what it holds. Needs no server."""
    import base64
    import json

    from server.keeping import exporting

    if table is None:
        found = exporting.check(file)
        click.echo(f"An export of {found.header.made}, by Hustings {found.header.product}: every digest holds.")
        common.table(("TABLE", "ROWS"), [(name, str(one.rows)) for name, one in found.manifest.tables.items()])
        return
    for row in exporting.rows(file, table):
        click.echo(json.dumps(row, ensure_ascii=False, default=lambda one: (
            base64.b64encode(one).decode() if isinstance(one, bytes) else one.isoformat())))


@tenant.command("wind-down")
@click.option("--reason", required=True, help="Why the office or campaign ends.")
@common.office_options
def wind_down(reason: str, data: Path, tenant: str | None) -> None:
    """Ask for a tenant to be deleted with everything in it.

    A person of the office approves on the page of decisions. Seven days later it is done; until then one person can
    stop it.
    """
    _propose("tenant.wind_down", data, tenant, lambda _connection, _of: {"reason": reason})


@tenant.command("stop-wind-down")
@click.option("--reason", required=True, help="Why the office or campaign goes on.")
@common.office_options
def stop_wind_down(reason: str, data: Path, tenant: str | None) -> None:
    """Stop the deletion of a tenant while there is time."""
    from server.keeping import winding

    with common.office(data, tenant) as office, office.database.write(office.tenant.id) as connection:
        winding.stop(connection, office.tenant.id, reason, by=office.actor, now=office.now)
    click.echo(f"{office.tenant.name} goes on.")


@tenant.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@common.office_options
def delete(yes: bool, data: Path, tenant: str | None) -> None:
    """Delete a tenant whose week is over now, without waiting for the server to do it by itself."""
    from server.keeping import erasing, winding

    with common.office(data, tenant) as office:
        with office.database.read(office.tenant.id) as connection:
            winding.due(connection, office.tenant.id, office.now)
        if not yes:
            click.confirm(f"Delete {office.tenant.name} and everything in it for good?", abort=True, err=True)
        done = winding.carry_out(office.database, office.tenant.id, office.now)
        swept = erasing.sweep(office.database, office.now)
    click.echo(f"{office.tenant.name} is deleted: {done.certificate['total']} rows. "
               f"Certificate {done.id}, {done.digest}")
    if not swept:
        click.echo("Its space is rewritten by the server once nobody reads the old state any more.", err=True)


@tenant.command()
@common.data_option
@common.format_option
def certificates(data: Path, form: str) -> None:
    """The ledger of deleted tenants. It holds no names."""
    from server.keeping import erasing

    with _server(data) as database:
        found = erasing.every(database)
    if form == "json":
        common.say_json([{"number": one.id, "digest": one.digest, "swept": one.swept, "how": one.how,
                          **one.certificate} for one in found])
        return
    common.table(("NUMBER", "DELETED", "ROWS", "SPACE REWRITTEN", "DIGEST"), [
        (str(one.id), utc_text(one.at), str(one.certificate["total"]), utc_text(one.swept) if one.swept else "not yet",
         one.digest) for one in found])


@tenant.command()
@click.argument("number", type=int)
@click.option("--output", type=_FILE, required=True, help="The PDF to write; with .json the record itself.")
@click.option("--language", type=click.Choice(["en", "fr"]), default="en", show_default=True)
@click.option("--name", default="", help="The office's name: compared with its fingerprint, then printed.")
@click.option("--asked-by", default="", help="Who asked: compared and printed.")
@click.option("--second", default="", help="The second person: compared and printed.")
@common.data_option
def certificate(number: int, output: Path, language: str, name: str, asked_by: str, second: str, data: Path) -> None:
    """Write the certificate of deletion NUMBER."""
    import json

    from server.keeping import erasing

    with _server(data) as database:
        found = erasing.get(database, number)
    if found is None:
        raise UsageError(f"there is no certificate {number}", remedy="see: hustings server tenant certificates")
    if output.suffix == ".json":
        body = (json.dumps(found.certificate, indent=2, sort_keys=True) + "\n").encode()
    else:
        body = _printed(found, language, name, asked_by, second)
    try:
        output.write_bytes(body)
    except OSError as error:
        raise CannotFinish(f"cannot be written: {error.strerror}", where=str(output),
                           remedy="name a file in a directory that you may write") from error
    click.echo(f"{output} is written; the ledger says {found.digest}.")


@tenant.command()
@click.option("--full", is_flag=True, help="On PostgreSQL, write every table anew; each is locked meanwhile.")
@common.data_option
def sweep(full: bool, data: Path) -> None:
    """Rewrite the space that deleted rows were in."""
    from server.keeping import erasing

    with _server(data) as database:
        many = erasing.sweep(database, datetime.now(UTC), full=full)
    click.echo(f"{many} deletions settled.")


def _printed(found: Deletion, language: str, name: str, asked_by: str, second: str) -> bytes:
    from server.printing.certificate import certificate_pdf

    return certificate_pdf(found, language, name=name, asked_by=asked_by, second=second,
                           now=datetime.now(UTC).replace(microsecond=0))


def _propose(action: str, data: Path, tenant: str | None, payload: Any) -> None:
    from server.two_people import Actor, propose

    with common.office(data, tenant) as office, office.database.write(office.tenant.id) as connection:
        number = propose(connection, office.tenant.id, action, office.tenant.name,
                         payload(connection, office.tenant.id), Actor.console(office.actor), office.now)
    click.echo(f"Asked (request {number}). Now a person of {office.tenant.name} signs in and approves it: Office, "
               "Decisions.")


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= 120 or not name.isprintable() or name != " ".join(name.split()):
        raise ConfigError("a tenant's name has 1 to 120 printable characters", where=repr(name)[:80],
                          remedy="write the name of the office as people know it")


@contextmanager
def _server(data: Path) -> Iterator[Database]:
    """The database of the server in a directory, at this version's schema."""
    from server.store.database import Database
    from server.store.migrate import require_current

    database = Database(config.chosen_database(config.load(data)))
    try:
        require_current(database)
        yield database
    finally:
        database.close()
