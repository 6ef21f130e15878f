"""The door to LDAP servers: protected, bounded in time and size, and silent about the secret."""

import socket
import threading
import time
from contextlib import contextmanager

import pytest

from collectors import directory_ldap, ldap_door
from collectors._ldap_wire import BYTES
from collectors.base import ABSENT, Dated
from collectors.host.live import LiveHost
from collectors.host.protocol import Denied, LookError, TimedOut, Truncated, Unreadable
from hustings.declared import Declared, Tenant
from hustings.facts import Missing, Reason
from tests.directory.ldap_asking import tenant
from tests.fakes import FakeHost
from tests.ldap_tree import person, places
from tests.ranged_ldap import ber, ranged
from tests.slapd import PASSWORD, SUFFIX, running
from tests.tls_servers import Authority


@pytest.fixture(scope="module")
def server():
    with running([*places("people"), *(person(f"u{number}") for number in range(1200))]) as one:
        yield one


def asked(one, **said):
    with ldap_door.connect(LiveHost(), one, **said) as door:
        return door, [entry.dn for entry in door.search(SUFFIX, "(objectClass=inetOrgPerson)", ("1.1",), page=500)]


@pytest.mark.parametrize("how", ["ldaps", "starttls"])
def test_tls_is_verified_and_pages_are_followed(server, tmp_path, how):
    url = server.tls_url if how == "ldaps" else server.url.replace("127.0.0.1", "localhost")
    door, names = asked(tenant(server, tmp_path, "ldap", url=url, tls_ca=str(server.authority)))
    assert len(names) == 1200
    assert door.requests == 4, "the server's own entry and three pages"


def test_a_certificate_of_somebody_else_or_for_another_name_is_refused(server, tmp_path):
    other = Authority(tmp_path, "Other").file
    for said in ({"tls_ca": str(other)}, {"tls_ca": ""}):
        with pytest.raises(Denied, match="certificate is not accepted"):
            asked(tenant(server, tmp_path, "ldap", url=server.tls_url, **said))
    wrong_name = server.tls_url.replace("localhost", "127.0.0.2")
    with pytest.raises(LookError, match=r"name does not match|cannot be reached"):
        asked(tenant(server, tmp_path, "ldap", url=wrong_name, tls_ca=str(server.authority)))
    with pytest.raises(Unreadable, match="holds no certificate"):
        asked(tenant(server, tmp_path, "ldap", url=server.tls_url, tls_ca=str(tmp_path / "none.pem")))


def test_nothing_goes_unprotected_to_another_machine(tmp_path, server):
    for url, upgrade in (("ldap://dc1.office.example", True), ("ldap://192.0.2.7", True), ("ldap://127.0.0.1", False)):
        assert ldap_door.address(tenant(server, tmp_path, "ldap", url=url))[3] is upgrade
    for url in ("http://office.example", "ldaps://", "ldaps://host:port", "ldaps://me:secret@host", "office.example"):
        with pytest.raises(Unreadable):
            ldap_door.address(tenant(server, tmp_path, "ldap", url=url))


BOUND = b"the answer to the bind"
WELCOME = bytes.fromhex("61070a010004000400")


@contextmanager
def talking(*words):
    """A server that says these bytes to whoever connects, one after another, and then nothing."""
    listener = socket.create_server(("127.0.0.1", 0))
    taken = []

    def serve():
        try:
            while True:
                one, _ = listener.accept()
                taken.append(one)
                for word in words:
                    asked = one.recv(4096)
                    number = asked[2:4 + asked[3]]
                    one.sendall(ber(0x30, number, WELCOME) if word is BOUND else word)
        except OSError:
            return

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"ldap://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for one in taken:
            one.close()
        thread.join()




@pytest.mark.parametrize("answer", ["7807 0a0102 0400 0400", "780a 0a0100 0400 0400 8a01 00"])
def test_where_starttls_is_refused_or_pretended_the_password_never_goes_out(tmp_path, server, answer):
    said = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        one, _ = listener.accept()
        with one:
            one.settimeout(5)
            try:
                while asked := one.recv(4096):
                    said.append(asked)
                    if len(said) == 1:
                        one.sendall(ber(0x30, asked[2:4 + asked[3]], bytes.fromhex(answer)))
            except OSError:
                return

    thread = threading.Thread(target=serve)
    thread.start()
    with listener, pytest.raises(LookError):
        asked(tenant(server, tmp_path, "ldap", url=f"ldap://127.0.0.1:{listener.getsockname()[1]}",
                     tls_ca=str(server.authority)), within=2.0)
    thread.join()
    assert said
    assert PASSWORD.encode() not in b"".join(said)


