"""The facts of ``domain_mail``: what the domain name system tells everybody, so all of them may leave."""

from __future__ import annotations

from collectors.base import Disclosure, Fact, Field, Type

_WEIGHT = Field("weight", Type.TEXT, "fault: receivers are led astray or protection is lost; remark: worth a look")


def _fact(name: str, kind: Type, meaning: str, fields: tuple[Field, ...] = (), unit: str = "") -> Fact:
    return Fact(f"domain.{name}", kind, meaning, Disclosure.SHARED, unit, "domain", fields)


FACTS = (
    _fact("sends_mail", Type.BOOL, "Whether the domain sends mail, as declared"),
    _fact("mx", Type.RECORDS, "The hosts that take the domain's mail, the null MX left out", (
        Field("preference", Type.INT, "Its turn: the lowest is tried first"), Field("host", Type.TEXT, "Its name"))),
    _fact("null_mx", Type.BOOL, "Whether the domain says that it takes no mail (RFC 7505)"),
    _fact("spf_records", Type.INT, "How many SPF records the domain has: one is right (RFC 7208)"),
    _fact("spf", Type.TEXT, "The SPF record, or the first of several; absent without one"),
    _fact("spf_all", Type.TEXT, "What SPF says of senders that are not named, through redirects: - fail, ~ soft fail, "
          "? neutral, + pass, none; absent unless there is one record"),
    _fact("spf_permits", Type.INT, "How many terms of the record and of what it includes let senders pass"),
    _fact("spf_lookups", Type.INT, "How many look-ups the record costs a receiver at worst; 10 are allowed"),
    _fact("spf_void", Type.INT, "How many of those terms find nothing; 2 are allowed"),
    _fact("spf_problems", Type.RECORDS, "What is wrong with the SPF record and what it includes", (
        _WEIGHT,
        Field("what", Type.TEXT, "alias-loop, not-a-record, several-records, syntax, too-many-lookups, too-many-void, "
              "loop, broken-include, passes-everyone, neutral, no-end; remarks: long, after-all, ptr, macro"),
        Field("where", Type.TEXT, "The domain whose record it is"), Field("detail", Type.TEXT, "In words"))),
    _fact("dkim_keys", Type.RECORDS, "What is published for each declared DKIM selector; absent for a domain that "
          "sends no mail and declares none", (
              Field("selector", Type.TEXT, "The selector"),
              Field("published", Type.BOOL, "Whether a key that can be read is there"),
              Field("kind", Type.TEXT, "rsa or ed25519"), Field("bits", Type.INT, "Length of the key"),
              Field("revoked", Type.BOOL, "Whether the key is empty, which takes it back"),
              Field("testing", Type.BOOL, "Whether t=y has receivers ignore the signatures"),
              Field("sha256", Type.BOOL, "Whether signatures with SHA-256 are accepted"),
              Field("alias", Type.TEXT, "Where the name leads, if it is an alias"),
              Field("problem", Type.TEXT, "What is wrong, empty for nothing"))),
    _fact("dmarc", Type.TEXT, "The DMARC record in force, the domain's own or one of a domain above; absent without"),
    _fact("dmarc_at", Type.TEXT, "The domain whose record it is"),
    _fact("dmarc_rule", Type.TEXT, "How it is found: own; both rules; public-suffix-list (RFC 7489) or tree-walk "
          "(RFC 9989) where only one of them finds it"),
    _fact("dmarc_policy", Type.TEXT, "What receivers are asked to do with forged mail of the domain: none, quarantine, "
          "reject; the weaker where the rules differ"),
    _fact("dmarc_subdomain_policy", Type.TEXT, "The same for subdomains, there or not; absent where the record of "
          "another domain decides"),
    _fact("dmarc_percent", Type.INT, "For how much of it (pct), for receivers that follow RFC 7489", unit="%"),
    _fact("dmarc_testing", Type.BOOL, "Whether t=y has receivers ease the policy one step (RFC 9989)"),
    _fact("dmarc_alignment_dkim", Type.TEXT, "How closely a signature's domain must fit: relaxed or strict"),
    _fact("dmarc_alignment_spf", Type.TEXT, "How closely the envelope's domain must fit: relaxed or strict"),
    _fact("dmarc_reports", Type.RECORDS, "Where receivers send their daily reports (rua)", (
        Field("address", Type.TEXT, "The address as written"), Field("domain", Type.TEXT, "Its domain"),
        Field("usable", Type.BOOL, "Whether reports arrive: mailto, and agreed to where it is another's domain"))),
    _fact("dmarc_problems", Type.RECORDS, "What is wrong with the DMARC record", (
        _WEIGHT, Field("what", Type.TEXT, "alias-loop, not-a-record, several-records, no-policy, syntax, rules-differ"),
        Field("detail", Type.TEXT, "In words"))),
    _fact("mta_sts_id", Type.TEXT, "The id of the MTA-STS policy that the domain announces; absent without a usable "
          "record (RFC 8461)"),
    _fact("tls_reports", Type.TEXTS, "Where senders report about encryption (TLS-RPT, RFC 8460); absent without a "
          "usable record"),
    _fact("transport_problems", Type.RECORDS, "What is wrong with these two records", (
        Field("what", Type.TEXT, "mta-sts or tls-rpt"), Field("detail", Type.TEXT, "In words"))),
)
