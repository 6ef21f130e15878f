"""The audit daemon, journald, rsyslog and what leaves the machine."""

from datetime import timedelta

import pytest

from collectors import audit_daemon, journald, logging_daemon, rsyslog
from collectors.base import ABSENT
from collectors.host.protocol import Output, Unreadable
from hustings.declared import Declared
from hustings.facts import Missing, Reason
from hustings.times import utc_text
from tests.collectors.captured import captured
from tests.collectors.test_devices import daemons
from tests.fakes import NOW, FakeHost

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
    assert [(one["target"], one["protocol"], one["tls"]) for one in rsyslog.parse_forwards(text)] == [found]


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
    host = FakeHost(daemons(**{"syslogd": ("100", 0), "filebeat": ("101", 0), "systemd-journald": ("102", 0)}))
    seen = logging_daemon.collect(host, NONE)
    assert seen["logging.remote"].why.reason is Reason.UNSUPPORTED
    assert seen["logging.shippers"].items == ["filebeat"]
    assert seen["logging.journal_running"] is True


def image(files: dict[str, str], **more: object) -> dict[str, object]:
    present = {"/usr/sbin/rsyslogd": "", "/etc/systemd/system/multi-user.target.wants/rsyslog.service": ""}
    return logging_daemon.collect(FakeHost({**present, **files}, kind="image", **more), NONE)


def test_in_an_image_the_daemon_that_is_switched_on_counts():
    conf = {"/etc/rsyslog.conf": "*.* @@logs.example.org\n"}
    assert [one["target"] for one in image(conf)["logging.remote"].items] == ["logs.example.org"]
    off = logging_daemon.collect(FakeHost({"/usr/sbin/rsyslogd": "", **conf}, kind="image"), NONE)
    assert (off["logging.syslog_daemon"], off["logging.remote"].items) == ("none", [])
    assert [one["target"] for one in off["rsyslog.forwards"].items] == ["logs.example.org"]


@pytest.mark.parametrize(("text", "tls", "authenticated"), [
    ('action(type="omfwd" target="x" protocol="tcp" StreamDriver="gtls" StreamDriverMode="1"\n'
     '  StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="x")\n', True, True),
    ('action(type="omfwd" target="x" protocol="tcp" StreamDriver="gtls" StreamDriverMode="1")\n', True, False),
    ('action(type="omfwd" target="x" protocol="tcp" StreamDriver="gtls" StreamDriverMode="1" '
     'StreamDriverAuthMode="anon")\n', True, False),
    ("$DefaultNetstreamDriver gtls\n$ActionSendStreamDriverMode 1\n$ActionSendStreamDriverAuthMode x509/name\n"
     "*.* @@x\n", True, True),
    ('action(type="omfwd" target="x" protocol="tcp" StreamDriver="gtls" StreamDriverMode="1" '
     'StreamDriverAuthMode="x509/name" StreamDriver.CheckExtendedKeyPurpose="on")\n', True, True),
    ('action(type="omrelp" target="x" tls="on" tls.authmode="name")\n', True, True),
    ('action(type="omfwd" target="x" protocol="tcp" StreamDriverAuthMode="x509/name")\n', False, False),
])
def test_the_other_side_is_authenticated_only_where_its_certificate_is_checked(text, tls, authenticated):
    [found] = rsyslog.parse_forwards(text)
    assert (found["tls"], found["peer_check"] != "none") == (tls, authenticated)


def test_settings_of_both_languages_have_one_name_and_the_last_word_counts():
    text = ('$DefaultNetstreamDriver none\nglobal(\n  DefaultNetstreamDriver="gtls"\n)\n$FileCreateMode 0640\n'
            "# $FileCreateMode 0600\n")
    seen = {one["name"]: one for one in image({"/etc/rsyslog.conf": text})["rsyslog.settings"].items}
    assert (seen["defaultnetstreamdriver"]["value"], seen["defaultnetstreamdriver"]["contradictions"]) == ("gtls", 1)
    assert (seen["filecreatemode"]["value"], seen["filecreatemode"]["line"]) == ("0640", 5)
    assert seen["umask"]["origin"] == "built-in"


