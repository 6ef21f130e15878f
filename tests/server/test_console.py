"""``hustings server …`` as an administrator types it, on SQLite."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from hustings.errors import HustingsError
from server.access import passwords
from server.cli import server
from server.config import database_url
from server.store import audit, people, tenants
from server.store.audit import Act
from server.store.database import WHOLE_SERVER, Database
from tests.server.test_parts import GOOD


class Console:
    """The commands, in one data directory."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def run(self, *args: str) -> str:
        """Standard output of a command that works."""
        result = CliRunner().invoke(server, [*args, "--data", str(self.data)], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    def refused(self, *args: str) -> HustingsError:
        """The error of a command that does not."""
        with pytest.raises(HustingsError) as caught:
            CliRunner().invoke(server, [*args, "--data", str(self.data)], catch_exceptions=False)
        assert int(caught.value.exit_code) == 2
        assert caught.value.remedy
        return caught.value

    def trail(self) -> list[Act]:
        opened = Database(database_url(self.data))
        with opened.read(WHOLE_SERVER) as connection:
            acts = audit.recent(connection, tenants.only(connection).id)
        opened.close()
        return acts


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Console:
    """A directory where nothing is set up."""
    monkeypatch.delenv("HUSTINGS_DATABASE_URL", raising=False)
    return Console(tmp_path / "data")


@pytest.fixture
def console(fresh: Console) -> Console:
    """A server that has been set up."""
    fresh.run("init", "--no-tls", "--no-password")
    return fresh


def typed(answers: dict[str, str], *args: str) -> str:
    """Standard output of a command at a terminal of its own, where each question is given its answer."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([sys.executable, "-m", "hustings", "server", *args], stdin=theirs, stderr=theirs,
                               stdout=subprocess.PIPE, start_new_session=True)
    os.close(theirs)
    for question, text in answers.items():
        seen = b""
        while not seen.endswith(f"{question}: ".encode()):
            seen += os.read(ours, 1024)
        os.write(ours, f"{text}\n".encode())
    out, _ = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 0
    return out.decode()


def test_init_prints_one_enrol_line_and_nothing_else(fresh: Console) -> None:
    answers = {"Password for admin": "a long password", "Repeat for confirmation": "a long password"}
    said = typed(answers, "init", "--address", "hustings.example", "--address", "192.0.2.7", "--port", "9443",
                 "--data", str(fresh.data))
    assert re.fullmatch(r"hustings agent enroll https://hustings\.example:9443 --token [\w-]{43} "
                        r"--ca-pin sha256:[0-9a-f]{64}\n", said)
    assert fresh.data.stat().st_mode & 0o777 == 0o700


def test_init_takes_the_password_from_a_file(fresh: Console, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("a long enough password\nsomething else\n")
    said = json.loads(fresh.run("init", "--no-tls", "--admin", "ada", "--password-file", str(file), "--format", "json"))
    assert (said["url"], said["admin"]) == ("http://127.0.0.1:8443", "ada")
    opened = Database(database_url(fresh.data))
    with opened.read(WHOLE_SERVER) as connection:
        person = people.by_name(connection, tenants.only(connection).id, "ada")
    opened.close()
    assert person is not None
    assert passwords.matches(person.password, "a long enough password")


def test_without_a_terminal_no_password_is_asked_for(fresh: Console) -> None:
    assert fresh.refused("init", "--no-tls").remedy == "give --password-file FILE or --no-password"
    assert not fresh.data.exists()
    fresh.run("init", "--no-tls", "--no-password")
    assert fresh.refused("user", "add", "ada").remedy == "give --password-file FILE"
    assert fresh.refused("user", "reset", "admin").remedy == "give --password-file FILE"


def test_a_set_up_server_is_not_set_up_again(console: Console) -> None:
    assert "already" in console.refused("init", "--no-tls", "--no-password").what


@pytest.mark.parametrize("args", [
    ("--address", "https://x"), ("--address", "a b"), ("--address", "x:1"), ("--address", ""), ("--roles", "printer"),
    ("--no-tls", "--address", "192.0.2.1"), ("--admin", "a@b"), ("--admin", "")])
def test_init_refuses_what_cannot_work_before_it_makes_anything(fresh: Console, args: tuple[str, ...]) -> None:
    fresh.refused("init", "--no-password", *args)
    assert not fresh.data.exists()


def test_a_short_password_is_refused_before_anything_is_made(fresh: Console, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("short\n")
    assert "12" in fresh.refused("init", "--no-tls", "--password-file", str(file)).what
    assert not fresh.data.exists()


def test_the_service_unit_names_this_data(fresh: Console) -> None:
    said = json.loads(fresh.run("init", "--no-password", "--address", "x", "--service", "--format", "json"))
    assert f"--data {fresh.data}" in said["service"]
    assert "NoNewPrivileges=yes" in said["service"]


@pytest.mark.parametrize("args", [
    ("token",), ("agents", "list"), ("user", "list"), ("inventory", "show"), ("elections", "show"), ("login-link",),
    ("serve",)])
def test_without_a_server_every_command_says_how_to_set_one_up(fresh: Console, args: tuple[str, ...]) -> None:
    assert "hustings server init" in fresh.refused(*args).remedy


def test_a_token_is_an_enrol_line_and_is_written_down(console: Console) -> None:
    line = console.run("token", "--roles", "registration-db,backup-server", "--site", "Town hall", "--expires", "72h")
    assert line.startswith("hustings agent enroll http://127.0.0.1:8443 --token ")
    act = console.trail()[0]
    assert (act.action, act.detail["roles"]) == ("token.create", ["registration-db", "backup-server"])
    assert line.split()[-1] not in repr(act)


@pytest.mark.parametrize(("args", "what"), [
    (("--expires", "4d"), "72 hours"), (("--expires", "soon"), "not a duration"), (("--expires", "0h"), "72 hours"),
    (("--roles", "printer"), "not a role"), (("--tenant", "Nobody"), "no tenant")])
def test_a_token_that_cannot_be_is_refused(console: Console, args: tuple[str, ...], what: str) -> None:
    assert what in console.refused("token", *args).what


def test_people_are_added_listed_reset_and_disabled(console: Console, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("a long enough password")
    console.run("user", "add", "ada", "--role", "official", "--password-file", str(file))
    assert "already" in console.refused("user", "add", "ada", "--password-file", str(file)).what
    console.run("user", "reset", "ada", "--password-file", str(file))
    console.run("user", "disable", "ada")
    listed = {one["name"]: one for one in json.loads(console.run("user", "list", "--format", "json"))}
    assert (listed["ada"]["role"], listed["admin"]["disabled"]) == ("official", None)
    assert listed["ada"]["disabled"]
    assert [act.action for act in console.trail()[:3]] == ["person.disable", "person.reset", "person.add"]
    assert "no person" in console.refused("user", "disable", "bob").what


def test_an_inventory_is_imported_and_shown(console: Console, tmp_path: Path) -> None:
    file = tmp_path / "assets.csv"
    file.write_text(GOOD)
    assert json.loads(console.run("inventory", "show", "--format", "json")) is None
    assert console.run("inventory", "import", str(file)).startswith("1 asset declared ")
    shown = json.loads(console.run("inventory", "show", "--format", "json"))
    assert shown["assets"] == [{"asset": "front-desk", "roles": ["office-workstation"], "site": "Town hall",
                                "responsible": "us"}]
    assert "front-desk" in console.run("inventory", "show")
    file.write_text(GOOD + "b,printer,x,us\n")
    assert console.refused("inventory", "import", str(file)).where == f"{file}:3"
    assert json.loads(console.run("inventory", "show", "--format", "json")) == shown


def test_voting_days_are_set_and_shown(console: Console) -> None:
    console.run("elections", "set", "2028-06-01", "2027-11-02")
    assert re.findall(r"^(\S+)  ", console.run("elections", "show"), re.MULTILINE) == ["2027-11-02", "2028-06-01"]
    assert "not a date" in console.refused("elections", "set", "next week").what
    for mistyped in ("9999-12-31", "0207-11-02"):
        assert "between 2000 and 2199" in console.refused("elections", "set", "2027-11-02", mistyped).what
    assert re.findall(r"^(\S+)  ", console.run("elections", "show"), re.MULTILINE) == ["2027-11-02", "2028-06-01"]


def test_voting_days_that_are_all_past_are_said_to_tighten_nothing(console: Console) -> None:
    said = CliRunner().invoke(server, ["elections", "set", "2020-11-03", "--data", str(console.data)])
    assert (said.exit_code, "lies ahead" in said.stderr, "lies ahead" in said.stdout) == (0, True, False)


def test_agents_are_listed_and_revoked(console: Console) -> None:
    assert json.loads(console.run("agents", "list", "--format", "json")) == []
    assert "no such agent" in console.refused("agents", "revoke", "nobody").what


def test_a_login_link_is_for_this_machine(console: Console) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:8443/sign-in/link/[\w-]{43}\n", console.run("login-link"))
    said = json.loads(console.run("login-link", "--port", "99", "--format", "json"))
    assert said["url"].startswith("http://127.0.0.1:99/")
    assert "no person" in console.refused("login-link", "--person", "bob").what


def test_a_server_keeps_to_the_kind_of_database_it_was_set_up_with(
        console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUSTINGS_DATABASE_URL", "postgresql://127.0.0.1:1/x")
    for command in ("token", "serve"):
        assert "SQLite" in console.refused(command).what
    monkeypatch.delenv("HUSTINGS_DATABASE_URL")
    settings = console.data / "server.json"
    settings.write_text(settings.read_text().replace('"sqlite"', '"postgresql"'))
    for command in ("token", "serve"):
        assert "PostgreSQL" in console.refused(command).what


def test_every_command_has_help() -> None:
    def walk(command: click.Command, path: list[str]) -> None:
        result = CliRunner().invoke(server, [*path, "--help"])
        assert result.exit_code == 0
        assert command.help, path
        for name, child in getattr(command, "commands", {}).items():
            walk(child, [*path, name])

    walk(server, [])
