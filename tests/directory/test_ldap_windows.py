"""How Active Directory writes identifiers, times and access lists: read right, and never with a traceback."""

import struct
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors import _ldap_windows as windows
from collectors._ldap_accounts import scheme
from collectors._ldap_dn import above, fold, parts, value, within
from collectors.host.protocol import Unreadable
from hustings.directory.ldap import Entry
from tests.ldap_tree import descriptor, filetime, sid


@pytest.mark.parametrize("text", ["S-1-5-18", "S-1-5-32-544", "S-1-5-21-3375254652-2923156848-1876909435-500"])
def test_identifiers_are_read_as_they_are_written(text):
    assert windows.sid(sid(text)) == text
    assert windows.sid(b"\0" * 7 + sid(text), 7) == text


def test_times_and_intervals():
    moment = datetime(2026, 11, 22, 13, tzinfo=UTC)
    assert windows.moment(int(filetime(moment))) == moment
    assert [windows.moment(one) for one in (None, 0, -1, windows.NEVER, 1 << 62)] == [None] * 5
    assert [windows.days(one) for one in (None, 0, -windows.NEVER - 1, -36288000000000, -1)] == [0, 0, 0, 42, 1]
    assert windows.generalized("20261122130000.0Z") == moment
    assert windows.generalized("20261122150000+0200") == moment
    assert windows.generalized("202611221300Z") == moment
    assert windows.generalized("") is None
    for text in ("yesterday", "20261322130000Z", "2026"):
        with pytest.raises(Unreadable):
            windows.generalized(text)


def test_an_access_list_is_read_in_its_order_without_what_only_children_inherit():
    right = "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2"
    data = descriptor("S-1-5-18", ("deny", "S-1-5-7", 0x20), ("allow", "S-1-5-11", 0x100, right),
                      ("allow", "S-1-1-0", 0xF01FF, "", windows.INHERIT_ONLY))
    assert windows.descriptor(data) == ("S-1-5-18", (
        Entry("S-1-5-7", 0x20, False), Entry("S-1-5-11", 0x100, True, right)))


def test_an_object_with_an_inherited_class_and_a_conditional_entry_are_read():
    body = struct.pack("<II", 0x100, 3) + UUID(int=1).bytes_le + UUID(int=2).bytes_le + sid("S-1-5-11")
    entry = struct.pack("<BBH", 5, 0, 4 + len(body)) + body
    conditional = struct.pack("<I", 0x40000) + sid("S-1-5-2") + b"artx\0\0\0\0"
    entry += struct.pack("<BBH", 9, 0, 4 + len(conditional)) + conditional
    acl = struct.pack("<BBHHH", 4, 0, 8 + len(entry), 2, 0) + entry
    data = struct.pack("<BBHIIII", 1, 0, 0x8004, 0, 0, 0, 20) + acl
    assert windows.descriptor(data) == ("", (Entry("S-1-5-11", 0x100, True, str(UUID(int=1))),
                                             Entry("S-1-5-2", 0x40000)))


def test_without_an_access_list_everybody_may_do_everything():
    data = struct.pack("<BBHIIII", 1, 0, 0x8000, 0, 0, 0, 0)
    assert windows.descriptor(data) == ("", (Entry("S-1-1-0", 0xF01FF),))


WHOLE = descriptor("S-1-5-18", ("allow", "S-1-5-21-1-2-3-500", 0xF01FF), ("allow", "S-1-5-11", 0x100, str(UUID(int=7))))


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
def test_damaged_descriptors_are_a_reason_or_a_list_never_a_traceback(at, byte):
    for data in (WHOLE[:at], WHOLE[:at] + bytes([byte]) + WHOLE[at + 1:]):
        try:
            windows.descriptor(data)
        except Unreadable:
            continue


@given(st.text(max_size=60))
def test_names_fold_to_one_form_whatever_they_hold(text):
    assert fold(fold(text)) == fold(text) or "\\" in text or '"' in text
    parts(text)
    value(text)


def test_names_that_are_the_same_compare_equal():
    same = [r"CN=Doe\, Jane,OU=Staff,DC=x", r"cn=doe\2C jane, ou=staff, dc=X", r'CN="Doe, Jane",OU=Staff,DC=x']
    assert len({fold(one) for one in same}) == 1
    assert fold("CN=Zoë,DC=x") == fold(r"cn=Zo\c3\ab,dc=X")
    assert above(r"CN=Doe\, Jane,OU=Staff,DC=x") == "OU=Staff,DC=x"
    assert value(same[0]) == "Doe, Jane"
    assert within(fold("CN=a,DC=x"), fold("dc=X"))
    assert not within("cn=a,dc=xx", "dc=x")


def test_how_a_password_is_kept_is_told_without_the_password():
    said = {b"{SSHA}abc": "ssha", b"{CRYPT}$6$salt$hash": "crypt-6", b"{crypt}ab01FAX.bQRSU": "crypt",
            b"hunter2": "clear", b"{CLEARTEXT}hunter2": "clear", b"{ARGON2}$argon2id$v": "argon2", b"": "clear"}
    assert {one: scheme(one) for one in said} == said
