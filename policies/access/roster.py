"""The office's list of leavers: salted digests, so that the file tells nobody who left."""

from __future__ import annotations

import re

from hustings.errors import ConfigError
from policies.access.anomalies import Roster

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


def parse(text: str, name: str) -> Roster:
    """A roster from its text: the first line ``salt: …``, then SHA-256 digests of the salt and the lower-case
    e-mail address, one a line. Raises ``ConfigError`` with the line."""
    lines = text.lstrip("\ufeff").splitlines()
    word, colon, salt = (lines[0] if lines else "").partition(":")
    if word.strip().lower() != "salt" or not colon or not salt.strip():
        raise ConfigError("a list of leavers begins with its salt", where=f"{name}:1",
                          remedy="write `salt: ` and some random text on the first line")
    digests = set()
    for number, line in enumerate(lines[1:], 2):
        digest = line.partition("#")[0].strip().lower()
        if digest and not _DIGEST.match(digest):
            raise ConfigError("not a SHA-256 digest", where=f"{name}:{number}",
                              remedy="write 64 hexadecimal digits: sha256(salt + lower-case e-mail address)")
        if digest:
            digests.add(digest)
    return Roster(salt.strip(), frozenset(digests))
