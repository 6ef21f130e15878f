"""Audit rules: merged as ``augenrules`` merges them, loaded as ``auditctl`` does, judged in the kernel's order."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors import audit_daemon
from collectors._audit_reach import reach
from collectors._audit_rules import lines, load, merge
from collectors.host.protocol import Denied, Output, Unreadable
from hustings.declared import Declared
from hustings.facts import Missing, Reason
from tests.fakes import FakeHost
from tests.scenarios.base import KEPT

BOTH = ("b32", "b64")
PEOPLE = "-F auid>=1000 -F auid!=unset"


def recorded(*rules: str, **given):
    return reach(load(rules), **given)


def on_both(rule: str) -> list[str]:
    return [rule.replace("ARCH", arch) for arch in BOTH]


def test_a_call_is_recorded_when_both_architectures_are():
    rule = f"-a always,exit -F arch=ARCH -S chmod,fchmod {PEOPLE} -k perm"
    assert {"chmod", "chmod:people", "fchmod", "fchmod:people"} <= set(recorded(*on_both(rule)).calls)
    assert recorded(on_both(rule)[0]).calls == []
    assert recorded(on_both(rule)[1]).calls == []


def test_one_architecture_is_enough_where_there_is_only_one():
    assert "chmod" in recorded("-a always,exit -F arch=b32 -S chmod -k perm", arches=frozenset({"b32"})).calls


def test_a_call_that_64_bit_programs_do_not_have_needs_one_rule():
    assert "stime" in recorded("-a always,exit -F arch=b32 -S stime -k time").calls


def test_a_rule_without_an_architecture_is_about_the_machines_own_calls():
    assert recorded("-a always,exit -S chmod -k perm").calls == []


@pytest.mark.parametrize("condition", ["-F uid=1001", "-F exe=/usr/bin/rm", "-F success=1", "-F auid>=2000",
                                       "-F auid=1000", "-F a2=1", "-F path=/etc/passwd"])
def test_a_narrower_rule_does_not_record_the_call(condition):
    assert "chmod" not in recorded(*on_both(f"-a always,exit -F arch=ARCH -S chmod {condition} -k perm")).calls


def test_a_call_without_a_key_is_not_found_again():
    assert recorded(*on_both(f"-a always,exit -F arch=ARCH -S chmod {PEOPLE}")).calls == []


def test_service_accounts_may_be_left_out_and_that_is_said():
    assert recorded(*on_both("-a always,exit -F arch=ARCH -S chmod -k p")).calls == [
        "chmod", "chmod:refused"]
    assert recorded(*on_both("-a always,exit -F arch=ARCH -S chmod -F auid!=unset -k p")).calls == [
        "chmod", "chmod:refused"]
    assert "chmod:people" in recorded(*on_both(f"-a always,exit -F arch=ARCH -S chmod {PEOPLE} -k p")).calls


def test_refusals_need_both_reasons():
    one = on_both(f"-a always,exit -F arch=ARCH -S open -F exit=-EACCES {PEOPLE} -k access")
    other = on_both(f"-a always,exit -F arch=ARCH -S open -F exit=-EPERM {PEOPLE} -k access")
    assert recorded(*one).calls == []
    assert recorded(*one, *other).calls == ["open:refused", "open:refused+people"]


def test_setting_the_clock_is_recorded_by_the_rule_for_the_real_clock():
    assert recorded(*on_both("-a always,exit -F arch=ARCH -S clock_settime -F a0=0x0 -k time")).calls == [
        "clock_settime", "clock_settime:a0=0"]


def test_set_id_programs_need_users_and_groups():
    uid = on_both("-a always,exit -F arch=ARCH -S execve -C uid!=euid -F euid=0 -k setuid")
    gid = on_both("-a always,exit -F arch=ARCH -S execve -C gid!=egid -F egid=0 -k setgid")
    assert recorded(*uid).calls == []
    assert recorded(*uid, *gid).calls == ["execve:set-id-root", "execve:set-id-root+told"]


@pytest.mark.parametrize("hiding", [
    "-a never,exit -F arch=b64 -S chmod", "-A exit,never -S all", "-a never,exit -F euid=0", "-a never,task",
    "-a always,exclude -F msgtype=SYSCALL", "-a never,exit -F arch=b64 -S chmod -F auid>=1000", "-e 0",
    "-a always,exclude -F msgtype>=1300", "-a never,exclude -F auid>=1000", "-a always,exclude -F msgtype!=CWD",
    "-a never,exit -F pid>=1", "-a never,exit -F subj_type=unconfined_t"])
def test_a_rule_in_front_hides_what_it_takes_away(hiding):
    rules = on_both(f"-a always,exit -F arch=ARCH -S chmod {PEOPLE} -k perm")
    assert "chmod" in recorded(*rules).calls
    assert "chmod" not in recorded(hiding, *rules).calls


@pytest.mark.parametrize("sparing", [
    "-a never,exit -F arch=b64 -S adjtimex -F auid=unset -F uid=chrony", "-a never,exit -F exe=/usr/bin/vmtoolsd",
    "-a never,exit -F subj_type=crond_t", "-a always,exclude -F msgtype=CWD",
    "-a always,exclude -F msgtype>=1305 -F msgtype<=1309", "-a never,exclude -F exe=/usr/bin/vmtoolsd",
    "-a always,exclude -F auid=unset", "-a never,filesystem -F fstype=tracefs"])
def test_a_rule_for_one_program_or_service_hides_nothing_of_people(sparing):
    rules = on_both(f"-a always,exit -F arch=ARCH -S chmod {PEOPLE} -k perm")
    assert "chmod" in recorded(sparing, *rules).calls


def test_a_never_rule_behind_hides_nothing_unless_it_is_put_in_front():
    rules = on_both(f"-a always,exit -F arch=ARCH -S chmod {PEOPLE} -k perm")
    assert "chmod" in recorded(*rules, "-a never,exit -F arch=b64 -S chmod").calls
    assert "chmod" not in recorded(*rules, "-A never,exit -F arch=b64 -S chmod").calls


def test_a_watch_and_a_rule_on_the_path_are_the_same():
    assert recorded("-w /etc/passwd -p wa -k id").files == ["/etc/passwd"]
    assert recorded("-a always,exit -F path=/etc/passwd -F perm=wa -F key=id").files == ["/etc/passwd"]
    assert recorded("-a always,exit -S all -F dir=/etc/sudoers.d -F perm=wa -F key=id").files == ["/etc/sudoers.d"]
    assert load(["-w /etc/passwd -p wa -k id"]).rules == load(
        ["-a always,exit -F path=/etc/passwd -F perm=aw -F key=id"]).rules


@pytest.mark.parametrize("rule", ["-w /etc/passwd -p w -k id", "-w /etc/passwd -p rx -k id",
                                  "-a always,exit -F arch=b64 -F path=/etc/passwd -F perm=wa -k id",
                                  f"-a always,exit -F path=/etc/passwd -F perm=wa {PEOPLE} -k id"])
def test_a_watch_of_less_does_not_count(rule):
    assert recorded(rule).files == []


def test_a_directory_that_is_left_out_hides_the_file():
    assert recorded("-a never,exit -F dir=/etc", "-w /etc/passwd -p wa -k id").files == []


def test_programs_are_recorded_by_their_execution():
    assert recorded(f"-a always,exit -F path=/usr/bin/su -F perm=x {PEOPLE} -k p").programs == [
        "/usr/bin/su", "/usr/bin/su:people"]
    assert recorded("-w /sbin/insmod -p x").programs == ["/sbin/insmod"]
    assert recorded("-w /sbin/insmod -p r").programs == []


def test_a_rule_that_is_there_already_ends_the_loading():
    loaded = load(["-w /a -p wa", "-w /a -p wa", "-w /b -p wa"])
    assert [rule.path for rule in loaded.rules] == ["/a"]
    assert len(loaded.faults) == 1
    assert [rule.path for rule in load(["-c", "-w /a -p wa", "-w /a -p wa", "-w /b -p wa"]).rules] == ["/a", "/b"]


@pytest.mark.parametrize("line", ["-a always", "-a sometimes,exit", "-w", "-w /a -p q", "-F auid", "-x 1", "-b many"])
def test_a_line_that_is_refused_is_named(line):
    assert load([line]).faults[0].startswith(line)


def test_nothing_is_added_behind_the_lock():
    loaded = load(["-e 2", "-w /a -p wa"])
    assert (loaded.settings["enabled"], loaded.rules, len(loaded.faults)) == (2, [], 1)


def test_deleting_rules_deletes_those_before():
    assert [rule.path for rule in load(["-w /a -p wa", "-D", "-w /b -p wa", "-W /b -p wa", "-w /c -p wa"]).rules] == [
        "/c"]


AUGENRULES = next((path for path in (Path("/usr/sbin/augenrules"), *KEPT.glob("*/usr/sbin/augenrules"))
                   if path.is_file()), None)
WORDS = st.sampled_from(["-D", "-b 64", "-b 8192", "-f 1", "-f 2", "-e 1", "-e 2", "# note", "", "-w /a -p wa",
                         "--backlog_wait_time 60000", "-D -k x"])


@pytest.mark.skipif(AUGENRULES is None, reason="augenrules is not installed")
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["10-a.rules", "9-b.rules", "audit.rules", "a2.rules", "a10.rules", "x.txt"]),
                       st.lists(WORDS, max_size=5).map("\n".join), max_size=5))
def test_files_are_merged_as_augenrules_merges_them(tmp_path_factory, files):
    place = tmp_path_factory.mktemp("audit")
    (place / "rules.d").mkdir()
    for name, text in files.items():
        (place / "rules.d" / name).write_text(text + "\n")
    script = place / "augenrules"
    script.write_text(AUGENRULES.read_text().replace("/etc/audit", str(place)))
    subprocess.run(["sh", str(script)], check=True, capture_output=True)
    assert merge(files.items()) == lines((place / "audit.rules").read_text())


UNIT = "[Service]\nExecStart=/sbin/auditd\nExecStartPost=-{}\n"
WATCH = "-w /etc/passwd -p wa -k id\n"


def image(loader: str, **files: str):
    paths = {"rules": "/etc/audit/rules.d/a.rules", "file": "/etc/audit/audit.rules"}
    return FakeHost({"/usr/lib/systemd/system/auditd.service": UNIT.format(loader),
                     **{paths[name]: text for name, text in files.items()}}, dirs=["/lib64"], kind="image")


@pytest.mark.parametrize(("loader", "files"), [
    ("/sbin/augenrules --load", {"rules": WATCH, "file": ""}),
    ("/sbin/augenrules --load", {"file": WATCH}),
    ("/sbin/auditctl -R /etc/audit/audit.rules", {"rules": "", "file": WATCH}),
    ("/sbin/auditctl", {"rules": "", "file": WATCH}),
])
def test_an_image_loads_what_its_unit_loads(loader, files):
    assert audit_daemon.collect(image(loader, **files), Declared())["audit.files"].items == ["/etc/passwd"]


@pytest.mark.parametrize(("loader", "files"), [
    ("/sbin/augenrules --load", {"rules": "", "file": WATCH}),
    ("/sbin/auditctl -R /etc/audit/audit.rules", {"rules": WATCH, "file": ""}),
    ("/bin/true", {"rules": WATCH, "file": WATCH}),
])
def test_an_image_loads_nothing_else(loader, files):
    assert audit_daemon.collect(image(loader, **files), Declared())["audit.files"].items == []


def test_a_directory_that_is_a_link_has_two_names():
    rules = "-w /var/run/utmp -p wa -k s\n-w /sbin/insmod -p x -k m\n"
    host = FakeHost({"/usr/lib/systemd/system/auditd.service": UNIT.format("/sbin/augenrules --load"),
                     "/etc/audit/rules.d/a.rules": rules, "/usr/sbin/x": ""},
                    links={"/var/run": "/run", "/sbin": "usr/sbin"}, dirs=["/lib64"], kind="image")
    seen = audit_daemon.collect(host, Declared())
    assert seen["audit.files"].items == ["/run/utmp", "/var/run/utmp"]
    assert seen["audit.programs"].items == ["/sbin/insmod", "/usr/sbin/insmod"]
    assert "/usr/bin/su" not in seen["audit.programs"].items


STATUS = """enabled 2
failure 1
pid 671
rate_limit 0
backlog_limit 8192
lost 0
backlog 0
backlog_wait_time 60000
backlog_wait_time_actual 0
loginuid_immutable 0 unlocked
"""
LISTED = """-w /etc/passwd -p wa -k identity
-a always,exit -F arch=b64 -S chmod,fchmod -F auid>=1000 -F auid!=-1 -F key=perm_mod
-a always,exit -F arch=b32 -S chmod,fchmod -F auid>=1000 -F auid!=-1 -F key=perm_mod
-a always,exit -S all -F path=/usr/bin/su -F perm=x -F auid>=1000 -F auid!=-1 -F key=privileged
"""


def live(listed: str, status: str = STATUS):
    commands = {("auditctl", "-l"): Output(0, listed, ""), ("auditctl", "-s"): Output(0, status, "")}
    return FakeHost({"/proc/1/cmdline": "/sbin/init\0", "/proc/1/status": "Uid:\t0\t0\t0\t0\n"}, dirs=["/lib64"],
                    commands=commands)


def test_a_live_machine_is_asked_for_the_rules_in_force():
    seen = audit_daemon.collect(live(LISTED), Declared())
    assert seen["audit.files"].items == ["/etc/passwd"]
    assert {"chmod:people", "fchmod:people"} <= set(seen["audit.calls"].items)
    assert seen["audit.programs"].items == ["/usr/bin/su", "/usr/bin/su:people"]
    assert (seen["audit.rules"], seen["audit.immutable"]) == (4, True)
    assert (seen["audit.enabled"], seen["audit.lost"]) == (True, 0)


def test_a_switched_off_kernel_records_nothing():
    seen = audit_daemon.collect(live(LISTED, STATUS.replace("enabled 2", "enabled 0")), Declared())
    assert (seen["audit.files"].items, seen["audit.enabled"]) == ([], False)


def test_no_rules_is_an_answer_and_gibberish_is_none():
    assert audit_daemon.parse_rules("No rules\n").rules == []
    with pytest.raises(Unreadable):
        audit_daemon.parse_rules("Segmentation fault\n")
    with pytest.raises(Unreadable):
        audit_daemon.parse_rules("-w /etc/passwd --new-option\n")


def test_without_the_right_the_rules_are_denied():
    host = FakeHost({"/proc/1/cmdline": "", "/proc/1/status": "Uid:\t0\t0\t0\t0\n"}, dirs=["/lib64"], commands={
        ("auditctl", option): Output(4, "", "You must be root to run this program.\n") for option in ("-l", "-s")},
        denied=["/etc/audit"])
    seen = audit_daemon.collect(host, Declared())
    assert isinstance(seen["audit.calls"], Missing)
    assert seen["audit.calls"].reason is Reason.DENIED
    with pytest.raises(Denied):
        audit_daemon._auditctl(host, "-l")