@pytest.mark.parametrize(("text", "modes"), [
    ("*.* /var/log/all\n", ["0644"]), ("$FileCreateMode 0600\n*.* -/var/log/all\n", ["0600"]),
    ("mail.* /var/log/mail\n$FileCreateMode 0600\n*.* /var/log/all\n", ["0600", "0644"]),
    ('module(load="builtin:omfile" FileCreateMode="0640")\naction(type="omfile" file="/x")\n', ["0640"]),
    ('$FileCreateMode 0600\naction(type="omfile" file="/x" fileCreateMode="0666")\n', ["0600", "0666"]),
    ("$IncludeConfig /etc/rsyslog.d/*.conf\n*.* /var/log/all\n", ["0601"]), ("*.* @x\n", []),
])
def test_the_permissions_of_log_files_are_those_in_force_where_each_is_opened(text, modes):
    seen = image({"/etc/rsyslog.conf": text, "/etc/rsyslog.d/00-mode.conf": "  $FileCreateMode 0601\n"})
    assert [one["mode"] for one in seen["rsyslog.file_modes"].items] == modes


@pytest.mark.parametrize(("text", "modules"), [
    ('module(load="imtcp")\ninput(type="imtcp" port="514")\n', [("imtcp", ""), ("imtcp", "514")]),
    ("$ModLoad imudp\n$UDPServerRun 514\n", [("imudp", ""), ("imudp", "514")]), ('module(load="imuxsock")\n', []),
    ('#module(load="imtcp")\n', []), ("$InputTCPServerRun 601\n", [("imtcp", "601")]),
])
def test_what_takes_messages_from_the_network_is_seen(text, modules):
    seen = image({"/etc/rsyslog.conf": text})["rsyslog.inputs"].items
    assert [(one["module"], one["port"]) for one in seen] == modules


def test_facilities_are_logged_where_every_message_of_them_goes_somewhere():
    def logged(text: str) -> list[str]:
        return image({"/etc/rsyslog.conf": text})["rsyslog.facilities_logged"].items

    assert {"auth", "authpriv", "cron", "daemon"} <= set(logged(captured("devices/rsyslog.conf")))
    assert logged("auth,authpriv.* /var/log/auth.log\ncron.info /var/log/cron\n*.emerg :omusrmsg:*\n") == [
        "auth", "authpriv"]
    assert "auth" not in logged("*.*;auth.none /var/log/all\n")
    assert image({"/etc/rsyslog.conf": "auth.*,authpriv.*;daemon.* /x\n"})["rsyslog.selectors"].items == [
        "auth.*", "authpriv.*", "daemon.*"]


SYSLOG_NG = """@version: 3.38
@include "scl.conf"
source s_src { system(); internal(); };
destination d_net { network("logs.example.org" port(6514) transport("tls")
    tls(ca-dir("/etc/ssl/certs") peer-verify(required-trusted))); };
destination d_old { udp("192.0.2.9" port(514)); };  # nobody uses it
destination d_file { file("/var/log/messages"); };
log { source(s_src); destination(d_net); destination(d_file); };
@include "/etc/syslog-ng/conf.d/*.conf"
"""


def test_syslog_ng_is_read_with_what_its_log_paths_use():
    files = {**daemons(**{"syslog-ng": ("100", 0)}), "/etc/syslog-ng/syslog-ng.conf": SYSLOG_NG,
             "/etc/syslog-ng/conf.d/more.conf": 'log { source(s_src); destination { tcp("192.0.2.7"); }; };\n'}
    seen = logging_daemon.collect(FakeHost(files), NONE)["logging.remote"]
    assert seen.complete
    assert [(one["target"], one["protocol"], one["tls"], one["peer_check"]) for one in seen.items] == [
        ("logs.example.org", "tcp", True, "certificate"), ("192.0.2.7", "tcp", False, "none")]
    broken = {**files, "/etc/syslog-ng/syslog-ng.conf": "log { source(s_src);\n"}
    assert isinstance(logging_daemon.collect(FakeHost(broken), NONE)["logging.remote"], Missing)


@pytest.mark.parametrize(("url", "expected"), [
    ("https://logs.example.org:19532", ("logs.example.org", "https", True)),
    ("logs.example.org", ("logs.example.org", "https", True)), ("http://192.0.2.9:19532", ("192.0.2.9", "http", False)),
])
def test_the_journals_upload_counts_while_it_runs(url, expected):
    files = {"/etc/systemd/journal-upload.conf": f"[Upload]\nURL={url}\n"}
    running = daemons(**{"systemd-journal-upload": ("100", 0)})
    [seen] = logging_daemon.collect(FakeHost({**running, **files}), NONE)["logging.remote"].items
    assert (seen["target"], seen["protocol"], seen["tls"]) == expected
    assert logging_daemon.collect(FakeHost({**daemons(), **files}), NONE)["logging.remote"].items == []


