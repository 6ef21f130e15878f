"""The servers that time services are told to ask."""

import pytest

from collectors import time_sources
from collectors._time_conf import Source, sources, timesyncd
from collectors.host.protocol import Denied
from hustings.declared import Declared
from hustings.facts import Missing
from tests.fakes import FakeHost

DEBIAN = """# Welcome to the chrony configuration file. See chrony.conf(5) for more
# information about usable directives.

# Include configuration files found in /etc/chrony/conf.d.
confdir /etc/chrony/conf.d

# Use Debian vendor zone.
pool 2.debian.pool.ntp.org iburst

# Use time sources from DHCP.
sourcedir /run/chrony-dhcp

# Use NTP sources found in /etc/chrony/sources.d.
sourcedir /etc/chrony/sources.d

keyfile /etc/chrony/chrony.keys
driftfile /var/lib/chrony/chrony.drift
maxupdateskew 100.0
rtcsync
makestep 1 3
leapsectz right/UTC
"""
MAIN = "/etc/chrony/chrony.conf"


def test_chronys_own_file_and_what_it_includes_in_order():
    host = FakeHost({MAIN: DEBIAN, "/etc/chrony/conf.d/a.conf": "Server a.example.org MaxPoll 12 # ours\n",
                     "/etc/chrony/sources.d/b.sources": "peer b.example.org\n",
                     "/etc/chrony/sources.d/b.txt": "server wrong.example.org\n",
                     "/run/chrony-dhcp/c.sources": "server c.example.org\n"})
    assert sources(host) == [Source("chrony", "server", "a.example.org", 12),
                             Source("chrony", "pool", "2.debian.pool.ntp.org"),
                             Source("chrony", "server", "c.example.org"),
                             Source("chrony", "peer", "b.example.org")]


def test_what_dhcp_gave_a_running_machine_is_not_in_an_image():
    host = FakeHost({MAIN: DEBIAN, "/run/chrony-dhcp/c.sources": "server c.example.org\n"}, kind="image")
    assert [one.name for one in sources(host)] == ["2.debian.pool.ntp.org"]


@pytest.mark.parametrize("comment", ["#", "!", ";", "%", "# "])
def test_a_comment_names_nothing(comment):
    assert sources(FakeHost({MAIN: f"{comment}server a.example.org\n"})) == []


def test_files_that_are_not_included_do_not_count():
    assert sources(FakeHost({MAIN: "rtcsync\n", "/etc/chrony/conf.d/a.conf": "server a.example.org\n"})) == []


def test_red_hats_place_and_an_include_pattern():
    host = FakeHost({"/etc/chrony.conf": "include /etc/chrony.d/*.conf\n",
                     "/etc/chrony.d/x.conf": "server a.example.org\n"})
    assert [one.name for one in sources(host)] == ["a.example.org"]


def test_files_that_include_each_other_end():
    assert sources(FakeHost({"/etc/chrony.conf": "include /etc/chrony.conf\nserver a.example.org\n"}))


def test_ntpd_is_read_in_both_places():
    host = FakeHost({"/etc/ntpsec/ntp.conf": "pool 0.example.org iburst\nrestrict default kod\n",
                     "/etc/ntp.conf": "server a.example.org maxpoll 9\n"})
    assert [(one.kind, one.name, one.maxpoll) for one in sources(host)] == [
        ("server", "a.example.org", 9), ("pool", "0.example.org", None)]


def test_timesyncd_adds_words_up_until_an_empty_assignment():
    texts = ["[Time]\nNTP=a b\n#NTP=no\n", "[Time]\nNTP=c\nFallbackNTP=f\n", "[Other]\nNTP=x\n"]
    assert timesyncd(texts) == {"NTP": ["a", "b", "c"], "FallbackNTP": ["f"]}
    assert timesyncd([*texts, "[Time]\nNTP=\nNTP=d\n"])["NTP"] == ["d"]


def test_timesyncds_drop_ins_are_read_after_the_main_file():
    host = FakeHost({"/etc/systemd/timesyncd.conf": "[Time]\nNTP=a.example.org\n",
                     "/etc/systemd/timesyncd.conf.d/10.conf": "[Time]\nNTP=\nNTP=b.example.org\n"}, kind="image")
    assert [one.name for one in sources(host)] == ["b.example.org"]


def test_records_say_what_holds_where_nothing_is_said():
    seen = time_sources.collect(FakeHost({MAIN: "server a.example.org\nuser _chrony\nmakestep 1 -1\n"}), Declared())
    assert seen["time.sources"].items == [{"service": "chrony", "kind": "server", "name": "a.example.org",
                                           "longest_poll": 10, "poll_said": False}]
    assert (seen["time.chrony_user"], seen["time.chrony_steps"]) == ("_chrony", "1 -1")


def test_settings_that_may_not_be_read_are_denied_and_not_empty():
    host = FakeHost({MAIN: DEBIAN}, denied=[MAIN])
    assert isinstance(time_sources.collect(host, Declared())["time.sources"], Missing)
    with pytest.raises(Denied):
        sources(host)
