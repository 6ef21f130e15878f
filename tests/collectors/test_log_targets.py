from typing import Any

import pytest

from collectors import log_targets
from collectors._rsyslog_conf import Configuration, statements
from hustings.declared import Declared
from hustings.facts import Reason
from tests.fakes import FakeHost

FILES = {"/etc/passwd": "root:x:0:0:root:/root:/bin/bash\n", "/etc/group": "root:x:0:\nadm:x:4:\n"}


def look(conf: str, stats: dict[str, dict[str, Any]] | None = None, **host: Any) -> Any:
    fake = FakeHost(FILES | {"/etc/rsyslog.conf": conf}, stats=stats, **host)
    return log_targets.collect(fake, Declared())["files.log_targets"]


@pytest.mark.parametrize(("conf", "files"), [
    ("auth,authpriv.* /var/log/auth.log\n", ["/var/log/auth.log"]),
    ("*.* -/var/log/all.log;Traditional\n", ["/var/log/all.log"]),
    ('action(type="omfile" file="/srv/log/all")\n', ["/srv/log/all"]),
    ('*.* action(type="omfile" File="/srv/log/all")\n', ["/srv/log/all"]),
    ("*.emerg :omusrmsg:*\n", []), ("*.* @@server\n", []), ("*.* |/dev/xconsole\n", []), ("*.* /dev/console\n", []),
    ("#*.* /var/log/no\n", []), ("mail.* /var/log/a\ncron.* /var/log/a\n", ["/var/log/a"]),
])
def test_the_files_that_actions_write_to(conf, files):
    assert log_targets.targets(Configuration(statements(conf))) == (files, [])


def test_owner_and_permissions_of_what_is_written_wherever_it_is():
    said = look("auth.* /var/log/auth.log\n*.* /srv/all\nmail.* /var/log/none\n", {
        "/var/log/auth.log": {"mode": 0o640, "gid": 4}, "/srv/all": {"mode": 0o666, "uid": 7}})
    assert said.complete
    assert [(one["path"], one["mode"], one["owner"], one["group"]) for one in said.items] == [
        ("/var/log/auth.log", "0640", "root", "adm"), ("/srv/all", "0666", "7", "root")]


@pytest.mark.parametrize("conf", ["*.* ?PerHost\n", '*.* action(type="omfile" dynafile="PerHost")\n'])
def test_names_made_up_for_each_message_leave_the_list_incomplete(conf):
    said = look(conf)
    assert (said.complete, said.why.reason) == (False, Reason.UNSUPPORTED)


def test_a_log_that_cannot_be_looked_at_is_a_reason():
    said = look("*.* /srv/log/all\n", {"/srv/log/all": {}}, denied={"/srv/log"})
    assert (said.complete, said.why.reason) == (False, Reason.DENIED)


def test_without_rsyslog_nothing_is_written():
    said = log_targets.collect(FakeHost(FILES), Declared())["files.log_targets"]
    assert (said.items, said.complete) == ([], True)