def test_how_long_the_journal_is_kept_and_how_far_the_log_reaches_back():
    old, new = NOW - timedelta(days=100), NOW - timedelta(days=2)
    files = {"/etc/systemd/journald.conf": "[Journal]\nMaxRetentionSec=3month\n#Compress=no\n",
             "/var/log/journal/0a/system@1.journal": "x", "/var/log/syslog.1": "x", "/var/log/dpkg.log": "x"}
    stats = {"/var/log/journal/0a/system@1.journal": {"mtime": old}, "/var/log/syslog.1": {"mtime": new},
             "/var/log/dpkg.log": {"mtime": NOW - timedelta(days=900)}}
    seen = image(files, stats=stats)
    assert seen["logging.journal_retention"] == 3 * 2629800
    assert seen["logging.reaches_back_to"] == utc_text(old)
    settings = {one["name"]: one for one in seen["logging.journal_settings"].items}
    assert (settings["maxretentionsec"]["origin"], settings["compress"]["origin"]) == ("stated", "built-in")
    soon = image({"/etc/systemd/journald.conf": "[Journal]\nMaxRetentionSec=soon\n"})
    assert soon["logging.journal_retention"].reason is Reason.ERROR
    assert soon["logging.reaches_back_to"] is ABSENT


@pytest.mark.parametrize(("text", "everything"), [
    ("*.* @@x\n", True), ("mail.* @@x\n", False), ("*.*;auth.none @@x\n", False),
    ('action(type="omfwd" target="x")\n', True), ('auth.* action(type="omfwd" target="x")\n', False),
    ('*.* action(type="omfwd"\n  target="x")\n', True), ('mail.*\taction(type="omrelp" target="x")\n', False),
])
def test_it_is_known_whether_a_forwarding_rule_leaves_messages_out(text, everything):
    assert [one["everything"] for one in rsyslog.parse_forwards(text)] == [everything]


FORWARD = 'action(type="omfwd" target="logs" protocol="tcp")'


@pytest.mark.parametrize("text", [
    f"if $programname == 'x' then {{\n  {FORWARD}\n}}\n", f"if $msg contains '{{' then\n  {FORWARD}\n",
    f':msg, contains, "x" {FORWARD}\n', f'ruleset(name="r") {{\n  {FORWARD}\n}}\n',
    "if $msg == 'x' then {\n  *.* @@logs\n}\n",
    'if $msg == "x" then {\n  include(file="/etc/rsyslog.d/f.conf")\n}\n',
])
def test_a_forwarding_action_under_a_condition_neither_counts_nor_is_denied(text):
    seen = image({"/etc/rsyslog.conf": text, "/etc/rsyslog.d/f.conf": f"{FORWARD}\n"})
    for fact in ("rsyslog.forwards", "logging.remote"):
        assert (seen[fact].items, seen[fact].complete) == ([], False)
    beside = image({"/etc/rsyslog.conf": f"{text}*.* @@always\n", "/etc/rsyslog.d/f.conf": f"{FORWARD}\n"})
    assert [one["target"] for one in beside["rsyslog.forwards"].items] == ["always"]


@pytest.mark.parametrize("text", ["stop\n", "*.* stop\n", "*.* ~\n"])
def test_what_stands_behind_a_stop_forwards_nothing(text):
    seen = image({"/etc/rsyslog.conf": f"{text}*.* @@logs\n"})["rsyslog.forwards"]
    assert (seen.items, seen.complete) == ([], True)
    before = image({"/etc/rsyslog.conf": f"*.* @@logs\n{text}"})["rsyslog.forwards"]
    assert [one["everything"] for one in before.items] == [True]


@pytest.mark.parametrize("text", ["stop\n{}", "if $msg == 'x' then {{\n{}}}\n"])
def test_what_no_message_need_come_to_logs_nothing(text):
    seen = image({"/etc/rsyslog.conf": text.format("auth.* /var/log/auth.log\n")})
    assert seen["rsyslog.facilities_logged"].items == []


def test_a_facility_that_is_discarded_before_is_not_forwarded():
    seen = image({"/etc/rsyslog.conf": "auth.* stop\n*.* @@logs\n"})["rsyslog.forwards"]
    assert [one["everything"] for one in seen.items] == [False]
    kept = image({"/etc/rsyslog.conf": "if $msg == 'x' then stop\nif $msg == 'y' then {\n  stop\n}\n*.* @@logs\n"})
    assert [one["everything"] for one in kept["rsyslog.forwards"].items] == [True]
