import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from collectors import sudo
from collectors._sudoers import Grant, Member, Sudoers, parse
from collectors.base import ABSENT
from hustings.declared import Declared
from hustings.facts import Missing, Reason
from tests.collectors.captured import captured
from tests.fakes import FakeHost

SUDO = {"/usr/bin/sudo": b"\x7fELF"}


def look(files: dict[str, str], **host: Any) -> dict[str, Any]:
    return sudo.collect(FakeHost({**SUDO, **files}, **host), Declared())


def rules(text: str, **more: str) -> list[dict[str, Any]]:
    found = look({"/etc/sudoers": text, **more})["sudo.rules"]
    assert found.complete, found.why
    return found.items


def read(text: str) -> Sudoers:
    into = Sudoers()
    assert list(parse(text, "/etc/sudoers", into)) == []
    return into


# What sudo's own reader says, and ours, in one form.

_KINDS = {"username": "", "userid": "#", "usergroup": "%", "usergid": "%#", "netgroup": "+", "nonunixgroup": "%:",
          "hostname": "", "networkaddr": "", "command": "", "useralias": "", "runasalias": "", "hostalias": "",
          "cmndalias": ""}


def theirs(members: list[dict[str, Any]], group: bool = False) -> list[tuple[str, bool]]:
    found = []
    for member in members:
        kind = next(one for one in _KINDS if one in member)
        prefix = "" if group and kind == "usergroup" else _KINDS[kind]
        found.append((f"{prefix}{member[kind]}", member.get("negated", False)))
    return found


def ours(members: tuple[Member, ...]) -> list[tuple[str, bool]]:
    return [(one.name, one.negated) for one in members]


def their_grants(text: str) -> list[Any]:
    # cvtsudoers 1.9.13 writes SELinux and directory settings without braces, which is not JSON
    text = re.sub(r'"runcwd": "[^"]*",?', "", text)
    text = re.sub(r'"SELinux_Spec": \[[^\]]*\],', "", text)
    text = re.sub(r",(\s*\])", r"\1", text)
    found = []
    for spec in json.loads(text).get("User_Specs", []):
        for one in spec["Cmnd_Specs"]:
            options = {name: value for option in one.get("Options", []) for name, value in option.items()}
            found.append((
                theirs(spec["User_List"]), theirs(spec["Host_List"]), theirs(one.get("runasusers", [])),
                theirs(one.get("runasgroups", []), group=True), theirs(one["Commands"]),
                options.get("authenticate") is False, bool(options.get("noexec")),
            ))
    return found


def our_grant(grant: Grant) -> Any:
    return (ours(grant.users), ours(grant.hosts), ours(grant.runas or ()), ours(grant.groups), ours(grant.commands),
            "NOPASSWD" in grant.tags, "NOEXEC" in grant.tags)


def test_every_rule_is_read_as_sudo_itself_reads_it():
    ground = captured("access/sudoers.json")
    found = read(captured("access/sudoers"))
    assert found.faults == []
    assert [our_grant(one) for one in found.grants] == their_grants(ground)
    assert {one.name for one in found.defaults} == {
        "env_reset", "lecture", "timestamp_timeout", "env_keep", "authenticate", "use_pty", "logfile", "noexec"}


@pytest.mark.skipif(not shutil.which("cvtsudoers"), reason="sudo's cvtsudoers is not installed")
@pytest.mark.parametrize("text", [
    "alice ALL = NOPASSWD: /bin/a, PASSWD: /bin/b, (bob) NOEXEC: /bin/c : web = /bin/d",
    "User_Alias A = alice, !bob\nCmnd_Alias C = /bin/a, \\\n  /bin/b\nA ALL = C, !/bin/c x y",
    "alice ALL = (root, !bob : adm, staff) SETENV: NOPASSWD: /usr/sbin/x -a\\=b\\,c",
    "%wheel, #12, %#13, +net, alice ALL, !web = (ALL) ALL",
    "alice ALL = sudoedit /etc/hosts, list, /bin/tail -f /var/log/*",
    "# only a comment \\\nbob ALL = /bin/a # and another",
    "alice 192.0.2.0/24, 192.0.2.1/255.255.255.0, fe80::1 = /bin/a",
])
def test_the_installed_sudo_agrees(text, tmp_path):
    path = tmp_path / "sudoers"
    path.write_text(text + "\n")
    said = subprocess.run(["cvtsudoers", "-f", "json", str(path)], capture_output=True, text=True, check=True)
    assert [our_grant(one) for one in read(text).grants] == their_grants(said.stdout)