@pytest.mark.parametrize("words", [(), (BOUND,), (b"\x30",), (BOUND, b"\x30\x84\x00\xff\xff\xff")])
def test_a_server_that_hangs_costs_no_more_than_the_deadline(tmp_path, server, words):
    with talking(*words) as url:
        started = time.monotonic()
        with pytest.raises(TimedOut, match="did not answer in time"):
            asked(tenant(server, tmp_path, "ldap", url=url), within=0.5)
        assert time.monotonic() - started < 10


def nested(depth):
    """A message in a message in a message."""
    inner = b""
    for _ in range(depth):
        inner = ber(0x30, inner)
    return inner


LIST_FOR_A_NAME = bytes.fromhex("300e02010161090a01003002040004 00")


@pytest.mark.parametrize("words", [(nested(5000),), (LIST_FOR_A_NAME,),
                                   (b"HTTP/1.1 400 Bad Request\r\n\r\n" * 9,), (b"\x30\x03\x02\x01\x01",),
                                   (BOUND, b"\x30\x05\x02\x01\x02\x04\x00")])
def test_nonsense_is_a_reason(tmp_path, server, words):
    with talking(*words) as url, pytest.raises(LookError) as caught:
        asked(tenant(server, tmp_path, "ldap", url=url), within=1.0)
    assert PASSWORD not in str(caught.value)


def test_refusals_are_reasons_and_never_say_the_secret(tmp_path, server):
    secret = tmp_path / "wrong"
    secret.write_text("canary-wrong-password", encoding="utf-8")
    secret.chmod(0o600)
    for said, wanted in (
            ({"password_file": str(secret)}, "name or the password is wrong"),
            ({"bind": f"cn=nobody,{SUFFIX}"}, "name or the password is wrong"),
            ({"bind": "not a name"}, "distinguished name|name or the password"),
            ({"url": "ldap://127.0.0.1:1"}, "cannot be reached"),
            ({"url": "ldaps://no-such-host.invalid"}, "cannot be reached"),
            ({"url": server.url.replace("ldap:", "ldaps:")}, "no TLS with this server|certificate|ended"),
            ({"base": "dc=elsewhere,dc=test"}, "no such entry|refers to another|does not exist")):
        one = tenant(server, tmp_path, "ldap", **said)
        with pytest.raises(LookError, match=wanted) as caught:
            directory_ldap.read(LiveHost(), one)
        text = f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"
        assert "canary" not in text
    secret.chmod(0o644)
    with pytest.raises(Denied, match="chmod 600"):
        asked(tenant(server, tmp_path, "ldap", password_file=str(secret)))


def test_only_a_running_system_is_asked_and_other_kinds_of_tenants_are_absent(tmp_path, server):
    mine, theirs = tenant(server, tmp_path, "ldap"), Tenant(name="cloud", kind="entra")
    declared = Declared(tenants=(mine, theirs))
    kept = directory_ldap.collect(FakeHost(kind="image"), declared)
    assert kept["directory.ldap_state@office"].reason is Reason.UNSUPPORTED
    assert kept["directory.ldap_state@cloud"] is ABSENT
    live = directory_ldap.collect(LiveHost(), declared)["directory.ldap_state@office"]
    assert isinstance(live, Dated)
    assert PASSWORD not in live.value
    gone = Tenant(name="office", kind="ldap", url="ldap://127.0.0.1:1")
    assert isinstance(directory_ldap.collect(LiveHost(), Declared(tenants=(gone,)))["directory.ldap_state@office"],
                      Missing)


def test_a_server_that_says_more_than_an_answer_may_hold_is_cut_off(tmp_path, server):
    many = b"\x30\x03\x02\x01\x01" * (BYTES // 5) + b"\x30\x7f\x02"
    for flood in (b"\x30\x84\x7f\xff\xff\xff", many):
        with talking(BOUND, flood) as url, pytest.raises(LookError) as caught:
            asked(tenant(server, tmp_path, "ldap", url=url), within=20.0)
        assert isinstance(caught.value, Truncated) or "understood" in str(caught.value)


def test_values_that_come_in_ranges_are_read_whole(tmp_path):
    """OpenLDAP has no ranges: a small server of the test's own says them as Active Directory does."""
    members = [f"CN=user{number},{SUFFIX}" for number in range(3500)]
    with ranged("member", members, 1500) as url:
        one = Tenant(name="office", kind="ldap", url=url)
        with ldap_door.connect(LiveHost(), one) as door:
            entry = door.entry(SUFFIX, ("member",))
    assert list(entry.texts("member")) == members


def test_filters_never_take_names_from_outside():
    """What is asked for is fixed: no name that a directory or a declaration holds becomes part of a filter."""
    from collectors import _ldap_accounts, _ldap_ad_accounts

    for wanted in (_ldap_accounts.WANTED, _ldap_ad_accounts.WANTED):
        assert set(wanted) <= set("()|=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-")
