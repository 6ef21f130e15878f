"""What a domain says of its mail: each planted fault is told, and its good twin has none."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from collectors import domain_mail
from collectors.base import ABSENT, Missing, observe
from hustings.declared import Declared, Domain
from hustings.facts import Listing
from tests.dns_server import SERVFAIL, SILENT, World, Zone, serving
from tests.fakes import NOW, FakeHost


def _key(bits: int, form: PublicFormat = PublicFormat.SubjectPublicKeyInfo) -> str:
    public = rsa.generate_private_key(65537, bits).public_key()
    return base64.b64encode(public.public_bytes(Encoding.DER, form)).decode()


def _txt(name: str, text: str) -> str:
    parts = " ".join(f'"{text[at:at + 200]}"' for at in range(0, max(len(text), 1), 200))
    return f"{name} TXT {parts}\n"


SPF = {
    "good": ["v=spf1 ip4:192.0.2.0/24 include:inc.example a mx -all"],
    "soft": ["v=spf1 ~all"],
    "upper": ["V=SPF1 IP4:192.0.2.1 -ALL"],
    "two": ["v=spf1 -all", "v=spf1 ~all"],
    "none": ["something else"],
    "like": ["v=spf10 -all"],
    "plus": ["v=spf1 +all"],
    "bare": ["v=spf1 all"],
    "neutral": ["v=spf1 ip4:192.0.2.1 ?all"],
    "noend": ["v=spf1 ip4:192.0.2.1"],
    "redirect": ["v=spf1 redirect=soft.example"],
    "ignored": ["v=spf1 -all redirect=none.example"],
    "badredirect": ["v=spf1 redirect=none.example"],
    "wide": ["v=spf1 ip4:0.0.0.0/1 -all"],
    "widea": ["v=spf1 a/0 -all"],
    "exists": ["v=spf1 exists:h1.example -all"],
    "existsd": ["v=spf1 exists:h1.%{d1r}.example include:exists.example -all", "unrelated"],
    "incplus": ["v=spf1 include:plus.example -all"],
    "minusplus": ["v=spf1 -include:plus.example -all"],
    "loop": ["v=spf1 include:loop2.example -all"],
    "loop2": ["v=spf1 include:loop.example -all"],
    "self": ["v=spf1 redirect=self.example"],
    "badinc": ["v=spf1 include:nowhere.example -all"],
    "twoinc": ["v=spf1 include:two.example -all"],
    "joined": ["v=spf1 include:inc.exampleinclude:inc.example -all"],
    "typo": ["v=spf1 ipv4:192.0.2.1 -all"],
    "badip": ["v=spf1 ip4:192.0.2.300 -all"],
    "bad6": ["v=spf1 ip6:2001:db8::/129 -all"],
    "leading": ["v=spf1 ip4:192.0.2.0/024 -all"],
    "ten": ["v=spf1 " + " ".join(f"a:h{one}.example" for one in range(10)) + " -all"],
    "eleven": ["v=spf1 " + " ".join(f"a:h{one}.example" for one in range(11)) + " -all"],
    "nested": ["v=spf1 include:ten.example -all"],
    "void2": ["v=spf1 a:v1.example a:v2.example -all"],
    "void3": ["v=spf1 a:v1.example a:v2.example mx:v3.example -all"],
    "ptr": ["v=spf1 ptr -all"],
    "macro": ["v=spf1 exists:%{i}._spf.%{d} -all"],
    "macrod": ["v=spf1 include:%{d1r}.%{d2} -all"],
    "macros": ["v=spf1 include:%{l}.example -all"],
    "after": ["v=spf1 -all ip4:192.0.2.1"],
    "unknownmod": ["v=spf1 foo=bar -all"],
    "tworedirects": ["v=spf1 redirect=soft.example redirect=good.example"],
    "servfail": ["v=spf1 include:down.example -all"],
    "servfail11": ["v=spf1 include:down.example " + " ".join(f"a:h{one}.example" for one in range(10)) + " -all"],
    "lost": ["v=spf1 redirect=down.example"],
    "dual": ["v=spf1 a:h1.example/24//64 mx/24 a//64 ip6:2001:db8::/32 -all"],
    "manymx": ["v=spf1 mx -all"],
    "trailing": ["v=spf1  ip4:192.0.2.1  -all "],
    "chars": ["v=spf1 ip4:192.0.2.1\tinclude:inc.example -all"],
    "inc": ["v=spf1 ip4:198.51.100.0/24 ?all"],
}
HOSTS = "".join(f"h{one} A 192.0.2.{one}\n" for one in range(12))
ZONE = "".join(_txt(name, text) for name, texts in SPF.items() for text in texts) + HOSTS + """
good A 192.0.2.1
good MX 10 h1
good MX 5 h2
dual A 192.0.2.1
dual MX 10 h1
macrod TXT "x"
macrod.macrod TXT "v=spf1 -all"
example.macrod TXT "v=spf1 -all"
nullmx MX 0 .
mixed MX 0 .
mixed MX 10 h1
down2 TXT "v=spf1 -all"
aloop CNAME aloop2
aloop2 CNAME aloop
_dmarc.ring CNAME _dmarc.ring2
_dmarc.ring2 CNAME _dmarc.ring
""" + "".join(f"manymx MX {one} h{one}\n" for one in range(11)) + "manymx A 192.0.2.9\n"
FAULTS = {"down.example": SERVFAIL, "quiet.example": SERVFAIL, "_dmarc.quiet.example": SILENT,
          "_mta-sts.quiet.example": SERVFAIL, "s._domainkey.quiet.example": SERVFAIL,
          "slow1.example._report._dmarc.slow.example": SERVFAIL}

DMARC = {
    "good": "v=DMARC1; p=reject; rua=mailto:d@good.example",
    "spaced": "v=DMARC1 ; p = quarantine ; sp = reject; adkim=s; aspf=s; rua=mailto:d@spaced.example",
    "watch": "v=DMARC1; p=none; rua=mailto:d@watch.example",
    "sub": "v=DMARC1; p=reject; sp=none; rua=mailto:d@sub.example",
    "np": "v=DMARC1; p=reject; np=none; rua=mailto:d@np.example",
    "part": "v=DMARC1; p=reject; pct=50; rua=mailto:d@part.example",
    "test": "v=DMARC1; p=reject; t=y; rua=mailto:d@test.example",
    "mute": "v=DMARC1; p=reject",
    "badp": "v=DMARC1; p=rejct",
    "badprua": "v=DMARC1; p=rejct; rua=mailto:d@badprua.example",
    "twice": "v=DMARC1; p=reject; p=none; rua=mailto:d@twice.example",
    "small": "v=dmarc1; p=reject",
    "fo": "v=DMARC1; p=reject; fo=x; rua=mailto:d@fo.example",
    "ext": "v=DMARC1; p=reject; rua=mailto:d@reports.example,mailto:e@deaf.example,https://ext.example/r",
    "slow1": "v=DMARC1; p=reject; rua=mailto:d@slow.example",
    "parent": "v=DMARC1; p=reject; sp=quarantine; rua=mailto:d@parent.example",
}
ZONE += "".join(_txt(f"_dmarc.{name}", text) for name, text in DMARC.items())
ZONE += _txt("_dmarc.double", "v=DMARC1; p=reject") + _txt("_dmarc.double", "v=DMARC1; p=none")
ZONE += _txt("_dmarc.mixed", "other") + _txt("_dmarc.mixed", DMARC["good"])
ZONE += _txt("ext.example._report._dmarc.reports", "v=DMARC1")
ZONE += '*.wild TXT "v=spf1 -all"\n'
ZONE += _txt("odd", "v=spf1 ip4:192.0.2.1\\000\\027[31m -all")
ZONE += _txt("_dmarc.odd", "v=DMARC1; p=\\027[31mreject; rua=mailto:a\\000@odd.example")
ZONE += "_dmarc.aloop CNAME aloop\n"

KEYS = {
    "good": f"v=DKIM1; k=rsa; p={_key(2048)}",
    "bare": f"p={_key(2048, PublicFormat.PKCS1)}",
    "short": f"v=DKIM1; p={_key(1024)}",
    "test": f"v=DKIM1; t=s:y; p={_key(2048)}",
    "gone": "v=DKIM1; p=",
    "broken": "v=DKIM1; p=AAAA",
    "noise": "v=DKIM1; p=%%%",
    "nokey": "v=DKIM1; k=rsa",
    "sha1": f"v=DKIM1; h=sha1; p={_key(2048)}",
    "other": f"v=DKIM2; p={_key(2048)}",
    "notmail": f"v=DKIM1; s=tlsrpt; p={_key(2048)}",
    "ed": "v=DKIM1; k=ed25519; p=" + base64.b64encode(
        ed25519.Ed25519PrivateKey.generate().public_key().public_bytes_raw()).decode(),
    "edlong": f"v=DKIM1; k=ed25519; p={_key(1024)}",
    "mlkem": f"v=DKIM1; k=mlkem; p={_key(1024)}",
}
ZONE += "".join(_txt(f"{name}._domainkey.good", text) for name, text in KEYS.items())
ZONE += _txt("two._domainkey.good", KEYS["good"]) + _txt("two._domainkey.good", KEYS["ed"])
ZONE += "away._domainkey.good CNAME good._domainkey.good\nlost._domainkey.good CNAME nowhere.good\n"
ZONE += _txt("_mta-sts.good", "v=STSv1; id=20261122;")
ZONE += _txt("_smtp._tls.good", "v=TLSRPTv1; rua=mailto:t@good.example")
ZONE += _txt("_mta-sts.plus", "v=STSv1; id=a b") + _txt("_smtp._tls.plus", "v=TLSRPTv1;")
ZONE += _txt("_mta-sts.two", "v=STSv1; id=1;") + _txt("_mta-sts.two", "v=STSv1; id=2;") + _txt("_mta-sts.soft", "v=x")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    zones = [Zone(".", signed=False), Zone("example", ZONE, signed=False),
             Zone("psd", _txt("_dmarc", "v=DMARC1; p=reject; sp=reject; psd=y") + "town TXT x\n", signed=False),
             Zone("deep.example", _txt("_dmarc.a.b", "v=DMARC1; p=reject; psd=n") + _txt(
                 "_dmarc", "v=DMARC1; p=none") + "x.a.b A 192.0.2.1\n", signed=False)]
    with serving(World(zones, FAULTS)) as address:
        yield address


def look(server: str, name: str, **more: Any) -> dict[str, Any]:
    """The facts of one domain, without the prefix and the subject."""
    declared = Declared(domains=(Domain(name, **more),), resolvers=(server,))
    seen = domain_mail.collect(FakeHost(), declared)
    facts = observe(domain_mail.COLLECTOR, seen, NOW, declared)
    assert not [one for one in facts.values() if one.missing is not None and "came as" in one.missing.detail]
    assert set(facts) == set(seen)
    return {fact.partition("@")[0].removeprefix("domain."): value for fact, value in seen.items()}


def faults(listing: Listing) -> list[str]:
    return [str(one["what"]) for one in listing.items if one["weight"] == "fault"]


def remarks(listing: Listing) -> list[str]:
    return [str(one["what"]) for one in listing.items if one["weight"] == "remark"]


@pytest.mark.parametrize(("name", "end", "lookups", "void", "permits", "wrong", "noted"), [
    ("good", "-", 3, 0, 4, [], []),
    ("soft", "~", 0, 0, 0, [], []),
    ("upper", "-", 0, 0, 1, [], []),
    ("plus", "+", 0, 0, 1, ["passes-everyone"], []),
    ("bare", "+", 0, 0, 1, ["passes-everyone"], []),
    ("neutral", "?", 0, 0, 1, ["neutral"], []),
    ("noend", "none", 0, 0, 1, ["no-end"], []),
    ("redirect", "~", 1, 0, 0, [], []),
    ("ignored", "-", 0, 0, 0, [], []),
    ("badredirect", "none", 1, 0, 0, ["broken-include"], []),
    ("wide", "-", 0, 0, 1, ["passes-everyone"], []),
    ("widea", "-", 1, 1, 1, ["passes-everyone"], []),
    ("exists", "-", 1, 0, 1, ["passes-everyone"], []),
    ("existsd", "-", 3, 1, 2, ["passes-everyone"], []),
    ("incplus", "-", 1, 0, 1, ["passes-everyone"], []),
    ("minusplus", "-", 1, 0, 0, [], []),
    ("loop", "-", 2, 0, 0, ["loop"], []),
    ("self", "none", 1, 0, 0, ["loop"], []),
    ("badinc", "-", 1, 1, 0, ["broken-include"], []),
    ("twoinc", "-", 1, 0, 0, ["broken-include"], []),
    ("joined", "-", 1, 1, 0, ["broken-include"], []),
    ("typo", "none", 0, 0, 0, ["syntax"], []),
    ("badip", "none", 0, 0, 0, ["syntax"], []),
    ("bad6", "none", 0, 0, 0, ["syntax"], []),
    ("leading", "none", 0, 0, 0, ["syntax"], []),
    ("tworedirects", "none", 0, 0, 0, ["syntax"], []),
    ("chars", "none", 0, 0, 0, ["syntax"], []),
    ("ten", "-", 10, 0, 10, [], []),
    ("eleven", "-", 11, 0, 11, ["too-many-lookups"], []),
    ("nested", "-", 11, 0, 10, ["too-many-lookups"], []),
    ("void2", "-", 2, 2, 2, [], []),
    ("void3", "-", 3, 3, 3, ["too-many-void"], []),
    ("ptr", "-", 1, 0, 1, [], ["ptr"]),
    ("macro", "-", 1, 0, 1, [], ["macro"]),
    ("after", "-", 0, 0, 0, [], ["after-all"]),
    ("unknownmod", "-", 0, 0, 0, [], []),
    ("dual", "-", 3, 0, 4, [], []),
    ("manymx", "-", 1, 0, 1, ["too-many-lookups"], []),
    ("trailing", "-", 0, 0, 1, [], []),
])
def test_an_spf_record_comes_to_what_receivers_make_of_it(server: str, name: str, end: str, lookups: int, void: int,
                                                          permits: int, wrong: list[str], noted: list[str]) -> None:
    seen = look(server, f"{name}.example")
    assert seen["spf_records"] == 1
    assert (seen["spf_all"], seen["spf_permits"]) == (end, permits)
    assert (seen["spf_lookups"], seen["spf_void"]) == (lookups, void)
    assert seen["spf_problems"].complete
    assert (faults(seen["spf_problems"]), remarks(seen["spf_problems"])) == (wrong, noted)


@pytest.mark.parametrize(("name", "count", "wrong"), [
    ("two", 2, ["several-records"]), ("none", 0, []), ("like", 0, ["not-a-record"]), ("h1", 0, []),
    ("nowhere", 0, []), ("aloop", 0, ["alias-loop"]),
])
def test_without_one_record_there_is_no_spf(server: str, name: str, count: int, wrong: list[str]) -> None:
    seen = look(server, f"{name}.example")
    assert seen["spf_records"] == count
    assert seen["spf_all"] is ABSENT
    assert faults(seen["spf_problems"]) == wrong


def test_an_included_record_that_nobody_answers_about_leaves_the_rest_open(server: str) -> None:
    seen = look(server, "servfail.example")
    assert isinstance(seen["spf_lookups"], Missing)
    assert "SERVFAIL" in seen["spf_lookups"].detail
    assert not seen["spf_problems"].complete
    assert seen["spf_problems"].why == seen["spf_lookups"]
    assert seen["spf_all"] == "-"
    beyond = look(server, "servfail11.example")
    assert beyond["spf_lookups"] == 11
    assert faults(beyond["spf_problems"]) == ["too-many-lookups"]
    assert isinstance(look(server, "lost.example")["spf_all"], Missing)
    assert isinstance(look(server, "macros.example")["spf_permits"], Missing)


def test_what_nobody_answers_about_is_left_open_and_not_taken_for_missing(server: str) -> None:
    seen = look(server, "quiet.example", dkim_selectors=("s",))
    for fact in ("spf", "spf_records", "spf_all", "spf_problems", "dmarc", "dmarc_policy", "mx", "null_mx"):
        assert isinstance(seen[fact], Missing), fact
    assert isinstance(seen["mta_sts_id"], Missing)
    assert seen["sends_mail"] is True
    key, = seen["dkim_keys"].items
    assert isinstance(key["published"], Missing)
    assert isinstance(key["bits"], Missing)
    report, = look(server, "slow1.example")["dmarc_reports"].items
    assert isinstance(report["usable"], Missing)


def test_mail_hosts_and_the_null_mx(server: str) -> None:
    good = look(server, "good.example")
    assert good["mx"].items == [{"preference": 5, "host": "h2.example"}, {"preference": 10, "host": "h1.example"}]
    assert good["null_mx"] is False
    assert look(server, "nullmx.example")["null_mx"] is True
    assert look(server, "nullmx.example")["mx"].items == []
    assert look(server, "mixed.example")["null_mx"] is False
    assert look(server, "h1.example")["null_mx"] is False


@pytest.mark.parametrize(("name", "policy", "below", "wrong"), [
    ("good", "reject", "reject", []),
    ("spaced", "quarantine", "reject", []),
    ("watch", "none", "none", []),
    ("sub", "reject", "none", []),
    ("np", "reject", "none", []),
    ("part", "reject", "reject", []),
    ("mute", "reject", "reject", []),
    ("badp", "", "", ["no-policy"]),
    ("badprua", "none", "none", ["no-policy"]),
    ("twice", "reject", "reject", ["syntax"]),
    ("small", "", "", []),
    ("fo", "reject", "reject", []),
    ("double", "", "", ["several-records"]),
    ("mixed", "reject", "reject", []),
    ("ring", "", "", ["alias-loop"]),
    ("a.wild", "", "", []),
    ("nowhere", "", "", []),
])
def test_a_dmarc_record_asks_for_what_receivers_do(server: str, name: str, policy: str, below: str,
                                                   wrong: list[str]) -> None:
    seen = look(server, f"{name}.example")
    expected = (policy or ABSENT, below or ABSENT)
    assert (seen["dmarc_policy"], seen["dmarc_subdomain_policy"]) == expected
    assert faults(seen["dmarc_problems"]) == wrong
    if policy:
        assert (seen["dmarc_at"], seen["dmarc_rule"]) == (f"{name}.example", "own")
    else:
        assert seen["dmarc"] is ABSENT


def test_the_other_tags_of_dmarc_are_read(server: str) -> None:
    assert look(server, "part.example")["dmarc_percent"] == 50
    assert look(server, "test.example")["dmarc_testing"] is True
    spaced = look(server, "spaced.example")
    assert (spaced["dmarc_alignment_dkim"], spaced["dmarc_alignment_spf"]) == ("strict", "strict")
    good = look(server, "good.example")
    assert (good["dmarc_percent"], good["dmarc_testing"], good["dmarc_alignment_spf"]) == (100, False, "relaxed")


def test_what_the_library_refuses_and_receivers_accept_is_a_remark(server: str) -> None:
    seen = look(server, "fo.example")
    assert seen["dmarc_policy"] == "reject"
    assert remarks(seen["dmarc_problems"]) == ["syntax"]


def test_reports_to_another_domain_need_its_consent(server: str) -> None:
    assert [one["usable"] for one in look(server, "good.example")["dmarc_reports"].items] == [True]
    assert [one["usable"] for one in look(server, "ext.example")["dmarc_reports"].items] == [True, False, False]
    assert look(server, "mute.example")["dmarc_reports"].items == []


def test_a_subdomain_has_its_parents_policy(server: str) -> None:
    seen = look(server, "mail.parent.example")
    assert (seen["dmarc_policy"], seen["dmarc_at"], seen["dmarc_rule"]) == ("quarantine", "parent.example", "both")
    assert seen["dmarc_subdomain_policy"] == "quarantine"


def test_without_any_record_of_its_own_a_domain_has_no_policy_whatever_its_parent_would_say() -> None:
    zones = [Zone("bare.example", "@ A 192.0.2.1\n", signed=False),
             Zone("deaf.example", "www A 192.0.2.1\n", signed=False)]
    faults = {"_dmarc.deaf.example": SERVFAIL}
    with serving(World(zones, faults, authoritative=True, recursive=False)) as server:
        bare = look(server, "bare.example")
        assert (bare["dmarc"], bare["dmarc_policy"]) == (ABSENT, ABSENT)
        assert remarks(bare["dmarc_problems"]) == ["rules-differ"]
        assert isinstance(look(server, "www.deaf.example")["dmarc_policy"], Missing)


def test_where_the_two_rules_differ_the_weaker_counts(server: str) -> None:
    town = look(server, "town.psd")
    assert (town["dmarc_policy"], town["dmarc_at"], town["dmarc_rule"]) == ("none", "psd", "tree-walk")
    assert remarks(town["dmarc_problems"]) == ["rules-differ"]
    deep = look(server, "x.a.b.deep.example")
    assert deep["dmarc_policy"] == "none"
    assert deep["dmarc_rule"] == "public-suffix-list"


@pytest.mark.parametrize(("selector", "fields", "words"), [
    ("good", {"published": True, "kind": "rsa", "bits": 2048, "revoked": False, "testing": False}, ""),
    ("bare", {"published": True, "kind": "rsa", "bits": 2048}, ""),
    ("away", {"published": True, "bits": 2048, "alias": "good._domainkey.good.example"}, ""),
    ("ed", {"published": True, "kind": "ed25519", "bits": 256}, ""),
    ("short", {"bits": 1024}, ""),
    ("test", {"testing": True, "bits": 2048}, ""),
    ("sha1", {"sha256": False}, ""),
    ("gone", {"revoked": True, "bits": 0}, "revoked"),
    ("broken", {"published": False}, "cannot be read"),
    ("noise", {"published": False}, "cannot be read"),
    ("edlong", {"published": False}, "32 bytes"),
    ("mlkem", {"published": False}, "no key kind"),
    ("nokey", {"published": False}, "no key"),
    ("other", {"published": False}, "DKIM1"),
    ("notmail", {"published": True}, "not for mail"),
    ("two", {"published": False}, "2 TXT records"),
    ("lost", {"published": False}, "leads to no record"),
    ("nothing", {"published": False}, "no such record"),
])
def test_a_dkim_key_is_what_it_is(server: str, selector: str, fields: dict[str, Any], words: str) -> None:
    key, = look(server, "good.example", dkim_selectors=(selector,))["dkim_keys"].items
    assert {name: key[name] for name in fields} == fields
    assert words in key["problem"]
    assert bool(words) == bool(key["problem"])


def test_without_selectors_the_keys_are_not_known_unless_no_mail_is_sent(server: str) -> None:
    unknown = look(server, "good.example")["dkim_keys"]
    assert isinstance(unknown, Missing)
    assert "declare dkim_selectors" in unknown.detail
    assert look(server, "good.example", sends_mail=False)["dkim_keys"] is ABSENT


def test_mta_sts_and_tls_reports(server: str) -> None:
    good = look(server, "good.example")
    assert (good["mta_sts_id"], good["tls_reports"].items) == ("20261122", ["mailto:t@good.example"])
    assert good["transport_problems"].items == []
    plus = look(server, "plus.example")
    assert (plus["mta_sts_id"], plus["tls_reports"]) == (ABSENT, ABSENT)
    assert [one["what"] for one in plus["transport_problems"].items] == ["mta-sts", "tls-rpt"]
    assert look(server, "two.example")["mta_sts_id"] is ABSENT
    assert look(server, "soft.example")["mta_sts_id"] is ABSENT
    assert look(server, "h1.example")["transport_problems"].items == []


def test_no_control_character_of_a_record_goes_on(server: str) -> None:
    said = repr({fact: value.items if isinstance(value, Listing) else value
                 for fact, value in look(server, "odd.example").items()})
    assert "\\x00" not in said.replace("\\\\x00", "")
    assert "\\x1b" not in said.replace("\\\\x1b", "")
    assert "\ufffd" in said


def test_nothing_is_asked_but_the_domain_and_what_it_leads_to() -> None:
    world = World([Zone(".", signed=False), Zone("example", ZONE, signed=False)])
    with serving(world) as address:
        look(address, "good.example", dkim_selectors=("good",))
    assert {name for name, _ in world.asked} == {
        "good.example", "inc.example", "h1.example", "h2.example", "_dmarc.good.example", "_mta-sts.good.example",
        "_smtp._tls.good.example", "good._domainkey.good.example"}


def test_an_image_and_a_wrong_name_are_reasons() -> None:
    declared = Declared(domains=(Domain("a..b"),), resolvers=("127.0.0.1:9",))
    seen = domain_mail.collect(FakeHost(), declared)
    assert isinstance(seen["domain.spf@a..b"], Missing)
    assert isinstance(domain_mail.collect(FakeHost(kind="image"), declared)["domain.mx@a..b"], Missing)
    assert seen["domain.sends_mail@a..b"] is True
