"""Fetching a feed from the address a person named. No address is built in.

What the server said last time (``ETag``, ``Last-Modified``) goes along, so that an unchanged feed costs one
short answer, which also says that the feed is still its newest state.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from hustings.errors import CannotFinish, TooLarge, UsageError
from policies.feeds.advice import Feed
from policies.feeds.importing import Imported, Wish, confirm, import_feed
from policies.feeds.store import Store

DOWNLOAD_LIMIT = 1 << 30
_TIMEOUT = (10.0, 60.0)
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


def fetch(address: str, store: Path, wish: Wish, now: datetime, *, ca: Path | None = None,
          plain: bool = False) -> Imported | Feed:
    """Fetch ``address`` and compile it, or, if it has not changed, note that it is still the newest state.

    Answers what was imported, or the feed that was confirmed. Raises ``UsageError`` for an address that is
    not to be trusted, ``CannotFinish`` if it cannot be reached or answers with an error.
    """
    import requests

    _permit(address, plain)
    known = _from(store, address, wish.name)
    headers = {"Accept-Encoding": "gzip"}
    if known is not None:
        headers |= {name: value for name, value in (("If-None-Match", known.etag),
                                                    ("If-Modified-Since", known.last_modified)) if value}
    try:
        with requests.Session() as session, session.get(
                address, headers=headers, stream=True, timeout=_TIMEOUT,
                verify=str(ca) if ca else True) as answer:
            _permit(answer.url, plain)
            if answer.status_code == 304 and known is not None:
                return confirm(store, known.name, now)
            if answer.status_code != 200:
                raise CannotFinish(f"the server answers {answer.status_code} {answer.reason}", where=address,
                                   remedy="check the address; the feed imported before is kept")
            return _take(answer, address, store, wish, now)
    except (requests.RequestException, OSError) as error:
        raise CannotFinish(f"cannot be fetched: {error}", where=address,
                           remedy="check the address and the network; the feed imported before is kept") from error


def addresses(store: Path) -> list[tuple[str, str]]:
    """(name, address) of every feed in the store that was fetched."""
    if not store.exists():
        return []
    with Store(store) as opened:
        return [(one.name, one.origin) for one in opened.feeds() if one.origin.startswith(("http://", "https://"))]


def _take(answer: object, address: str, store: Path, wish: Wish, now: datetime) -> Imported:
    import requests

    assert isinstance(answer, requests.Response)
    headers = answer.headers
    with tempfile.NamedTemporaryFile(prefix="hustings-feed-") as file:
        total = 0
        for part in answer.iter_content(1 << 20):
            total += len(part)
            if total > DOWNLOAD_LIMIT:
                raise TooLarge(f"the answer has more than {DOWNLOAD_LIMIT} bytes", where=address,
                               remedy="check the address; the feed imported before is kept")
            file.write(part)
        file.flush()
        wish = Wish(name=wish.name, as_of=now, whole=wish.whole, smaller=wish.smaller, origin=address,
                    etag=headers.get("ETag", ""), last_modified=headers.get("Last-Modified", ""),
                    modified=_time(headers.get("Last-Modified", "")))
        return import_feed([Path(file.name)], store, wish, now)


def _from(store: Path, address: str, name: str) -> Feed | None:
    if not store.exists():
        return None
    with Store(store) as opened:
        return next((one for one in opened.feeds() if one.origin == address and name in ("", one.name)), None)


def _permit(address: str, plain: bool) -> None:
    """Without TLS anyone on the way could take vulnerabilities out of a feed."""
    parts = urlsplit(address)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise UsageError("not an address that can be fetched", where=address, remedy="write https://host/path")
    if parts.scheme == "http" and parts.hostname not in _HERE and not plain:
        raise UsageError("without TLS anyone on the way could change the feed", where=address,
                         remedy="use https, or accept it with --plain-http")


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
