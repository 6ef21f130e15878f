"""domain_outside: whether ports for administration and databases answer on the office's own hosts."""

from __future__ import annotations

from datetime import timedelta

from collectors.base import Collected, Collector, Disclosure, Fact, Field, Platform, Type
from collectors.host.protocol import Host
from hustings.declared import Declared


def collect(host: Host, declared: Declared) -> Collected:
    """The ports of the hosts that each domain declares."""
    from collectors import _outside_look

    return _outside_look.collect(host, declared)


COLLECTOR = Collector(
    name="domain_outside",
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS, Platform.MACOS}),
    facts=(
        Fact("domain.outside_ports", Type.RECORDS, "The ports for administration and databases on the office's "
             "declared hosts, as they answer to this machine; absent where no host is declared", Disclosure.SHARED,
             each="domain", fields=(
                 Field("host", Type.TEXT, "The host or address that was declared"),
                 Field("address", Type.TEXT, "The address that was tried"),
                 Field("port", Type.INT, "The port"),
                 Field("service", Type.TEXT, "What usually listens there"),
                 Field("database", Type.BOOL, "Whether that is a database"),
                 Field("state", Type.TEXT, "open, closed (refused), or filtered (no answer, on a host that answers "
                       "otherwise, from a network that lets such attempts out)"))),
    ),
    collect=collect,
    reads=("/etc/resolv.conf",),
    timeout=600.0,
    every=timedelta(hours=12),
    each="domain",
    needs="connect to the declared hosts",
)
