"""Whatever stands in a record, reading it ends with an answer: records are written by strangers."""

from __future__ import annotations

import dns.exception
import dns.flags
import dns.message
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors import _dkim, _dmarc, _spf_terms
from collectors.dns_door import Status, read

WORDS = st.sampled_from(["reject", "none", "", "y", "1:d:0", "mailto:a@b.c!10m,x:", "100", "²", "0000100000", "DMARC1",
                         "=", "\x00", "é"]) | st.text(max_size=30)
TAGS = st.lists(st.tuples(st.sampled_from(["p", "sp", "np", "rua", "ruf", "pct", "adkim", "fo", "t", "psd", "v", "k",
                                           "h", "s", "", "P", "ri"]), WORDS), max_size=8)
TERMS = st.lists(st.sampled_from(["a", "mx", "include:", "ip4:", "ip6:", "exists:", "ptr", "all", "redirect=", "exp=",
                                  "-", "/", "//", "%{d}", "%{d2r-}", "%{i}", "%%", "%", "a.b", "1.2.3.4", "::1", "33",
                                  " ", "x=y", "²"]) | st.text(max_size=4), max_size=16)


@settings(max_examples=150)
@given(TAGS)
def test_tags_of_any_kind_are_read(tags: list[tuple[str, str]]) -> None:
    text = ";".join(f"{name}={value}" for name, value in tags)
    record = _dmarc.parse(f"v=DMARC1;{text}", "office.example")
    if record is not None:
        assert 0 <= record.percent <= 100
        assert {record.policy, record.subdomains, record.absent_subdomains} <= set(_dmarc.STRENGTH)
    key = _dkim.parse(text)
    assert key.get("published") or key["problem"]


@settings(max_examples=300)
@given(TERMS)
def test_terms_of_any_kind_are_read_or_refused(words: list[str]) -> None:
    try:
        terms = _spf_terms.parse("v=spf1 " + "".join(words))
    except _spf_terms.BadTerm:
        return
    for one in terms:
        if one.kind not in ("ip4", "ip6"):
            target = _spf_terms.expand(one.domain, "mail.office.example", "office.example")
            assert target is None or "%{" not in target


def test_a_record_made_to_take_for_ever_is_refused_at_once() -> None:
    for text in ("a:" + "a" * 60000 + "!", "a:" + "a." * 30000 + "!", "include:" + "%{d}" * 20000, "x" * 60000):
        with pytest.raises(_spf_terms.BadTerm):
            _spf_terms.parse(f"v=spf1 {text} -all")


@pytest.mark.parametrize(("spec", "domain"), [
    ("%{d}", "mail.office.example"), ("%{o}", "office.example"), ("%{d2}", "office.example"),
    ("%{dr}", "example.office.mail"), ("%{d1r}.x", "mail.x"), ("%{d-}.x", "mail.office.example.x"),
    ("a%%b.%{D}", "a%b.mail.office.example"), ("%{i}.x", None), ("%{l}", None), ("a%_b.x", None),
    ("plain.x", "plain.x"),
])
def test_macros_of_the_domain_are_replaced_and_those_of_a_message_are_not(spec: str, domain: str | None) -> None:
    assert _spf_terms.expand(spec, "mail.office.example", "office.example") == domain


@settings(max_examples=200)
@given(st.binary(max_size=80))
def test_an_answer_of_any_bytes_proves_nothing(junk: bytes) -> None:
    query = dns.message.make_query("office.example", "TXT")
    try:
        message = dns.message.from_wire(query.to_wire()[:2] + junk)
    except dns.exception.DNSException:
        return
    answer = read(message, "office.example", "TXT")
    assert not answer.found or answer.rdatas or answer.canonical != "office.example"
    if answer.absent:
        assert message.flags & (dns.flags.AA | dns.flags.RA)
        assert answer.status in (Status.NODATA, Status.NXDOMAIN)


READ_ALIKE = (
    "-all", "~all", "?all", "+all", "", "ip4:192.0.2.1 -all", "ip4:192.0.2.0/24 ip6:2001:db8::/32 -all",
    "ipv4:192.0.2.1 -all",
    "ip4:192.0.2.300 -all", "ip4:192.0.2.0/33 -all", "ip6:2001:db8::/129 -all", "ip4:192.0.2.0/024 -all", "ip4: -all",
    "ip4 -all", "-all ip4:192.0.2.1", "foo=bar -all", "ip4:192.0.2.1-all", "all:x", " ip4:192.0.2.1   -all ",
    "ip4:192.0.2.1, -all", "ip4=192.0.2.1 -all", "-ip4:192.0.2.1 ~all", "ip6:192.0.2.1 -all", "ip4:192.0.2.1/ -all",
    "exp=%{d}.x -all", "-all -all", "hello -all", "-all exp=a.b exp=c.d", "ip4:192.0.2.1; -all", "ip4:192.0.2.01 -all",
)
READ_OTHERWISE = {
    "V=SPF1 -ALL": (True, "literals of a grammar know no case (RFC 5234, 2.3)"),
    "v=spf1 ip4:192.0.2.1\tip4:192.0.2.2 -all": (False, "only spaces part the terms (RFC 7208, 12)"),
    "v=spf1 -all foo": (False, "an error anywhere makes the whole record invalid (RFC 7208, 4.6)"),
}


def _reads(text: str) -> bool:
    try:
        _spf_terms.parse(text)
    except _spf_terms.BadTerm:
        return False
    return True


def _library_reads(text: str) -> bool:
    from checkdmarc.spf import SPFError, parse_spf_record

    try:
        parse_spf_record(text, "office.example")
    except SPFError:
        return False
    return True


def test_a_second_reader_of_spf_agrees_but_where_the_standard_is_against_it() -> None:
    for terms in READ_ALIKE:
        text = f"v=spf1 {terms}"
        assert _reads(text) is _library_reads(text), text
    for text, (ours, _) in READ_OTHERWISE.items():
        assert (_reads(text), _library_reads(text)) == (ours, not ours), text


def test_what_the_library_refuses_in_dmarc_is_judged_by_the_standard() -> None:
    for text, policy, remarks in (
        ("v=DMARC1; p=reject; fo=x; rua=mailto:a@b.example", "reject", ["syntax"]),
        ("v=DMARC1; p=reject;; adkim=s; rua=mailto:a@b.example", "reject", ["syntax"]),
        ("v=DMARC1; p=rejct; rua=mailto:a@b.example", "none", ["syntax"]),
        ("v=DMARC1; p=reject; rua=mailto:a@b.example", "reject", []),
    ):
        record = _dmarc.parse(text, "office.example")
        assert record is not None
        assert record.policy == policy
        assert [what for weight, what, _ in record.problems if weight == "remark"] == remarks
    assert _dmarc.parse("v=DMARC1; p=rejct", "office.example") is None
