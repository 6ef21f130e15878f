"""products: everything that is installed, from the databases of the package managers.

The databases of dpkg and apk are read as they are; rpm's is asked for through ``rpm``, and read as it is where that
cannot be run (``_rpmdb``). Snap and Flatpak applications are added by what their directories say.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from collectors import _apk, _dpkg, _rpmdb
from collectors._systemd import entry
from collectors.base import Collected, Collector, Disclosure, Fact, Field, Listing, Platform, Type
from collectors.host.protocol import Host, Unreadable, Unsupported, list_optional
from hustings.declared import Declared

_QUERY = ("-qa", "--qf", "%{NAME}\\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\\t%{SOURCERPM}\\n")
_SNAPS = "/var/lib/snapd/snaps"
_FLATPAKS = "/var/lib/flatpak/app"


def parse_rpm(text: str) -> list[dict[str, str]]:
    """Products from ``rpm -qa`` in our own format: name, epoch:version-release, source package.

    Keys imported with ``rpm --import`` are listed there too (``gpg-pubkey``) and are no products.
    Raises ``Unreadable`` for a line of another form.
    """
    products = []
    for line in text.splitlines():
        parts = line.split("\t")
        if len(parts) != 3:
            raise Unreadable(f"rpm says {line[:120]!r}")
        name, version, source = parts
        if name != "gpg-pubkey":
            products.append(_product(name, version.removeprefix("0:"), "rpm", _source_name(source) or name))
    return products


def from_rpmdb(packages: list[_rpmdb.Package]) -> list[dict[str, str]]:
    """Products from the packages of rpm's database."""
    return [_product(one.name, one.version, "rpm", _source_name(one.source) or one.name) for one in packages]


def from_apk(packages: list[_apk.Package]) -> list[dict[str, str]]:
    """Products from apk's packages."""
    return [_product(one.name, one.version, "apk", one.origin) for one in packages]


def from_dpkg(packages: list[_dpkg.Package]) -> list[dict[str, str]]:
    """Products from dpkg's packages; one installed for two architectures is one product."""
    known = dict.fromkeys((one.name, one.version, one.source, one.source_version) for one in packages)
    return [_product(name, version, "dpkg", source, source_version) for name, version, source, source_version in known]


def from_snaps(names: list[str]) -> list[dict[str, str]]:
    """Products from ``name_revision.snap``; the newest revision of each. Snaps do not say versions there."""
    revisions: dict[str, int] = {}
    for name in names:
        match = re.fullmatch(r"(.+)_x?(\d+)\.snap", name)
        if match:
            revisions[match[1]] = max(int(match[2]), revisions.get(match[1], 0))
    return [_product(name, f"r{revision}", "snap", name) for name, revision in sorted(revisions.items())]


def collect(host: Host, declared: Declared) -> Collected:
    """One list over all databases. Raises ``Unsupported`` on a machine with neither dpkg nor rpm nor apk."""
    products: list[dict[str, str]] = []
    known = False
    if entry(host, _dpkg.STATUS) is not None:
        products += from_dpkg(_dpkg.read(host))
        known = True
    elif _rpmdb.there(host):
        products += _rpm(host)
        known = True
    apk = _apk.database(host)
    if apk is not None:
        products += from_apk(_apk.read(host, apk))
        known = True
    if not known:
        raise Unsupported("neither dpkg nor rpm nor apk keeps a list of what is installed here")
    products += from_snaps(list_optional(host, _SNAPS))
    products += [_product(name, "", "flatpak", name) for name in list_optional(host, _FLATPAKS)]
    items: list[Any] = list(products)
    return {"products.installed": Listing(items)}


def _rpm(host: Host) -> list[dict[str, str]]:
    if host.kind != "image":
        return parse_rpm(host.run("rpm", *_QUERY, timeout=20.0).stdout)
    return from_rpmdb(_rpmdb.read(host))


def _source_name(file: str) -> str:
    """``bind`` of ``bind-9.16.23-1.el9.src.rpm``; "" for what was built from no source package."""
    return file.removesuffix(".src.rpm").rsplit("-", 2)[0] if file.endswith(".src.rpm") else ""


def _product(name: str, version: str, source: str, upstream: str, upstream_version: str = "") -> dict[str, str]:
    product = {"name": name, "version": version, "source": source, "upstream": upstream}
    return product | {"upstream_version": upstream_version} if upstream_version else product


_fact = partial(Fact, disclosure=Disclosure.SHARED)

COLLECTOR = Collector(
    name="products",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        _fact("products.installed", Type.RECORDS, "Everything that is installed by a package manager", fields=(
            Field("name", Type.TEXT, "Name of the package"),
            Field("version", Type.VERSION, "Its version, as the package manager writes it; r and the revision for "
                                           "snaps, empty for Flatpak"),
            Field("source", Type.TEXT, "Who manages it: dpkg, rpm, apk, snap or flatpak"),
            Field("upstream", Type.TEXT, "Name of the source package it was built from"),
            Field("upstream_version", Type.VERSION, "Version of that source package; absent where it is the same"),
        )),
    ),
    collect=collect,
    reads=(_dpkg.STATUS, *(f"{path}/" for path in _rpmdb.DIRECTORIES), *_apk.DATABASES),
    stats=(f"{_SNAPS}/*", f"{_FLATPAKS}/*"),
    runs=(" ".join(("rpm", *_QUERY)),),
    timeout=30.0,
    needs="reading the database of packages",
)
