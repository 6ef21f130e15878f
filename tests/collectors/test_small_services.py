"""Cron's jobs, integrity tools, log rotation, mail, SNMP, avahi and NFS exports, from their files."""

import pytest

from collectors import avahi, integrity_tools, log_rotation, mail_service, nfs_exports, snmp
from collectors._cron import commands, jobs
from collectors.base import ABSENT
from hustings.declared import Declared
from hustings.facts import Missing
from tests.fakes import FakeHost

NONE = Declared()


@pytest.mark.parametrize(("line", "found"), [
    ("5 4 * * * root /usr/sbin/aide --check", ["/usr/sbin/aide --check"]),
    ("05 4 */7 * 0 root run", ["run"]),
    ("@daily root run", ["run"]),
    ("5 4 1 * * root run", []),
    ("5 4 * 6 * root run", []),
    ("@monthly root run", []),
    ("@reboot root run", []),
    ("5 4 * * * ada run", []),
    ("# 5 4 * * * root run", []),
    ("MAILTO = root", []),
    ("5 4 * *", []),
])
def test_a_system_table_gives_roots_jobs_that_run_at_least_weekly(line, found):
    assert commands(line, named=True) == found


def test_jobs_come_from_tables_and_scripts_that_cron_would_run():
    host = FakeHost({"/etc/crontab": "1 2 * * * root one\n", "/etc/cron.d/b": "1 2 * * * root two\n",
                     "/etc/cron.d/b.dpkg-old": "1 2 * * * root never\n",
                     "/var/spool/cron/crontabs/root": "1 2 * * * three\n", "/etc/cron.daily/s": "#!/bin/sh\nfour\n",
                     "/etc/cron.daily/dead": "never\n", "/etc/cron.daily/s.sh": "never\n"},
                    stats={"/etc/cron.daily/s": {"mode": 0o755}, "/etc/cron.daily/s.sh": {"mode": 0o755}})
    assert [job.command for job in jobs(host)] == ["one", "two", "three", "four"]


AIDE = """@@define DBDIR /var/lib/aide
database=file:@@{DBDIR}/aide.db
database_out=file:@@{DBDIR}/aide.db.new
#database_new=file:/elsewhere
"""


def test_aides_database_is_the_one_its_settings_name():
    assert integrity_tools.databases(AIDE) == {"current": "/var/lib/aide/aide.db", "new": "/var/lib/aide/aide.db.new"}
    assert integrity_tools.databases("database_in = file:/var/lib/aide/x\n") == {"current": "/var/lib/aide/x"}
    files = {"/etc/aide/aide.conf": AIDE, "/usr/bin/aide": "", "/var/lib/aide/aide.db.new": ""}
    seen = integrity_tools.collect(FakeHost(files), NONE)
    assert (seen["integrity.tool"], seen["integrity.databases"].items) == ("aide", ["new"])


@pytest.mark.parametrize(("command", "compares"), [
    ("/usr/sbin/aide --check", True), ("/usr/bin/aide.wrapper --config /etc/aide/aide.conf --check", True),
    ("test -x /usr/bin/aide", False), ("tripwire --check", True), ("/usr/sbin/aide --init", False),
    ("echo aided --check", False), ("nice aide -C | mail root", True)])
def test_only_a_comparison_counts_as_a_check(command, compares):
    host = FakeHost({"/etc/cron.d/x": f"1 2 * * * root {command}\n"})
    assert bool(integrity_tools.collect(host, NONE)["integrity.scheduled"].items) is compares


def test_a_database_elsewhere_is_not_looked_for():
    seen = integrity_tools.collect(FakeHost({"/etc/aide/aide.conf": "database=file:/home/x/aide.db\n"}), NONE)
    assert isinstance(seen["integrity.databases"], Missing)


def test_rotation_names_every_frequency_and_the_global_number():
    text = "weekly\nrotate 4\n# daily\n/var/log/wtmp {\n  monthly\n  rotate 1\n}\n"
    assert log_rotation.parse(text) == (["monthly", "weekly"], 4)


