"""The audit daemon, journald, rsyslog and what leaves the machine."""

import pytest

from collectors import audit_daemon, journald, logging_daemon, rsyslog
from collectors.host.protocol import Output, Unreadable
from hustings.declared import Declared
from hustings.facts import Missing, Reason
from tests.collectors.captured import captured
from tests.collectors.test_devices import daemons
from tests.fakes import FakeHost

NONE = Declared()
AUDITD = {"auditd": ("100", 0)}


def audit(status: Output | None, rules: Output | None, files: dict[str, str]) -> dict[str, object]:
    commands = {("auditctl", option): answer for option, answer in (("-s", status), ("-l", rules)) if answer}
    seen = audit_daemon.collect(FakeHost(files, commands=commands), NONE)
    return {name: seen[name] for name in ("audit.daemon_running", "audit.enabled", "audit.rules")}


def test_the_kernels_side_is_told_by_auditctl():
    status, rules = captured("devices/auditctl-s.txt"), captured("devices/auditctl-l.txt")
    seen = audit(Output(0, status, ""), Output(0, rules, ""), daemons(**AUDITD))
    assert seen == {"audit.daemon_running": True, "audit.enabled": False, "audit.rules": 2}
    on = audit(Output(0, status.replace("enabled 0", "enabled 2"), ""), Output(0, "No rules\n", ""), daemons())
    assert on == {"audit.daemon_running": False, "audit.enabled": True, "audit.rules": 0}


def test_without_root_the_kernels_side_is_denied_and_the_daemon_is_still_seen():
    refused = Output(4, "", "You must be root to run this program.\n")
    seen = audit(refused, refused, daemons(**AUDITD))
    assert seen["audit.daemon_running"] is True
    assert seen["audit.enabled"].reason is Reason.DENIED
    assert seen["audit.rules"].reason is Reason.DENIED


def test_not_installed_is_known_but_a_daemon_without_its_tool_is_not():
    assert audit(None, None, daemons()) == {"audit.daemon_running": False, "audit.enabled": False, "audit.rules": 0}
    assert isinstance(audit(None, None, daemons(**AUDITD))["audit.rules"], Missing)


def test_an_answer_of_auditctl_that_is_not_understood_is_an_error():
    for parse, text in ((audit_daemon.parse_rules, "Error sending rule\n"), (audit_daemon.parse_status, "pid 0\n")):
        with pytest.raises(Unreadable):
            parse(text)


@pytest.mark.parametrize(("files", "dirs", "storage"), [
    ({}, (), "volatile"),
    ({}, ("/var/log/journal",), "persistent"),
    ({"/etc/systemd/journald.conf": "[Journal]\n#Storage=volatile\n"}, ("/var/log/journal",), "persistent"),
    ({"/etc/systemd/journald.conf": "[Journal]\nStorage=volatile\n"}, ("/var/log/journal",), "volatile"),
    ({"/etc/systemd/journald.conf": "[Other]\nStorage=none\n"}, (), "volatile"),
    ({"/etc/systemd/journald.conf": "[Journal]\nStorage=none\n",
      "/etc/systemd/journald.conf.d/50-keep.conf": "[Journal]\nStorage = persistent\n"}, (), "persistent"),
    ({"/etc/systemd/journald.conf.d/90-last.conf": "[Journal]\nStorage=none\n",
      "/usr/lib/systemd/journald.conf.d/10-first.conf": "[Journal]\nStorage=persistent\n"}, (), "none"),
    ({"/usr/lib/systemd/journald.conf.d/a.conf": "[Journal]\nStorage=none\n",
      "/etc/systemd/journald.conf.d/a.conf": "[Journal]\nStorage=persistent\n"}, (), "persistent"),
    ({"/etc/systemd/journald.conf": "[Journal]\nStorage=Persistent\n"}, (), "volatile"),
])
def test_the_journal_is_where_the_last_word_of_its_configuration_puts_it(files, dirs, storage):
    assert journald.storage(FakeHost(files, dirs=dirs)) == storage


