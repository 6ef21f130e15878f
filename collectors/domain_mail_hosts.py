"""domain_mail_hosts: whether mail for a domain comes to its mail hosts encrypted, and whether it must."""

from __future__ import annotations

from datetime import timedelta

from collectors._domain_fields import HOST, MAIL_TLS
from collectors.base import Collected, Collector, Disclosure, Fact, Field, Platform, Type
from collectors.host.protocol import Host
from hustings.declared import Declared


def collect(host: Host, declared: Declared) -> Collected:
    """The mail hosts of every declared domain."""
    from collectors import _mail_look

    return _mail_look.collect(host, declared)


COLLECTOR = Collector(
    name="domain_mail_hosts",
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS, Platform.MACOS}),
    facts=(
        Fact("domain.mail_hosts", Type.RECORDS, "The hosts that take the domain's mail, each at each of its addresses; "
             "absent where it takes none", Disclosure.SHARED, each="domain", fields=(
                 *HOST,
                 Field("starttls", Type.BOOL, "Whether mail can come encrypted (STARTTLS, and a handshake succeeds)"),
                 Field("dane", Type.TEXT, "Its TLSA records: none, unsigned, unusable, matches, mismatch"), *MAIL_TLS)),
        Fact("domain.mta_sts_mode", Type.TEXT, "The mode of the MTA-STS policy: enforce, testing or none; absent where "
             "there is no policy", Disclosure.SHARED, each="domain"),
        Fact("domain.mta_sts_max_age", Type.DURATION, "For how long mail servers keep the policy; absent where it does "
             "not say", Disclosure.SHARED, each="domain"),
        Fact("domain.mta_sts_faults", Type.TEXTS, "Why mail servers do not heed the policy; absent where there is none",
             Disclosure.SHARED, each="domain"),
        Fact("domain.mta_sts_uncovered", Type.TEXTS, "Mail hosts that the policy does not name, to which no mail would "
             "come; absent where there is no policy", Disclosure.SHARED, each="domain"),
    ),
    collect=collect,
    reads=("/etc/resolv.conf",),
    timeout=600.0,
    every=timedelta(hours=12),
    each="domain",
    needs="connect to the domain's mail hosts on port 25",
)
