"""Mistakes in what is declared of tenants, domains, the roster and name servers are refused with their line."""

import msgspec
import pytest

from agent import config, config_directories
from hustings.declared import TENANTS, Tenant
from hustings.errors import ConfigError

GOOD = """\
roster: /etc/hustings/roster.yaml
resolvers: [192.0.2.53, "127.0.0.1:5353", "[2001:db8::53]:53"]
tenants:
  - name: office
    kind: entra
    id: 11111111-2222-3333-4444-555555555555
    client_id: 66666666-7777-8888-9999-aaaaaaaaaaaa
    certificate_file: /etc/hustings/entra.pem
    break_glass: [glass1@office.example, glass2@office.example]
    may_skip_mfa: [{who: Scanners, reason: cannot, owner: IT, until: 2027-01-31}]
    registration_apps: [66666666-7777-8888-9999-bbbbbbbbbbbb]
    shared_accounts: [{account: info@office.example, owner: clerk}]
    accepted_applications: [{application: Backup, owner: IT}]
    share: [accounts]
  - name: campaign
    kind: google
    key_file: /etc/hustings/google.json
    administrator: admin@campaign.example
  - name: forest
    kind: active-directory
    url: ldaps://dc1.office.example
    bind: hustings@office.example
    password_file: /etc/hustings/ad.password
  - name: people
    kind: ldap
    url: ldap://127.0.0.1:3890
    base: dc=office,dc=example
domains:
  - name: votes.example
    dkim_selectors: [selector1, s1.mail]
    sites: [www.votes.example, votes.example]
    addresses: [clerk@votes.example, someone@free.example]
    outside: [192.0.2.7, db.votes.example]
    consent: the clerk, in writing, 2026-09-01
    registration: https://rdap.example/
  - {name: "élections.example", sends_mail: false, sites: [none]}
"""


def test_everything_there_is_to_declare_is_read():
    declared = config.parse(GOOD, "machine.yaml")
    assert [one.kind for one in declared.tenants] == list(TENANTS)
    assert [one.name for one in declared.domains] == ["votes.example", "élections.example"]