@pytest.mark.skipif(not shutil.which("visudo"), reason="sudo's visudo is not installed")
@pytest.mark.parametrize("text", [
    "alice ALL", "alice ALL =", "alice ALL = (root ALL", "alice ALL = bin/ls", "User_Alias lower = alice",
    "alice ALL = ALL ALL", 'Defaults env_keep = "open', "= ALL", "alice ALL = (root) (bob) ALL",
])
def test_what_sudo_refuses_is_a_fault_with_its_line(text, tmp_path):
    path = Path(tmp_path / "sudoers")
    path.write_text(f"\n{text}\n")
    assert subprocess.run(["visudo", "-cf", str(path)], capture_output=True, check=False).returncode != 0
    found = look({"/etc/sudoers": f"\n{text}\nroot ALL=(ALL) ALL\n"})
    listing = found["sudo.rules"]
    assert not listing.complete
    assert listing.why.detail.startswith("/etc/sudoers:2: ")
    assert [one["who"] for one in listing.items] == ["root"]
    assert isinstance(found["sudo.use_pty"], Missing)


def test_a_rule_gives_one_record_for_each_person_with_aliases_expanded():
    found = rules("Cmnd_Alias SVC = /usr/bin/systemctl restart web, !/usr/bin/systemctl stop *\n"
                  "User_Alias OPS = alice, %ops, !mallory\nRunas_Alias WHO = root, web\n"
                  "OPS ALL = (WHO) NOPASSWD: SVC\n")
    assert [one["who"] for one in found] == ["alice", "%ops"]
    assert found[0] | {"who": "", "kind": ""} == found[1] | {"who": "", "kind": ""}
    assert {name: found[0][name] for name in found[0] if name != "who"} == {
        "except": "!mallory", "hosts": "ALL", "runas": "root, web", "as_root": True,
        "commands": "/usr/bin/systemctl restart web, !/usr/bin/systemctl stop *", "nopasswd": True,
        "all_commands": False, "pattern": False, "negated": True, "file": "/etc/sudoers", "line": 4,
        "breadth": "named", "explicit": True, "way_to_root": "", "standing": "in force",
    } | {"kind": found[0]["kind"]}
    assert [one["kind"] for one in found] == ["user", "group"]


@pytest.mark.parametrize(("command", "pattern"), [
    ("/bin/tar czf /b/*.tgz", True), ("/bin/cat /var/log/[a-z]og", True), ("/bin/l?", True), ("/usr/bin/", True),
    ("^/bin/(a|b)$", True), ("/bin/cat ^/var/.*$", True), ("/bin/echo \\*", False), ("/bin/ls", False),
    ("ALL", False), ('/bin/ls ""', False),
])
def test_a_command_that_stands_for_several_is_a_pattern(command, pattern):
    assert rules(f"alice ALL = {command}")[0]["pattern"] is pattern


@pytest.mark.parametrize(("runas", "as_root"), [
    ("", True), ("(ALL)", True), ("(ALL : ALL)", True), ("(root)", True), ("(#0)", True), ("(postgres)", False),
    ("(ALL, !root)", False), ("(: adm)", False), ("()", False),
])
def test_it_is_known_whether_a_rule_reaches_root(runas, as_root):
    assert rules(f"alice ALL = {runas} /bin/ls")[0]["as_root"] is as_root


def test_included_directories_are_read_in_order_without_the_names_sudo_skips():
    found = rules("@includedir /etc/sudoers.d\nzoe ALL=ALL\n", **{
        "/etc/sudoers.d/20-b": "bob ALL=ALL\n", "/etc/sudoers.d/10-a": "#include ../sudoers.more\n",
        "/etc/sudoers.more": "alice ALL=ALL\n", "/etc/sudoers.d/30.disabled": "eve ALL=ALL\n",
        "/etc/sudoers.d/40~": "eve ALL=ALL\n",
    })
    assert [one["who"] for one in found if one["standing"] == "in force"] == ["alice", "bob", "zoe"]
    assert {one["file"] for one in found if one["standing"] == "skipped"} == {
        "/etc/sudoers.d/30.disabled", "/etc/sudoers.d/40~"}


def test_a_directory_that_nothing_includes_is_known_but_not_in_force():
    found = look({"/etc/sudoers": "alice ALL=ALL\n", "/etc/sudoers.d/x": "bob ALL=NOPASSWD: ALL\nDefaults use_pty\n"})
    assert [(one["who"], one["standing"]) for one in found["sudo.rules"].items] == [
        ("alice", "in force"), ("bob", "skipped")]
    assert [one["standing"] for one in found["sudo.defaults"].items] == ["skipped"]
    assert found["sudo.use_pty"] is ABSENT


