"""Where apt gets packages from: ``sources.list`` and deb822 ``.sources`` (sources.list(5)).

Pure: text in, enabled binary sources out; and the name under which apt keeps an index on disk.
"""

from __future__ import annotations

from dataclasses import dataclass

from collectors.host.protocol import Unreadable

_UNSIGNED = ("trusted", "allow-insecure", "allow-weak")
_YES = frozenset({"yes", "true", "with", "on", "enable", "1"})
_ESCAPED = frozenset('\\|{}[]<>"^~_=!@#$%&*')


@dataclass(frozen=True, slots=True)
class Source:
    """One enabled source of binary packages: a suite of an archive."""

    uri: str
    suite: str
    components: tuple[str, ...]
    """Empty for a flat repository, whose suite ends in ``/``."""
    architectures: tuple[str, ...] = ()
    """Empty: those the machine has."""
    trusted: bool = False
    """Whether it is taken without a valid signature: ``trusted``, ``allow-insecure`` or ``allow-weak`` is yes."""

    @property
    def host(self) -> str:
        """The host name of its address, "" for one without."""
        return self.uri.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0].lower()

    @property
    def base(self) -> str:
        """How the names of its files in ``/var/lib/apt/lists`` begin, without a final ``_``."""
        path = self.uri.rstrip("/") + "/"
        path += self.suite.strip("/") if self.flat else f"dists/{self.suite}"
        return _file_name(path.rstrip("/"))

    @property
    def flat(self) -> bool:
        return self.suite.endswith("/")

    @property
    def security(self) -> bool:
        """Whether it is a pocket of security updates: ``bookworm-security``, ``buster/updates``,
        ``noble-security``, ``jammy-infra-security``, or an archive of that name."""
        suite = self.suite.strip("/")
        return suite.endswith("-security") or suite.endswith("/updates") or "debian-security" in self.uri


def parse_list(text: str) -> list[Source]:
    """The sources of a ``.list`` file: ``deb [options] uri suite component…``, one a line."""
    found = []
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if not words or words[0] == "deb-src":
            continue
        options: list[str] = []
        if len(words) > 1 and words[1].startswith("["):
            end = next((index for index, word in enumerate(words) if word.endswith("]")), None)
            if end is None:
                raise Unreadable(f"options without an end: {line.strip()!r}")
            options, words = " ".join(words[1:end + 1]).strip("[]").split(), [words[0], *words[end + 1:]]
        if words[0] != "deb" or len(words) < 3:
            raise Unreadable(f"not a source: {line.strip()!r}")
        said = dict(one.split("=", 1) for one in options if "=" in one)
        architectures = tuple(one for one in said.get("arch", "").split(",") if one)
        trusted = any(said.get(name, "").lower() in _YES for name in _UNSIGNED)
        found.append(Source(words[1], words[2], tuple(words[3:]), architectures, trusted))
    return found


def parse_sources(text: str) -> list[Source]:
    """The sources of a deb822 ``.sources`` file: each URI with each suite of each enabled paragraph."""
    found = []
    for paragraph in _paragraphs(text):
        enabled = paragraph.get("enabled", "yes").lower() not in ("no", "false", "without", "off", "disable", "0")
        if not enabled or "deb" not in paragraph.get("types", "").split():
            continue
        uris, suites = paragraph.get("uris", "").split(), paragraph.get("suites", "").split()
        if not uris or not suites:
            raise Unreadable("a source without URIs or Suites")
        components = tuple(paragraph.get("components", "").split())
        architectures = tuple(paragraph.get("architectures", "").split())
        trusted = any(paragraph.get(name, "").lower() in _YES for name in _UNSIGNED)
        found += [Source(uri, suite, components, architectures, trusted) for uri in uris for suite in suites]
    return found


def _paragraphs(text: str) -> list[dict[str, str]]:
    paragraphs: list[dict[str, str]] = [{}]
    last = ""
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        if not line.strip():
            paragraphs.append({})
        elif line[0] in " \t" and last in paragraphs[-1]:
            paragraphs[-1][last] += " " + line.strip()
        else:
            name, _, value = line.partition(":")
            last = name.strip().lower()
            paragraphs[-1][last] = value.strip()
    return [paragraph for paragraph in paragraphs if paragraph]


def _file_name(uri: str) -> str:
    """apt's own naming: scheme, user and password dropped, special characters as %xx, ``/`` as ``_``."""
    rest = uri.partition("://")[2] or uri.partition(":")[2]
    host, slash, path = rest.partition("/")
    rest = host.rpartition("@")[2] + slash + path
    escaped = (f"%{ord(char):02x}" if char in _ESCAPED or ord(char) <= 32 else char for char in rest)
    return "".join(escaped).replace("/", "_")