@pytest.mark.parametrize(("old", "new", "line", "said"), [
    ("roster: /etc", "roster: etc", 1, "not an absolute path"),
    ("[192.0.2.53,", "[dns.example,", 2, "not an address of a name server"),
    ("127.0.0.1:5353", "127.0.0.1:70000", 2, "no port"),
    ("resolvers: [", "trust_anchors: [votes.example 1 13 2 abcd]\nresolvers: [", 2, "is no DS record"),
    ("kind: entra", "kind: azure", 5, "'azure'"),
    ("    id: 11111111-2222-3333-4444-555555555555\n", "", 4, "'id' is missing"),
    ("id: 11111111-2222-3333-4444-555555555555", "id: https://office.example", 6, "neither a tenant's id nor a domain"),
    ("id: 11111111-2222-3333-4444-555555555555", "id: common", 6, "neither a tenant's id nor a domain"),
    ("client_id: 66666666-7777-8888-9999-aaaaaaaaaaaa", "client_id: hustings", 7, "no application's id"),
    ("    client_id: 66666666-7777-8888-9999-aaaaaaaaaaaa\n", "", 4, "'client_id' is missing"),
    ("    certificate_file: /etc/hustings/entra.pem\n", "", 5, "none is there"),
    ("certificate_file: /etc/hustings/entra.pem", "certificate_file: /a\n    secret_file: /b", 9, "2 are there"),
    ("certificate_file: /etc/hustings/entra.pem", "certificate_file: entra.pem", 8, "not an absolute path"),
    ("certificate_file: /etc/hustings/entra.pem", "secret_file: /s\n    bind: me", 9, "bind belongs to"),
    ("certificate_file: /etc/hustings/entra.pem", "secret_file: /s\n    cloud: germany", 9, "'germany'"),
    ("certificate_file: /etc/hustings/entra.pem", "secret_file: /s\n    url: http://graph.example", 9, "neither https"),
    ("certificate_file: /etc/hustings/entra.pem", "secret_file: /s\n    url: https://a:b@graph.example", 9, "https"),
    ("certificate_file: /etc/hustings/entra.pem", "secret_file: /s\n    per_user_mfa: -1", 9, "no number of accounts"),
    ("glass2@office.example]", "Glass1@office.example]", 9, "there twice"),
    ("glass2@office.example]", "' ']", 9, "an empty name"),
    ("reason: cannot", "reason: ''", 10, "reason is empty"),
    ("owner: IT, until", "until", 10, "'owner' is missing"),
    ("until: 2027-01-31", "until: soon", 10, "until"),
    ("[66666666-7777-8888-9999-bbbbbbbbbbbb]", "[roll]", 11, "no application's id"),
    ("owner: clerk", "owner: ''", 12, "owner is empty"),
    ("application: Backup", "application: ''", 13, "application is empty"),
    ("share: [accounts]", "share: [people]", 14, "'people'"),
    ("kind: google", "kind: google\n    secret_file: /s", 17, "secret_file belongs to entra, not to google"),
    ("kind: google", "kind: google\n    id: office.example", 17, "no customer id"),
    ("    key_file: /etc/hustings/google.json\n", "", 15, "'key_file' is missing"),
    ("    administrator: admin@campaign.example\n", "", 15, "'administrator' is missing"),
    ("administrator: admin@campaign.example", "administrator: admin", 18, "not a mail address"),
    ("kind: active-directory", "kind: active-directory\n    per_user_mfa: 1000", 21, "belongs to entra"),
    ("    url: ldaps://dc1.office.example\n", "", 19, "'url' is missing"),
    ("url: ldaps://dc1.office.example", "url: https://dc1.office.example", 21, "address of a directory server"),
    ("url: ldaps://dc1.office.example", "url: ldaps://dc1.office.example/dc=x", 21, "address of a directory server"),
    ("url: ldaps://dc1.office.example", "url: dc1.office.example", 21, "address of a directory server"),
    ("    password_file: /etc/hustings/ad.password\n", "", 22, "'password_file' is missing"),
    ("    bind: hustings@office.example\n", "", 22, "'bind' is missing"),
    ("    bind: hustings@office.example\n    password_file: /etc/hustings/ad.password\n", "", 19, "'bind' is missing"),
    ("base: dc=office,dc=example", "base: office.example", 27, "not a distinguished name"),
    ("- name: votes.example", "- name: https://votes.example", 29, "is not a domain"),
    ("- name: votes.example", "- name: votes", 29, "is not a domain"),
    ("- name: votes.example", "- name: votes.example.", 29, "is not a domain"),
    ("- name: votes.example", "- name: 192.0.2.1", 29, "is not a domain"),
    ("élections.example", "VOTES.example", 36, "declared twice"),
    ("[selector1, s1.mail]", "[selector1._domainkey]", 30, "not a DKIM selector"),
    ("[selector1, s1.mail]", "[selector1._domainkey.office.example]", 30, "not a DKIM selector"),
    ("sends_mail: false", "sends_mail: false, dkim_selectors: [a]", 36, "signs none"),
    ("[www.votes.example, votes.example]", "[none, votes.example]", 31, "'none' is not a host"),
    ("[www.votes.example, votes.example]", "[www.voting.example]", 31, "not of a declared domain"),
    ("[www.votes.example, votes.example]", "[https://votes.example/]", 31, "is not a host"),
    ("clerk@votes.example,", "clerk at votes.example,", 32, "not a mail address"),
    ("[192.0.2.7,", "[192.0.2.0/24,", 33, "neither an address nor a host"),
    ("db.votes.example]", "db.elsewhere.example]", 33, "neither an address nor a host"),
    ("    consent: the clerk, in writing, 2026-09-01\n", "", 33, "agreed in writing"),
    ("registration: https://rdap.example/", "registration: http://rdap.example/", 35, "not an https address"),
])
def test_a_mistake_is_refused_with_its_line_and_a_remedy(old, new, line, said):
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        config.parse(GOOD.replace(old, new, 1), "machine.yaml")
    assert caught.value.where == f"machine.yaml:{line}"
    assert said in caught.value.what
    assert caught.value.remedy


def test_a_rehearsal_on_this_machine_may_do_without_tls():
    for url in ("http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:2", "https://graph.example"):
        text = GOOD.replace("certificate_file:", f"url: {url}\n    certificate_file:", 1)
        assert config.parse(text, "machine.yaml").tenants[0].url == url


@pytest.mark.parametrize("written", ["ldaps://reader:s3cr3t@dc1.office.example", "reader:s3cr3t@dc1.office.example",
                                     "ldaps://reader:a//b/@s3cr3t@dc1.office.example"])
def test_a_password_in_an_address_is_not_quoted(written):
    with pytest.raises(ConfigError) as caught:
        config.parse(GOOD.replace("ldaps://dc1.office.example", written, 1), "machine.yaml")
    assert "s3cr3t" not in str(caught.value)
    assert "dc1.office.example" in caught.value.what


def test_what_only_some_kinds_have_is_a_key_of_a_tenant():
    assert set(config_directories.ONLY) <= {one.name for one in msgspec.structs.fields(Tenant)}
    assert {kind for kinds in config_directories.ONLY.values() for kind in kinds} <= set(TENANTS)
