"""``hustings check --domain``: from any machine, by anybody: what it tells people, which mistakes it helps to mend."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest

from agent.domain_names import domain_name
from agent.telling_words import COULD_NOT, GLOSSARY, KNOWN, WHO, WORDS
from hustings.__main__ import main
from hustings.errors import UsageError
from hustings.facts import Reason
from policies import pack as packs
from tests.dns_server import World, Zone, serving
from tests.tls_servers import (
    Authority,
    MailHost,
    Site,
    all_of,
    good_answers,
    hang,
    page,
    redirect,
    server_context,
    text,
)

GOOD, BAD, DB, SHUT = "127.0.55.1", "127.0.55.2", "127.0.55.3", "127.0.55.4"
POLICY = b"version: STSv1\nmode: enforce\nmx: *.good.example\nmax_age: 604800\n"
MAIL = '@ MX 10 mx\n@ TXT "v=spf1 mx -all"\n_dmarc TXT "v=DMARC1; p=reject; rua=mailto:d@good.example"\n'
ZONES = (
    Zone("."), Zone("example"),
    Zone("good.example", f'@ A {GOOD}\nwww A {GOOD}\nmx A {GOOD}\nmta-sts A {GOOD}\n{MAIL}'
                         '_mta-sts TXT "v=STSv1; id=1"\n'),
    Zone("shut.example", f"@ MX 10 mx\nmx A {SHUT}\n"),
    Zone("bad.example", f"@ A {BAD}\nwww A {BAD}\n@ MX 10 mx\nmx A {BAD}\ndb A {DB}\n"
                        '@ TXT "<script>alert(1)</script>\\027[31m"\n'),
)
OUTSIDE = "domains:\n  - name: bad.example\n    outside: [db.bad.example]\n    consent: the clerk, 2026-11-01\n"


@dataclass
class Answer:
    code: int
    out: str
    err: str


@dataclass
class Neighbourhood:
    resolver: str
    authority: Path
    directory: Path

    def machine(self, config: str) -> Path:
        """A machine.yaml with these words."""
        file = self.directory / f"machine-{len(config)}.yaml"
        file.write_text(config)
        return file

    def check(self, *args: str | Path, config: str = "", resolver: bool = True) -> Answer:
        """``hustings check …`` in a process of its own, as an ordinary user would run it."""
        given = [*map(str, args), "--config", str(self.machine(config))]
        given += ["--resolver", self.resolver] if resolver else []
        done = subprocess.run([sys.executable, "-m", "hustings", "check", *given], capture_output=True, text=True,
                              check=False, timeout=120, cwd=Path(__file__).parents[2],
                              env={**os.environ, "SSL_CERT_FILE": str(self.authority)})
        assert "Traceback" not in done.stderr
        return Answer(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbourhood]:
    directory = tmp_path_factory.mktemp("domains")
    authority = Authority(directory)
    good = server_context(authority.issue("good.example", "www.good.example", "mx.good.example",
                                          "mta-sts.good.example"))
    bad = server_context(authority.issue("bad.example", "www.bad.example", ends=-2))
    answers = {**good_answers("good.example"), "/.well-known/mta-sts.txt": text(POLICY)}
    with (all_of((GOOD, 443, Site(answers, good)), (GOOD, 80, Site({"*": redirect("https://good.example/")})),
                 (GOOD, 25, MailHost(good)), (BAD, 443, Site({"*": page({})}, bad)), (BAD, 80, Site({"*": page()})),
                 (BAD, 25, MailHost(None, "missing")), (DB, 5432, hang)),
          serving(World(ZONES)) as resolver):
        yield Neighbourhood(resolver, authority.file, directory)


def results(answer: Answer) -> dict[str, str]:
    return {one["check"]: one["verdict"] for one in json.loads(answer.out)["results"]}


def test_a_good_domain_fails_none_of_the_checks_of_sites_and_mail_hosts(world):
    answer = world.check("--domain", "good.example", "--format", "json")
    assert answer.code == 0
    found = results(answer)
    ours = ("site-", "mail-hosts-", "mta-sts-enforced", "security-contact")
    mine = {name: verdict for name, verdict in found.items() if name.partition("/")[2].startswith(ours)}
    assert set(mine.values()) <= {"pass", "not_applicable"}
    assert mine["domains/site-https-only"] == mine["domains/mta-sts-enforced"] == "pass"
    assert found["domains/no-database-port-outside"] == "not_applicable"


def test_every_planted_fault_of_a_bad_domain_fails(world):
    answer = world.check("--domain", "bad.example", "--format", "json", config=OUTSIDE)
    assert answer.code == 1
    found = results(answer)
    for name in ("site-https-only", "site-certificates-trusted", "site-certificates-renewed", "site-hsts",
                 "site-headers", "security-contact", "mail-hosts-encrypt", "mta-sts-enforced",
                 "no-database-port-outside"):
        assert found[f"domains/{name}"] == "fail", name
    assert found["domains/site-tls-modern"] == "pass"
    document = json.loads(answer.out)
    assert document["schema"] == "hustings.check/1"
    assert document["host"]["name"] == "bad.example"


def test_only_what_is_about_the_domain_is_looked_at(world):
    document = json.loads(world.check("--domain", "good.example", "--format", "json").out)
    about = {one.id for one in packs.shipped().checks if one.each == "domain"}
    assert {one["check"] for one in document["results"]} == about
    assert document["host"]["os"] == {}


def test_a_campaign_is_not_asked_for_an_official_name(world):
    official = ("--only", "domains/official", "--format", "json")
    assert results(world.check("--domain", "good.example", *official)) == {"domains/official": "fail"}
    for args, config in ((("--role", "campaign-laptop"), ""), ((), "roles: [campaign-laptop]\n")):
        answer = world.check("--domain", "good.example", *args, *official, config=config)
        assert results(answer) == {"domains/official": "not_applicable"}


def test_a_declared_tenant_is_looked_at_alone(world):
    tenant = "tenants:\n  - {name: office, kind: ldap, url: 'ldap://127.0.0.1:1', bind: cn=a, base: dc=example, " \
             f"password_file: {world.directory}/password}}\n"
    (world.directory / "password").write_text("only for this test")
    (world.directory / "password").chmod(0o600)
    answer = world.check("--tenant", "office", "--format", "json", config=tenant, resolver=False)
    document = json.loads(answer.out)
    assert {one["check"] for one in document["results"]} == {
        one.id for one in packs.shipped().checks if one.each == "tenant" and one.scope == "machine"}
    assert document["summary"]["pass"] == document["summary"]["fail"] == 0
    assert document["summary"]["unknown"] > 10
    assert "only for this test" not in answer.out + answer.err
    said = world.check("--tenant", "office", config=tenant, resolver=False).out
    assert said.startswith("office  No grade")
    assert "Nothing could be seen." in said


def test_several_domains_are_told_apart(world):
    answer = world.check("--domain", "good.example", "--domain", "bad.example", "--format", "json")
    https = next(one for one in json.loads(answer.out)["results"] if one["check"] == "domains/site-https-only")
    assert {one["subject"]: one["verdict"] for one in https["instances"]} == {"good.example": "pass",
                                                                            "bad.example": "fail"}


def test_the_text_begins_with_the_letter_and_what_to_do_first(world):
    answer = world.check("--domain", "bad.example", config=OUTSIDE)
    lines = answer.out.splitlines()
    assert lines[0].startswith("bad.example  Grade F")
    first = lines.index("Do first:")
    assert lines[first + 1].startswith("  1. Anybody in the world can knock at the door of your database.")
    assert "What could not be seen" in answer.out or "0 not seen" in lines[0]
    assert "\x1b" not in answer.out
    french = world.check("--domain", "bad.example", "--language", "fr", config=OUTSIDE).out
    assert french.splitlines()[0].startswith("bad.example  Note F")
    assert "À faire d'abord :" in french


def test_a_threshold_and_a_single_check_can_be_chosen(world):
    answer = world.check("--domain", "bad.example", "--only", "domains/site-hsts", "--fail-on", "medium",
                         "--format", "json")
    assert (answer.code, results(answer)) == (1, {"domains/site-hsts": "fail"})
    other = world.check("--domain", "bad.example", "--only", "identity/no-empty-passwords")
    assert other.code == 2
    assert "no check" in other.err or "is not about a domain" in other.err


@pytest.mark.parametrize(("args", "words"), [
    (("--domain", "192.0.2.1"), "is an address, not a domain"),
    (("--domain", "https://good.example/x"), "give the domain alone: good.example"),
    (("--domain", "clerk@good.example"), "is a mail address"),
    (("--domain", "good.example:443"), "holds a port"),
    (("--domain", "on.ca"), "is a public suffix"),
    (("--domain", "example"), "not a whole domain name"),
    (("--domain", "-a.example"), "is not a domain name"),
    (("--domain", "a..example"), "is not a domain name"),
    (("--domain", "nowhere.example"), "there is no such domain"),
    (("--tenant", "office"), "no tenant is declared by the name 'office'"),
    (("--dkim-selector", "s1"), "none is given"),
    (("--domain", "good.example", "--dkim-selector", "s1._domainkey.good.example"), "._domainkey alone: s1"),
    (("--domain", "good.example", "--dkim-selector", "a b;c"), "is not a DKIM selector"),
    (("--domain", "good.example", "--dkim-selector", ""), "is not a DKIM selector"),
    (("--domain", "good.example", "--root", "/"), "leave --root out"),
    (("--domain", "good.example", "--role", "clerk"), "unknown role 'clerk'"),
    (("--domain", "good.example", "--recorded", "/tmp"), "leave --recorded out"),
    (("--domain", "good.example", "--format", "report"), "only a recording makes a report"),
    (("--domain", "good.example", "--page", "/nowhere/at/all.html"), "cannot be written"),
    (("--domain", "good.example", "--page", "/"), "it is a directory"),
])
def test_mistakes_say_what_and_how_to_mend_it(world, args, words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["check", *args, "--config", str(world.machine("")), "--resolver", world.resolver])
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert words in said
    assert "fix: " in said


def test_a_name_server_that_does_not_answer_is_said_before_anything_is_looked_at(world):
    answer = world.check("--domain", "good.example", "--resolver", "127.0.0.1:9", resolver=False)
    assert answer.code == 3
    assert "no name server answers" in answer.err or "cannot be reached" in answer.err
    wrong = world.check("--domain", "good.example", "--resolver", "nameserver", resolver=False)
    assert wrong.code == 2
    assert "is not an address of a name server" in wrong.err


class Reader(HTMLParser):
    """Everything that a page could load or run, its text, and its language."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "action", "data", "style")
                       or name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_is_whole_in_itself_and_says_the_same(world, language, tmp_path):
    file = tmp_path / "page.html"
    answer = world.check("--domain", "bad.example", "--page", file, "--language", language, config=OUTSIDE)
    html = file.read_text(encoding="utf-8")
    read = Reader()
    read.feed(html)
    assert read.links == []
    assert not read.tags & {"script", "link", "img", "iframe", "object", "form", "a"}
    assert "default-src &#x27;none&#x27;" in html
    assert f'<html lang="{language}">' in html
    assert WORDS[language]["first"] in read.text
    headline = answer.out.splitlines()[0]
    count = re.search(r"\((\d+)", headline)
    assert count is not None
    assert f"{count[1]} {WORDS[language]['fail']}" in read.text
    assert "<script>alert" not in html
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", html)
    assert "bad.example" in read.text


@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_most_first_looks_lack_is_said_in_plain_words(world, language):
    shut = ("--only", "domains/mail-hosts-encrypt", "--only", "domains/dkim")
    answer = world.check("--domain", "shut.example", "--language", language, *shut)
    said = " ".join(answer.out.split())
    for help_ in KNOWN.values():
        assert help_[language] in said


def test_every_word_has_its_twin_in_the_other_language():
    assert set(WORDS["en"]) == set(WORDS["fr"])
    assert set(WHO["en"]) == set(WHO["fr"])
    assert all(set(one) == {"en", "fr"} for one in KNOWN.values())
    assert set(COULD_NOT["en"]) == set(COULD_NOT["fr"]) == set(Reason)
    assert len(GLOSSARY["en"]) >= len(GLOSSARY["fr"]) > 10
    areas = {one.area for one in packs.shipped().checks}
    assert set(WHO["en"]) - {""} <= areas


def test_names_are_written_as_the_wire_has_them():
    assert domain_name("Élections.Example.ORG.") == "xn--lections-90a.example.org"
    with pytest.raises(UsageError):
        domain_name("exa mple.org")
