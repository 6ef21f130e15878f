"""The certificate of deletion: two languages, one page each, tagged PDF."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hustings.errors import Untrusted
from server.keeping.erasing import Deletion, fingerprint
from server.pages.language import language
from server.printing import foot
from server.printing.typeset import pdf


def certificate_pdf(done: Deletion, code: str, *, name: str = "", asked_by: str = "", second: str = "",
                    now: datetime) -> bytes:
    """PDF/UA-1. The ledger knows no names: those given are proven against its fingerprints and then printed.

    Raises ``Untrusted`` for a name that is not the one that was deleted.
    """
    speak = language(code)
    return pdf("certificate", data(done, code, name=name, asked_by=asked_by, second=second, now=now), language=code,
               now=now, title=speak.say("Certificate of deletion"))


def data(done: Deletion, code: str, *, name: str, asked_by: str, second: str, now: datetime) -> dict[str, Any]:
    """Everything in the certificate, worded."""
    speak = language(code)
    say = speak.say
    said = done.certificate
    lines = [
        [say("Certificate"), say("No. %(number)s of this server") % {"number": done.id}],
        [say("Office"), _proven(said, done.tenant, "name", "name", name, say)],
        [say("Its number on the server"), done.tenant],
        [say("Deleted"), speak.time(datetime.fromisoformat(said["deleted"]))],
        [say("Agreed to by two people"), speak.time(datetime.fromisoformat(said["agreed"])) if "agreed" in said
         else "–"],
        [say("Asked by"), _proven(said, done.tenant, "asked_by", "person", asked_by, say)],
        [say("Second person"), _proven(said, done.tenant, "second", "person", second, say)],
        [say("Last line of its audit trail"), said["audit"]["head"] or "–"],
        [say("Lines of its audit trail"), speak.number(said["audit"]["lines"])],
        [say("Space rewritten"), f"{speak.time(done.swept)} ({done.how})" if done.swept else say("Not yet")],
        [say("Digest of this record"), done.digest]]
    return {
        "over": "Hustings", "title": say("Certificate of deletion"),
        "about": say("Every row of this office was deleted from every table of the server's database, in one "
                     "transaction. Keys of machines, tokens and sessions were ended first."),
        "lines": lines, "table_title": say("What was deleted"), "head": [say("Table"), say("Rows")],
        "rows": [[table, speak.number(many)] for table, many in said["rows"].items()],
        "total": [say("Total"), speak.number(said["total"])],
        "not_title": say("What this does not cover"),
        "not": [say("Backups that were made before: they go when their turn comes, or when their key is destroyed."),
                say("What other offices recorded of their own dealings with it, and files that people had downloaded."),
                say("The machines themselves: agents there find their key revoked and can be removed.")],
        "foot": foot.foot([say("Made from the ledger of deletions on %(moment)s. Names are not kept there; those "
                               "printed here were compared with their fingerprints.") % {"moment": speak.time(now)}],
                          speak),
    }


def _proven(said: Mapping[str, Any], tenant: str, field: str, kind: str, given: str, say: Any) -> str:
    """A name that fits its fingerprint, or the fingerprint."""
    held = str(said.get(field, "–"))
    if not given:
        return held
    candidates = (given, f"person:{given}", f"console:{given}") if kind == "person" else (given,)
    if held not in {fingerprint(tenant, kind, one) for one in candidates}:
        raise Untrusted(f"{given!r} is not the name in the certificate", where=field.replace("_", " "),
                        remedy="write it exactly as it was, or leave it out")
    return given + " · " + str(say("proven by its fingerprint"))