@pytest.mark.parametrize(("command", "way"), [
    ("ALL", "all"), ("/bin/bash", "shell"), ("/bin/bash -c test", ""), ("/usr/bin/vim /etc/hosts", "editor"),
    ("/usr/bin/less /var/log/syslog", "pager"), ("/usr/bin/python3", "interpreter"),
    ("/usr/bin/python3.11 *", "interpreter"), ("/usr/bin/python3 /usr/local/bin/report.py", "writable"),
    ("/usr/bin/python3 /usr/local/bin/safe.py", ""), ("/usr/bin/python3 /home/alice/x.py", "writable"),
    ("/usr/bin/find", "starts-others"), ("/usr/bin/find / -name core", ""), ("/bin/systemctl restart web", ""),
    ("/bin/systemctl", "writes-files"), ("/bin/systemctl restart *", "writes-files"),
    ("/usr/bin/apt-get", "installs-packages"),
    ("/usr/bin/apt-get update", ""), ("/usr/bin/*", "wildcard"), ("/usr/local/bin/", "directory"),
    ("/opt/app/run", "writable"), ("/bin/cat /var/log/*", "wildcard"), ("sudoedit /etc/hosts", ""),
    ("sudoedit /etc/*", "writes-files"), ("^/usr/bin/(a|b)$", "wildcard"), ("/usr/local/bin/backup", ""),
    ("/usr/local/bin/linked", "writable"), ('/usr/bin/find ""', ""),
])
def test_commands_that_lead_to_a_root_shell_are_known(command, way):
    found = look({"/etc/sudoers": f"alice ALL = NOPASSWD: {command}\n", "/usr/local/bin/report.py": "",
                  "/usr/local/bin/safe.py": "", "/opt/app/run": "", "/usr/local/bin/backup": "", "/opt/own": ""},
                 links={"/usr/local/bin/linked": "/opt/own"},
                 stats={"/usr/local/bin/report.py": {"mode": 0o664, "gid": 1000}, "/opt/app": {"uid": 1000},
                        "/opt/own": {"mode": 0o666}})
    assert found["sudo.rules"].items[0]["way_to_root"] == way


def test_a_command_in_a_place_that_is_not_looked_at_is_a_reason_and_a_rule_for_another_account_no_way_to_root():
    found = rules("alice ALL = NOPASSWD: /data/tools/run now\nbob ALL = (web) NOPASSWD: /bin/bash\n")
    assert found[0]["way_to_root"].reason is Reason.UNSUPPORTED
    assert found[1]["way_to_root"] == ""


@pytest.mark.parametrize(("commands", "explicit"), [
    ("/bin/ls", False), ('/bin/ls ""', True), ("/bin/cat arg", True), ("/bin/cat arg, /bin/ls", False), ("ALL", False),
    ("/bin/cat *", False), ("/bin/dog val1\\,val2", False),
    ("sudoedit /etc/hosts", True), ("!/bin/su, /bin/cat a", True),
])
def test_it_is_known_whether_commands_say_their_arguments(commands, explicit):
    assert rules(f"alice ALL = {commands}")[0]["explicit"] is explicit


@pytest.mark.parametrize(("lines", "found"), [
    ("auth sufficient pam_succeed_if.so user ingroup wheel\n", [("pam_succeed_if", True)]),
    ("auth required pam_succeed_if.so uid >= 1000\n", [("pam_succeed_if", False)]),
    ("auth [success=1 default=ignore] pam_wheel.so trust\n", [("pam_wheel", True)]),
    ("auth sufficient pam_wheel.so use_uid\n", [("pam_wheel", False)]),
    ("# auth sufficient pam_succeed_if.so\n@include common-auth\n", [("pam_permit", False)]),
])
def test_what_lets_somebody_through_sudo_unasked_is_seen(lines, found):
    common = "auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth required pam_permit.so\n"
    seen = look({"/etc/sudoers": "", "/etc/pam.d/sudo": lines, "/etc/pam.d/common-auth": common})
    assert [(one["module"], one["enough"]) for one in seen["sudo.pam_shortcuts"].items] == found


@pytest.mark.parametrize(("program", "stated", "own"), [
    (b"\x7fELF\x001.9.13p3\x00", "", False), (b"\x7fELF\x001.9.15p5\x00", "", True), (b"\x7fELF", "", ABSENT),
    (b"\x7fELF\x001.9.15p5\x00", "Defaults !use_pty\n", False), (b"\x7fELF", "Defaults use_pty\n", True),
])
def test_a_terminal_of_its_own_is_stated_or_the_versions_choice(program, stated, own):
    assert look({"/etc/sudoers": stated, "/usr/bin/sudo": program})["sudo.use_pty"] is own


