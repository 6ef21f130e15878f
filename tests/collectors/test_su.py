"""Who may use su."""

from typing import Any

import pytest

from collectors import su
from collectors.base import observe
from hustings.declared import Declared
from tests.fakes import NOW, FakeHost

GROUP = "root:x:0:\nwheel:x:10:ann,bob\nsugroup:x:990:\n"
ROOT, END = "auth sufficient pam_rootok.so\n", "auth required pam_unix.so\n"


def look(stack: str, group: str = GROUP) -> dict[str, Any]:
    [one] = su.collect(FakeHost({"/etc/pam.d/su": stack, "/etc/group": group}), Declared())["su.services"].items
    return one


@pytest.mark.parametrize(("lines", "restricted"), [
    (ROOT + "auth required pam_wheel.so use_uid\n" + END, True),
    (ROOT + END, False),
    (ROOT + "auth optional pam_wheel.so use_uid\n" + END, False),
    (ROOT + "auth required pam_wheel.so deny group=nosu\n" + END, False),
    (ROOT + "auth required pam_wheel.so root_only\n" + END, False),
    (ROOT + "auth sufficient pam_unix.so\nauth required pam_wheel.so use_uid\n", False),
    (ROOT + END + "auth required pam_wheel.so\n", True),
    ("auth required pam_wheel.so\n" + ROOT + END, True),
])
def test_only_a_group_where_the_stack_heeds_pam_wheel(lines, restricted):
    assert look(lines)["restricted"] is restricted


@pytest.mark.parametrize(("words", "group", "named", "members"), [
    ("group=sugroup", GROUP, "sugroup", 0), ("", GROUP, "wheel", 2), ("", "root:x:0:\n", "root", 0),
    ("group=gone", GROUP, "gone", None)])
def test_which_group_is_meant(words, group, named, members):
    found = look(ROOT + f"auth required pam_wheel.so use_uid {words}\n" + END, group)
    assert (found["group"], found.get("members"), found["group_exists"]) == (named, members, members is not None)


def test_trust_lets_the_group_in_without_a_password():
    assert look(ROOT + "auth sufficient pam_wheel.so trust use_uid\n" + END)["trusts"] is True
    assert look(ROOT + "auth required pam_wheel.so use_uid\n" + END)["trusts"] is False


def test_a_stack_that_lacks_what_it_includes_leaves_the_list_open():
    found = su.collect(FakeHost({"/etc/pam.d/su": "@include gone\n", "/etc/group": GROUP}), Declared())["su.services"]
    assert (found.items, found.complete) == ([], False)


def test_what_it_answers_is_what_it_declares():
    host = FakeHost({"/etc/pam.d/su": ROOT + END, "/etc/group": GROUP})
    seen = observe(su.COLLECTOR, su.collect(host, Declared()), NOW, Declared())
    assert {name: one.missing for name, one in seen.items() if one.missing} == {}