def test_cron_starts_rotation_if_a_script_of_it_calls_logrotate_with_the_main_file():
    script = "/etc/cron.daily/logrotate"
    for mode, called in ((0o755, True), (0o644, False)):
        host = FakeHost({script: "#!/bin/sh\n/usr/sbin/logrotate /etc/logrotate.conf\n"},
                        stats={script: {"mode": mode}})
        assert log_rotation.collect(host, NONE)["log_rotation.by_cron"] is called


def test_aliases():
    assert mail_service.aliases('# x\nPostmaster: root\n"Root":\tada@example.org,\n\tben@example.org\nempty:\n') == {
        "postmaster": "root", "root": "ada@example.org, ben@example.org"}


@pytest.mark.parametrize(("setting", "local"), [
    ("inet_interfaces = loopback-only", True), ("inet_interfaces = localhost", True),
    ("inet_interfaces = 127.0.0.1, ::1", True), ("inet_interfaces = all", False), ("", False),
    ("inet_interfaces = loopback-only\ninet_interfaces = all", False),
    ("inet_interfaces =\n  localhost", True), ("#inet_interfaces = localhost", False),
    ("inet_interfaces = localhost, 10.0.0.1", False)])
def test_postfix_listens_where_its_last_word_says(setting, local):
    host = FakeHost({"/usr/sbin/postfix": "", "/etc/postfix/main.cf": f"{setting}\n"})
    assert mail_service.collect(host, NONE)["mail.local_only"] is local


@pytest.mark.parametrize(("line", "local"), [("dc_local_interfaces='127.0.0.1 ; ::1'", True),
                                             ("dc_local_interfaces=''", False), ("", False)])
def test_exim_listens_where_debians_settings_say(line, local):
    host = FakeHost({"/usr/sbin/exim4": "", "/etc/exim4/update-exim4.conf.conf": f"{line}\n"})
    assert mail_service.collect(host, NONE)["mail.local_only"] is local


def test_no_mail_service_is_absent_and_an_unknown_one_unsupported():
    assert mail_service.collect(FakeHost({}, dirs=["/usr/sbin"]), NONE)["mail.local_only"] is ABSENT
    assert isinstance(mail_service.collect(FakeHost({"/usr/sbin/sendmail": ""}), NONE)["mail.local_only"], Missing)


def test_known_community_names_are_found_in_every_file():
    host = FakeHost({"/etc/snmp/snmpd.conf": "rocommunity  public default -V systemonly\n#rocommunity private\n"
                                             "rocommunity publicity\n",
                     "/etc/snmp/snmpd.conf.d/x.conf": "com2sec me default private\n"})
    assert snmp.collect(host, NONE)["snmp.known_communities"].items == ["rocommunity", "com2sec"]


@pytest.mark.parametrize(("text", "publishes"), [
    ("[publish]\ndisable-publishing=yes\n", False), ("[publish]\n#disable-publishing=yes\n", True),
    ("[server]\ndisable-publishing=yes\n", True), ("[publish]\ndisable-publishing=no\n", True)])
def test_avahi_publishes_unless_it_is_told_not_to(text, publishes):
    assert avahi.publishes(text) is publishes


def test_exports_are_one_entry_for_each_client():
    text = '/srv/a 10.0.0.5(rw,no_root_squash) *(ro)\n"/srv/b c" -rw,insecure ws*.example.org\n/srv/d\n# /srv/e *(rw)\n'
    found = nfs_exports.parse(text)
    assert [(one["path"], one["client"], one["anyone"], one["writable"], one["root_kept"], one["any_port"])
            for one in found] == [
        ("/srv/a", "10.0.0.5", False, True, True, False), ("/srv/a", "*", True, False, False, False),
        ("/srv/b c", "ws*.example.org", False, True, False, True), ("/srv/d", "*", True, False, False, False)]


def test_files_that_may_not_be_read_are_never_empty():
    host = FakeHost({"/etc/cron.d/x": "", "/etc/aliases": "", "/etc/logrotate.conf": ""},
                    denied=["/etc/cron.d", "/etc/aliases", "/etc/logrotate.conf"])
    assert isinstance(integrity_tools.collect(host, NONE)["integrity.scheduled"], Missing)
    assert isinstance(mail_service.collect(host, NONE)["mail.root_alias"], Missing)
    assert isinstance(log_rotation.collect(host, NONE)["log_rotation.frequencies"], Missing)
