"""domain_web: what the public sites of a domain show to everybody: redirects, certificates, TLS, headers."""

from __future__ import annotations

from datetime import timedelta

from collectors._domain_fields import CONTACTS, HEADERS, HOST, TLS, WEB
from collectors.base import Collected, Collector, Disclosure, Fact, Field, Platform, Type
from collectors.host.protocol import Host
from hustings.declared import Declared


def collect(host: Host, declared: Declared) -> Collected:
    """The sites of every declared domain."""
    from collectors import _site_look

    return _site_look.collect(host, declared)


COLLECTOR = Collector(
    name="domain_web",
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS, Platform.MACOS}),
    facts=(
        Fact("domain.sites", Type.RECORDS, "The domain's public sites, each at each of its addresses; absent where "
             "there is none", Disclosure.SHARED, each="domain",
             fields=(*HOST, *WEB, *TLS, *HEADERS)),
        Fact("domain.security_contacts", Type.RECORDS, "What the sites publish in /.well-known/security.txt (RFC "
             "9116); absent where there is no site", Disclosure.SHARED, each="domain",
             fields=(HOST[0], *CONTACTS)),
        Fact("domain.sites_unreached", Type.RECORDS, "Further addresses of the sites by IPv6, to which this machine "
             "has no way; absent where there is no site", Disclosure.SHARED, each="domain",
             fields=(*HOST, Field("why", Type.TEXT, "What stood in the way"))),
    ),
    collect=collect,
    reads=("/etc/resolv.conf",),
    timeout=600.0,
    every=timedelta(hours=12),
    each="domain",
    needs="connect to the domain's own sites on ports 80 and 443",
)
