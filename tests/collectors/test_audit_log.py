"""``auditd.conf`` as auditd reads it."""

import pytest

from collectors import audit_log
from collectors.audit_log import CONTRADICTORY, facts
from collectors.base import ABSENT
from collectors.host.protocol import LookError
from hustings.declared import Declared
from hustings.facts import Missing
from tests.fakes import FakeHost

DEBIAN = """# comment
local_events = yes
write_logs = yes
log_file = /var/log/audit/audit.log
log_group = adm
log_format = ENRICHED
flush = INCREMENTAL_ASYNC
freq = 50
max_log_file = 8
num_logs = 5
name_format = NONE
##name = mydomain
max_log_file_action = ROTATE
space_left = 75
space_left_action = SYSLOG
verify_email = yes
action_mail_acct = root
admin_space_left = 50
admin_space_left_action = SUSPEND
disk_full_action = SUSPEND
disk_error_action = SUSPEND
overflow_action = SYSLOG
plugin_dir = /etc/audit/plugins.d
"""


def test_debians_file_is_read():
    seen = facts(DEBIAN)
    wanted = {"format": "enriched", "file_size": 8, "files": 5, "file_full_action": "rotate", "space_left": 75,
              "space_left_percent": ABSENT, "disk_full_action": "suspend"}
    assert {name: seen[f"audit_log.{name}"] for name in wanted} == wanted
    assert seen["audit_log.faults"].items == []


def test_a_share_is_no_number_of_megabytes():
    seen = facts("space_left = 25%\n")
    assert (seen["audit_log.space_left_percent"], seen["audit_log.space_left"]) == (25, ABSENT)


def test_what_is_not_said_is_absent_or_the_daemons_good_default():
    seen = facts("")
    assert (seen["audit_log.written"], seen["audit_log.disk_full_action"], seen["audit_log.file_size"]) == (
        "default", ABSENT, ABSENT)


def test_contradictory_lines_are_no_value():
    seen = facts("disk_full_action = halt\ndisk_full_action = ignore\nnum_logs = 5\nnum_logs = 9\n")
    assert seen["audit_log.disk_full_action"] == CONTRADICTORY
    assert isinstance(seen["audit_log.files"], Missing)


def test_the_same_said_twice_is_said_once():
    assert facts("Disk_Full_Action = halt\ndisk_full_action = HALT\n")["audit_log.disk_full_action"] == "halt"


@pytest.mark.parametrize("line", ["num_logs=5", "num_logs 5", "= 5", "num_logs ="])
def test_a_line_that_auditd_refuses_sets_nothing_and_is_named(line):
    seen = facts(f"{line}\n")
    assert (seen["audit_log.files"], seen["audit_log.faults"].items) == (ABSENT, [line])


def test_a_number_that_is_none_is_an_error():
    assert isinstance(facts("max_log_file = many\n")["audit_log.file_size"], Missing)


REMOTE = {"/etc/audit/plugins.d/au-remote.conf": "active = yes\ndirection = out\n",
          "/etc/audit/plugins.d/syslog.conf": "active = no\n", "/usr/sbin/auditd": ""}


def test_active_plugins_and_the_server_they_send_to():
    host = FakeHost({**REMOTE, "/etc/audit/audisp-remote.conf": "remote_server = logs.example.org\nport = 60\n"})
    seen = audit_log.collect(host, Declared())
    assert seen["audit_log.plugins"].items == ["au-remote"]
    assert (seen["audit_log.remote_server"], seen["audit_log.installed"]) == ("logs.example.org", True)


def test_a_sending_plugin_without_its_settings_is_an_error():
    with pytest.raises(LookError):
        audit_log._remote(FakeHost(REMOTE))


def test_a_file_that_may_not_be_read_is_denied_and_not_absent():
    host = FakeHost({"/etc/audit/auditd.conf": DEBIAN, "/usr/sbin/auditd": ""}, denied=["/etc/audit"])
    seen = audit_log.collect(host, Declared())
    assert isinstance(seen["audit_log.files"], Missing)
    assert isinstance(seen["audit_log.plugins"], Missing)
    assert seen["audit_log.installed"] is True