@pytest.mark.parametrize(("text", "found"), [
    ("*.* @@logs.example.org:6514\n", ("logs.example.org", "tcp", False)),
    ("*.* @192.0.2.9\n", ("192.0.2.9", "udp", False)),
    ("$DefaultNetstreamDriver gtls\n$ActionSendStreamDriverMode 1\n*.* @@logs.example.org:6514\n",
     ("logs.example.org", "tcp", True)),
    ("$ActionSendStreamDriverMode 1\n*.* @@logs.example.org:6514\n", ("logs.example.org", "tcp", False)),
    ('global(\n  DefaultNetstreamDriver="ossl"\n)\naction(type="omfwd" target="x" protocol="tcp" '
     'StreamDriverMode="1")\n', ("x", "tcp", True)),
    ('action(type="omfwd" target="x" protocol="tcp" StreamDriverMode="1")\n', ("x", "tcp", False)),
    ('action(type="omfwd" target="x" template="a#b" # to the office\n protocol="tcp")\n', ("x", "tcp", False)),
    ("auth,authpriv.* @@(o)[2001:db8::9]:514;RSYSLOG_SyslogProtocol23Format\n", ("2001:db8::9", "tcp", False)),
    ("*.* :omrelp:logs.example.org:2514\n", ("logs.example.org", "relp", False)),
    ('*.* action(type="omfwd" target="logs.example.org" port="6514" protocol="tcp"\n'
     '  StreamDriver="gtls" StreamDriverMode="1" StreamDriverAuthMode="x509/name")\n',
     ("logs.example.org", "tcp", True)),
    ('action(type="omfwd" Target="logs.example.org")\n', ("logs.example.org", "udp", False)),
    ('action(type="omrelp" target="logs.example.org" port="2514" tls="on")\n', ("logs.example.org", "relp", True)),
    ('action(type="omfwd" target="x" protocol="udp" StreamDriverMode="1")\n', ("x", "udp", False)),
])
def test_a_forwarding_rule_says_where_how_and_whether_encrypted(text, found):
    assert [tuple(one.values()) for one in rsyslog.parse_forwards(text)] == [found]


@pytest.mark.parametrize("text", [
    "# *.* @@logs.example.org\n", 'action(type="omfile" file="/var/log/x")\n', "mail.err /var/log/mail@err\n",
    '#action(type="omfwd" target="logs.example.org")\n', "*.emerg :omusrmsg:*\n",
    '/* until the server is back\naction(type="omfwd" target="logs.example.org")\n*.* @@logs.example.org\n*/\n',
    '*.* /var/log/all # action(type="omfwd" target="logs.example.org")\n',
])
def test_what_stays_here_is_no_forwarding_rule(text):
    assert rsyslog.parse_forwards(text) == []


def test_the_configuration_that_debian_ships_forwards_nothing():
    assert rsyslog.parse_forwards(captured("devices/rsyslog.conf")) == []


def forwards(files: dict[str, str], **more: object) -> object:
    running = daemons(rsyslogd=("100", 0))
    return logging_daemon.collect(FakeHost({**running, **files}, **more), NONE)["logging.remote"]


def test_included_files_are_read_in_both_languages():
    main = captured("devices/rsyslog.conf") + 'include(file="/etc/extra/*.conf")\n'
    files = {"/etc/rsyslog.conf": main, "/etc/rsyslog.d/50-a.conf": "*.* @a\n",
             "/etc/rsyslog.d/ignored.txt": "*.* @z\n",
             "/etc/extra/b.conf": "*.* @@b\n"}
    seen = forwards(files)
    assert {one["target"] for one in seen.items} == {"a", "b"}
    assert seen.complete


def test_an_included_file_that_may_not_be_read_leaves_the_list_open():
    files = {"/etc/rsyslog.conf": captured("devices/rsyslog.conf"), "/etc/rsyslog.d/50-a.conf": "*.* @a\n"}
    seen = forwards(files, denied={"/etc/rsyslog.d/50-a.conf"})
    assert (seen.items, seen.complete, seen.why.reason) == ([], False, Reason.DENIED)
    assert not forwards({}).complete


def test_includes_over_several_lines_count_and_too_many_leave_the_list_open():
    files = {"/etc/rsyslog.conf": 'include(\n  file="/etc/rsyslog.d/a.conf"\n)\n# $IncludeConfig /etc/b\n',
             "/etc/rsyslog.d/a.conf": "*.* @a\n", "/etc/b": "*.* @b\n"}
    assert [one["target"] for one in forwards(files).items] == ["a"]
    stars = {"/etc/rsyslog.conf": "$IncludeConfig /etc/rsyslog.d/*.conf\n*.* @@b\n*.err /var/log/*/x\n"}
    assert [one["target"] for one in forwards(stars).items] == ["b"]
    loop = forwards({"/etc/rsyslog.conf": "$IncludeConfig /etc/rsyslog.conf\n"})
    assert (loop.complete, loop.why.reason) == (False, Reason.TRUNCATED)


def test_rules_of_a_daemon_that_does_not_run_do_not_count():
    host = FakeHost({**daemons(), "/etc/rsyslog.conf": "*.* @a\n"})
    seen = logging_daemon.collect(host, NONE)
    assert seen["logging.syslog_daemon"] == "none"
    assert (seen["logging.remote"].items, seen["logging.remote"].complete) == ([], True)


def test_another_daemons_rules_are_unknown_and_shippers_are_named():
    host = FakeHost(daemons(**{"syslog-ng": ("100", 0), "filebeat": ("101", 0), "systemd-journald": ("102", 0)}))
    seen = logging_daemon.collect(host, NONE)
    assert seen["logging.remote"].why.reason is Reason.UNSUPPORTED
    assert seen["logging.shippers"].items == ["filebeat"]
    assert seen["logging.journal_running"] is True
