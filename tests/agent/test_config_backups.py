"""Mistakes in what is declared of backups are refused with their line."""

import pytest

from agent import config
from hustings.errors import ConfigError

GOOD = """\
data_paths: [{name: roll, path: /srv/roll}]
repositories:
  - {name: nightly, tool: borg, location: "ssh://nas/./roll", password_file: /etc/p, config: /etc/ssh.conf}
  - {name: cluster, tool: pgbackrest, stanza: voters, repo: 2}
  - {name: dumps, tool: files, location: /srv/dumps, password_file: /etc/age.key, covers: [roll]}
  - {name: cloud, tool: rclone-crypt, location: "vault:roll", config: /etc/rclone.conf}
restore_sets:
  - {name: roll, repository: nightly, path: /srv/roll, manifest: /var/lib/m.json, objective: 2h}
  - {name: voters, repository: cluster, tables: [vr.voters], database: registration, manifest: /m.json}
printed_lists:
  - {name: november, file: /srv/list.pdf, sha256: SHA, pages: 12, certified: 480}
""".replace("SHA", "a" * 64)


def test_everything_there_is_to_declare_is_read():
    declared = config.parse(GOOD, "machine.yaml")
    assert declared.instances("restore_set") == ["roll", "voters"]
    assert declared.instances("printed_list") == ["november"]
    assert declared.repositories[1].repo == 2
    assert declared.restore_sets[0].state == "/var/lib/hustings"


@pytest.mark.parametrize(("old", "new", "line", "said"), [
    ("tool: borg", "tool: bacula", 3, "'bacula'"),
    (", stanza: voters", "", 4, "needs its stanza"),
    ("stanza: voters, repo: 2", "stanza: voters, repo: 0", 4, "no number"),
    ("stanza: voters, repo: 2", "stanza: voters, location: /srv", 4, "its own configuration says"),
    ("location: /srv/dumps", "location: dumps", 5, "not an absolute path"),
    ("covers: [roll]", "covers: [rolls]", 5, "no data path is called 'rolls'"),
    ("config: /etc/ssh.conf", "covers: [roll]", 3, "records itself"),
    (", config: /etc/rclone.conf", "", 6, "rclone needs its configuration"),
    ("password_file: /etc/p", "password_file: p", 3, "not an absolute path"),
    ("tool: borg, location", "tool: borg, stanza: x, location", 3, "knows no stanzas"),
    ("tool: borg,", "tool: restic,", 3, "has no configuration file"),
    ("repository: nightly", "repository: weekly", 8, "no repository is called 'weekly'"),
    (", path: /srv/roll, manifest", ", manifest", 8, "either a path or tables"),
    ("path: /srv/roll, manifest", "path: srv, manifest", 8, "not an absolute path"),
    ("manifest: /var/lib/m.json", "manifest: m.json", 8, "not an absolute path"),
    ("objective: 2h", "objective: soon", 8, "not a duration"),
    (", database: registration", "", 9, "tables are in a database"),
    ("tables: [vr.voters]", "tables: [voters]", 9, "not a table with its schema"),
    ("tables: [vr.voters]", "tables: [\"vr.x'); drop\"]", 9, "not a table with its schema"),
    ("repository: cluster", "repository: nightly", 9, "not of borg"),
    ("a" * 64, "A" * 64, 11, "not a SHA-256"),
    ("pages: 12", "pages: 0", 11, "not a count"),
    ("file: /srv/list.pdf", "file: list.pdf", 11, "not an absolute path"),
])
def test_a_mistake_is_refused_with_its_line_and_a_remedy(old, new, line, said):
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        config.parse(GOOD.replace(old, new, 1), "machine.yaml")
    assert caught.value.where == f"machine.yaml:{line}"
    assert said in caught.value.what
    assert caught.value.remedy
