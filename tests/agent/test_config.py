"""machine.yaml: what a machine is for, or what is wrong with saying so."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from agent import config
from hustings.declared import KINDS, ROLES, Declared
from hustings.errors import ConfigError, UsageError
from tests.fakes import FakeHost

WHOLE = """\
roles: [registration-db, backup-server]
databases:
  - {name: register, engine: postgresql, host: /var/run/postgresql, port: 5433, schemas: [public, roll]}
repositories:
  - {name: nightly, tool: restic, location: /srv/backups, password_file: /etc/hustings/nightly}
tenants: [{name: office, kind: ldap, url: "ldaps://ldap.votes.example"}]
domains: [{name: votes.example, sends_mail: false}]
data_paths: [{name: roll, path: /srv/roll}]
restore_sets: [{name: list, repository: nightly, path: /srv/roll, manifest: /srv/manifest.json}]
printed_lists: [{name: november, file: /srv/list.pdf, sha256: DIGEST, pages: 12, certified: 480}]
voting_days: [2026-11-03, 2027-11-02]
""".replace("DIGEST", "a" * 64)


def refused(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        config.parse(text, "machine.yaml")
    return caught.value


def test_everything_that_can_be_declared_is_read() -> None:
    declared = config.parse(WHOLE, "machine.yaml")
    assert {kind: declared.instances(kind) for kind in KINDS} == {
        "database": ["register"], "repository": ["nightly"], "tenant": ["office"], "domain": ["votes.example"],
        "data_path": ["roll"], "restore_set": ["list"], "printed_list": ["november"]}
    assert declared.roles == ("registration-db", "backup-server")
    assert declared.voting_days == (date(2026, 11, 3), date(2027, 11, 2))
    assert declared.databases[0].schemas == ("public", "roll")


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}"])
def test_an_empty_file_declares_nothing(text: str) -> None:
    assert config.parse(text, "machine.yaml") == Declared()


@pytest.mark.parametrize(("text", "line", "said"), [
    ("rolls: [ems]", 1, "unknown key 'rolls'"),
    ("roles: [ems]\nroles: [ems]", 2, "twice"),
    ("roles:\n  - ems\n  - servr", 3, "unknown role 'servr'"),
    ("roles: ems", 1, "roles"),
    ("roles: null", 1, "roles"),
    ("- ems", 1, "not keys with values"),
    ("roles: [ems", 1, "not YAML"),
    ("roles: [on]", 1, "bare 'on'"),
    ("domains:\n  - name: a\n    sends_mail: no", 3, "bare 'no'"),
    ("repositories:\n  - {name: a, tool: restic, location: /a}\n  - {name: a, tool: restic, location: /b}", 3,
     "two repositories are called 'a'"),
    ("repositories:\n  - {name: a, tool: tar, location: /a}", 2, "'tar'"),
    ("repositories:\n  - {name: a, location: /a}", 2, "'tool' is missing"),
    ("repositories:\n  - {tool: restic, location: /a}", 2, "'name' is missing"),
    ("databases:\n  - {name: ' ', engine: postgresql}", 2, "needs a name"),
    ("databases:\n  - {name: a@b, engine: postgresql}", 2, "without '@'"),
    ("databases:\n  - {name: a, engine: dbase}", 2, "'dbase'"),
    ("databases:\n  - {name: a, engine: postgresql, port: 70000}", 2, "not a port"),
    ("databases:\n  - {name: a, engine: postgresql, port: '5432'}", 2, "port"),
    ("databases:\n  - {name: a, engine: mariadb, port: 0}", 2, "not a port"),
    ("databases:\n  - {name: a, engine: mariadb, access_model: roll.yaml}", 2, "not an absolute path"),
    ("databases:\n  - {name: a, engine: mariadb, usage: /var/lib/x.db}", 2, "none is named"),
    ("databases:\n  - {name: a, engine: postgresql, mirror: both}", 2, "primary or replica"),
    ("databases:\n  - {name: a, engine: mysql, mirror: primary}", 2, "is not read yet"),
    ("office_key: office.key", 1, "not an absolute path"),
    ("databases:\n  - {name: a, engine: postgresql, pasword_file: /x}", 2, "unknown key 'pasword_file'"),
    ("data_paths:\n  - {name: a, path: srv/roll}", 2, "not an absolute path"),
    ("voting_days: [2026-11-31]", 1, "voting_days"),
    ("voting_days: 2026-11-03", 1, "voting_days"),
    ("voting_days: [9999-12-31]", 1, "between 2000 and 2199"),
    ("voting_days: [3 November 2026]", 1, "voting_days"),
])
def test_a_mistake_is_refused_with_its_line_and_the_remedy(text: str, line: int, said: str) -> None:
    error = refused(text)
    assert said in str(error)
    assert error.where == f"machine.yaml:{line}"
    assert error.remedy


def test_a_named_file_must_be_there_and_readable(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: there is no such file\n  fix: "):
        config.load(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match="cannot be read"):
        config.load(tmp_path)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("roles: []\n# élections".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"latin\.yaml:2: not UTF-8 text\n  fix: save it as UTF-8"):
        config.load(latin)
    with pytest.raises(ConfigError):
        config.load(Path("/dev/zero"))


def test_roles_on_the_command_line_replace_the_declared_ones() -> None:
    declared = config.parse(WHOLE, "machine.yaml")
    assert config.with_roles(declared, ()) is declared
    other = config.with_roles(declared, ("ems",))
    assert (other.roles, other.repositories) == (("ems",), declared.repositories)
    with pytest.raises(UsageError, match=r"(?s)--role: unknown role 'db'.*registration-db"):
        config.with_roles(declared, ("db",))


@pytest.mark.parametrize("kind", ["image", "recorded"])
def test_an_image_is_what_it_declares_itself_and_never_what_this_machine_does(kind: str) -> None:
    assert config.of_host(FakeHost({"/etc/hustings/machine.yaml": "roles: [ems]"}, kind=kind)).roles == ("ems",)
    assert config.of_host(FakeHost(kind=kind)) == Declared()
    closed = FakeHost({"/etc/hustings/machine.yaml": "roles: [ems]"}, kind=kind, denied=["/etc/hustings/machine.yaml"])
    with pytest.raises(ConfigError, match="denied"):
        config.of_host(closed)
    with pytest.raises(ConfigError, match=f"{kind}:1"):
        config.of_host(FakeHost({"/etc/hustings/machine.yaml": "roles: [emss]"}, kind=kind))


def test_a_file_named_by_hand_is_taken_for_an_image_too(tmp_path: Path) -> None:
    path = tmp_path / "machine.yaml"
    path.write_text("roles: [directory]")
    image = FakeHost({"/etc/hustings/machine.yaml": "roles: [ems]"}, kind="image")
    assert config.of_host(image, path).roles == ("directory",)


def test_every_role_is_one_of_the_catalogues() -> None:
    from policies import pack

    used = {role for row in pack.shipped().rows for role in row.roles}
    assert used <= set(ROLES)


def test_a_port_left_out_is_the_engines_own() -> None:
    declared = config.parse("databases:\n" + "".join(
        f"  - {{name: {one}, engine: {one}}}\n" for one in ("postgresql", "mariadb", "mysql")), "machine.yaml")
    assert [one.listens for one in declared.databases] == [5432, 3306, 3306]
