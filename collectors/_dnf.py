"""Patches on a machine with dnf: what its cached metadata says.

``updateinfo`` works on the cache alone (``--cacheonly``), so nothing is fetched and the answer speaks for
the time of the oldest cached ``repomd.xml`` of an enabled repository.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from collectors._systemd import timer_on
from collectors.base import ABSENT, Collected, Dated, Listing, Missing, Reason, gather
from collectors.host.protocol import Host, NotThere, Unreadable, list_optional, read_optional
from hustings.times import utc_text

READS = ("/etc/yum.repos.d/", "/etc/dnf/", "/var/cache/dnf/", "/etc/systemd/system/")
_UPDATES = ("-q", "--cacheonly", "updateinfo", "list", "--security", "--available")
_PACKAGES = ("-qa", "--qf", "%{NAME}\\t%{VERSION}-%{RELEASE}\\n")
RUNS = (" ".join(("dnf", *_UPDATES)), " ".join(("rpm", *_PACKAGES)))
_CACHE = "/var/cache/dnf"
_NEVRA = re.compile(r"(?P<name>.+)-(?P<version>(?:\d+:)?[^-]+-[^-]+)\.(?P<arch>[^.]+)\Z")
_TIMERS = ("dnf-automatic.timer", "dnf-automatic-install.timer")


def collect(host: Host) -> Collected:
    """Every ``patches.*`` fact of a machine of the Red Hat family."""
    return gather({
        ("patches.security_source",): lambda: {"patches.security_source": bool(_enabled(host))},
        ("patches.lists_updated", "patches.security_pending"): lambda: _updates(host),
        ("patches.held",): lambda: {"patches.held": Listing(_held(host))},
        ("patches.automatic",): lambda: {"patches.automatic": _automatic(host)},
    })


def parse_updateinfo(text: str) -> list[tuple[str, str]]:
    """(package, fixed version) of each line of ``dnf updateinfo list``: advisory, severity, package.

    Raises ``Unreadable`` for a line of another form.
    """
    found: dict[tuple[str, str], None] = {}
    for line in text.splitlines():
        words = line.split()
        if not words or line.startswith(("Last metadata expiration check", "Updating Subscription Management")):
            continue
        match = _NEVRA.match(words[-1])
        if len(words) < 3 or match is None:
            raise Unreadable(f"dnf updateinfo says {line.strip()[:120]!r}")
        found[match["name"], match["version"]] = None
    return list(found)


def parse_ini(text: str) -> dict[str, dict[str, str]]:
    """Sections of a ``.repo`` or ``.conf`` file; later lines win, comments and continuations dropped."""
    sections: dict[str, dict[str, str]] = {}
    section: dict[str, str] = {}
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("[") and stripped.endswith("]"):
            section = sections.setdefault(stripped[1:-1], {})
        elif "=" in stripped and stripped[0] not in "#;" and not line[0].isspace():
            name, _, value = stripped.partition("=")
            section[name.strip().lower()] = value.strip()
    return sections


def _enabled(host: Host) -> list[str]:
    found = []
    for name in list_optional(host, "/etc/yum.repos.d"):
        if name.endswith(".repo"):
            for repository, settings in parse_ini(host.read(f"/etc/yum.repos.d/{name}")).items():
                if settings.get("enabled", "1").lower() in ("1", "true", "yes"):
                    found.append(repository)
    return found


def _updates(host: Host) -> Collected:
    enabled = _enabled(host)
    if not enabled:
        return {"patches.lists_updated": ABSENT, "patches.security_pending": ABSENT}
    moments: list[datetime] = []
    advised = False
    cached = list_optional(host, _CACHE)
    for repository in enabled:
        folders = [name for name in cached if re.fullmatch(re.escape(repository) + r"-[0-9a-f]{16}", name)]
        times = [_metadata_time(host, f"{_CACHE}/{name}/repodata/repomd.xml") for name in folders]
        advised = advised or any(_advises(host, f"{_CACHE}/{name}/repodata/repomd.xml") for name in folders)
        known = [one for one in times if one is not None]
        if not known:
            missing = NotThere(f"the cached metadata of the repository {repository}").missing
            return {"patches.lists_updated": ABSENT, "patches.security_pending": missing}
        moments.append(max(known))
    oldest = min(moments)
    if not advised:
        silent = Missing(Reason.UNSUPPORTED, "no enabled repository says which of its updates are for security")
        return {"patches.lists_updated": utc_text(oldest), "patches.security_pending": silent}
    said = host.run("dnf", *_UPDATES, timeout=20.0)
    offered = parse_updateinfo(said.stdout)
    installed = _installed(host) if offered else {}
    items = [{"package": name, "installed": installed.get(name, ""), "fixed": version}
             for name, version in sorted(offered)]
    return {"patches.lists_updated": utc_text(oldest), "patches.security_pending": Dated(Listing(list(items)), oldest)}


def _metadata_time(host: Host, path: str) -> datetime | None:
    """When the archive was last heard: dnf sets the file's time at each check; its content names when the
    metadata was made, and the file cannot be older than that."""
    try:
        text, seen = host.read(path), host.stat(path)
    except NotThere:
        return None
    revision = re.search(r"<revision>(\d{9,11})</revision>", text)
    made = datetime.fromtimestamp(int(revision[1]), UTC) if revision else seen.mtime
    return max(made, min(seen.mtime, seen.changed or seen.mtime)) if seen.mtime >= made else seen.mtime


def _advises(host: Host, path: str) -> bool:
    """Whether the metadata holds advisories: without them (CentOS) nothing is ever listed as a security update."""
    return 'type="updateinfo"' in (read_optional(host, path) or "")


def _installed(host: Host) -> dict[str, str]:
    said = host.run("rpm", *_PACKAGES).stdout
    return dict(line.split("\t", 1) for line in said.splitlines() if "\t" in line)


def _held(host: Host) -> list[str]:
    lines = (read_optional(host, "/etc/dnf/plugins/versionlock.list") or "").splitlines()
    locked = {line.strip() for line in lines if line.strip() and not line.startswith("#")}
    excluded = parse_ini(read_optional(host, "/etc/dnf/dnf.conf") or "").get("main", {})
    names = f"{excluded.get('exclude', '')} {excluded.get('excludepkgs', '')}".replace(",", " ").split()
    return sorted(locked | set(names))


def _automatic(host: Host) -> bool:
    """A dnf-automatic timer that is on and applies updates: the ``-install`` one always does."""
    on = [timer for timer in _TIMERS if timer_on(host, timer)]
    commands = parse_ini(read_optional(host, "/etc/dnf/automatic.conf") or "").get("commands", {})
    applies = commands.get("apply_updates", "no").lower() in ("yes", "true", "1")
    return "dnf-automatic-install.timer" in on or ("dnf-automatic.timer" in on and applies)