def test_the_settings_in_force_tell_where_they_come_from_and_what_speaks_against_them():
    found = look({"/etc/sudoers": "Defaults use_pty, passwd_timeout=5\nDefaults passwd_timeout=9\n"
                                  "Defaults:x !use_pty\n"})
    seen = {one["name"]: one for one in found["sudo.settings"].items}
    assert seen["use_pty"] == {"name": "use_pty", "value": "true", "origin": "stated", "contradictions": 1}
    assert (seen["passwd_timeout"]["value"], seen["passwd_timeout"]["contradictions"]) == ("9", 1)
    assert seen["noexec"] == {"name": "noexec", "value": "", "origin": "built-in", "contradictions": 0}


def test_the_programs_own_group_and_permissions_are_told():
    found = look({"/etc/sudoers": "", "/etc/group": "sudoers:x:990:\n"},
                 stats={"/usr/bin/sudo": {"mode": 0o4750, "gid": 990}})
    assert (found["sudo.program_group"], found["sudo.program_mode"]) == ("sudoers", "4750")


def test_a_file_that_cannot_be_read_leaves_the_rest_incomplete():
    found = look({"/etc/sudoers": "root ALL=ALL\n@includedir /etc/sudoers.d\n", "/etc/sudoers.d/a": "alice ALL=ALL\n"},
                 denied={"/etc/sudoers.d/a"})
    assert [one["who"] for one in found["sudo.rules"].items] == ["root"]
    assert found["sudo.rules"].why.reason is Reason.DENIED
    assert found["sudo.secure_path"].reason is Reason.DENIED


def test_without_root_nothing_is_claimed():
    found = look({"/etc/sudoers": "root ALL=ALL\n"}, denied={"/etc/sudoers"})
    assert found["sudo.installed"] is True
    assert (found["sudo.rules"].items, found["sudo.rules"].complete) == ([], False)


@pytest.mark.parametrize(("path", "text"), [
    ("/etc/nsswitch.conf", "passwd: files\nsudoers: files sss\n"),
    ("/etc/sudo.conf", "Plugin approval_plugin /usr/libexec/sudo/own.so\n"),
])
def test_rules_kept_elsewhere_make_the_list_incomplete(path, text):
    found = look({"/etc/sudoers": "root ALL=ALL\n", path: text})
    assert found["sudo.rules"].why.reason is Reason.UNSUPPORTED


def test_an_alias_that_refers_to_itself_is_a_fault():
    found = look({"/etc/sudoers": "User_Alias A = B\nUser_Alias B = A\nA ALL=ALL\n"})
    assert "refers to itself" in found["sudo.rules"].why.detail


def test_the_settings_that_hold_for_everyone_are_the_last_ones():
    found = look({"/etc/sudoers": 'Defaults !use_pty, logfile="/var/log/sudo.log", timestamp_timeout=5\n'
                                  "Defaults use_pty\nDefaults timestamp_timeout=0.5, targetpw\n"})
    assert (found["sudo.use_pty"], found["sudo.logfile"]) == (True, "/var/log/sudo.log")
    assert found["sudo.remembers_for"] == 30
    assert found["sudo.target_password"] is True


def test_a_setting_that_is_weaker_for_a_few_counts():
    found = look({"/etc/sudoers": "Defaults use_pty, !rootpw, timestamp_timeout=5\nDefaults:alice !use_pty\n"
                                  "Defaults:alice timestamp_timeout=-1, rootpw\n"})
    assert (found["sudo.use_pty"], found["sudo.target_password"]) == (False, True)
    assert found["sudo.remembers_for"] > 86400
    assert {"name": "use_pty", "value": "false", "binding": ":alice", "minutes": 0, "standing": "in force",
            "file": "/etc/sudoers", "line": 2} in found["sudo.defaults"].items
    stricter = look({"/etc/sudoers": "Defaults:alice timestamp_timeout=0, !rootpw, use_pty\n"})
    assert {stricter[f"sudo.{name}"] for name in ("use_pty", "target_password", "remembers_for")} == {sudo.ABSENT}


@pytest.mark.parametrize("name", ["targetpw", "rootpw", "runaspw"])
def test_a_password_that_is_not_ones_own_is_seen(name):
    assert look({"/etc/sudoers": f"Defaults {name}\n"})["sudo.target_password"] is True
    assert look({"/etc/sudoers": f"Defaults !{name}\n"})["sudo.target_password"] is False


def test_a_machine_without_sudo_has_no_rules_and_says_so():
    found = sudo.collect(FakeHost(dirs=["/usr/bin"]), Declared())
    assert found["sudo.installed"] is False
    assert set(found.values()) == {False, sudo.ABSENT}


def test_an_include_loop_ends():
    found = look({"/etc/sudoers": "@include /etc/sudoers\nroot ALL=ALL\n"})
    assert "levels deep" in found["sudo.rules"].why.detail
