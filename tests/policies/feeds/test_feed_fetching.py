"""A feed is fetched from the address somebody named, once; an unchanged one costs one short answer."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hustings.errors import CannotFinish, HustingsError, UsageError
from policies.feeds.advice import Feed, speaks_for
from policies.feeds.fetching import addresses, fetch
from policies.feeds.importing import Imported, Wish
from policies.feeds.store import Store
from tests.policies.feeds.building import NOW, put
from tests.policies.feeds.samples import KEV, TRACKER, text

MADE = "Sat, 21 Nov 2026 22:00:00 GMT"


@dataclass
class Served:
    """What the server answers, and what it was asked."""

    body: bytes = field(default_factory=lambda: text(TRACKER))
    etag: str = '"one"'
    last_modified: str = MADE
    status: int = 200
    cut: int = 0
    to: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    address: str = ""


@pytest.fixture
def served() -> Iterator[Served]:
    """A web server on this machine that serves one feed."""
    said = Served()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said.asked.append(dict(self.headers))
            same = said.etag and self.headers.get("If-None-Match") == said.etag
            status = 304 if same else said.status
            self.send_response(status)
            for name, value in (("ETag", said.etag), ("Last-Modified", said.last_modified), ("Location", said.to)):
                if value:
                    self.send_header(name, value)
            body = b"" if status != 200 else said.body
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:len(body) - said.cut])

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    said.address = f"http://127.0.0.1:{server.server_address[1]}/feed.json"
    yield said
    server.shutdown()
    thread.join()
    server.server_close()


def first(served: Served, store: Path) -> Feed:
    done = fetch(served.address, store, Wish(), NOW)
    assert isinstance(done, Imported)
    return done.feed


def test_a_feed_is_fetched_compiled_and_remembered_with_what_its_server_said(served: Served, tmp_path: Path) -> None:
    feed = first(served, tmp_path / "feeds.db")
    assert (feed.name, feed.origin, feed.etag, feed.last_modified) == ("debian-tracker", served.address, '"one"', MADE)
    assert (feed.made.isoformat(), feed.confirmed) == ("2026-11-21T22:00:00+00:00", NOW)
    assert "If-None-Match" not in served.asked[0]
    assert addresses(tmp_path / "feeds.db") == [("debian-tracker", served.address)]


def test_an_unchanged_feed_is_confirmed_without_being_sent_again(served: Served, tmp_path: Path) -> None:
    store = tmp_path / "feeds.db"
    before = first(served, store)
    later = NOW + timedelta(days=5)
    done = fetch(served.address, store, Wish(), later)
    assert isinstance(done, Feed)
    assert served.asked[1]["If-None-Match"] == '"one"'
    assert served.asked[1]["If-Modified-Since"] == MADE
    assert (done.made, done.digest, done.confirmed, speaks_for(done)) == (before.made, before.digest, later, later)
    with Store(store) as opened:
        assert opened.feeds() == [done]
        assert [package for package, _ in opened.advice("debian/bookworm", ["glibc"])] == ["glibc"]


def test_a_changed_feed_takes_the_place_of_the_one_before(served: Served, tmp_path: Path) -> None:
    store = tmp_path / "feeds.db"
    before = first(served, store)
    served.etag, served.body = '"two"', text(TRACKER | {"new": TRACKER["sudo"]})
    after = first(served, store)
    assert (after.etag, after.records) == ('"two"', before.records + 2)


def test_a_packed_feed_may_be_served(served: Served, tmp_path: Path) -> None:
    served.body = gzip.compress(text(KEV))
    assert first(served, tmp_path / "feeds.db").name == "kev"


@pytest.mark.parametrize("fault", ["gone", "cut short", "another document", "half of it", "no server"])
def test_whatever_goes_wrong_keeps_the_feed_there_was(served: Served, tmp_path: Path, fault: str) -> None:
    store = tmp_path / "feeds.db"
    first(served, store)
    before = store.read_bytes()
    served.etag, address = '"two"', served.address
    match fault:
        case "gone":
            served.status = 404
        case "cut short":
            served.cut = 50
        case "another document":
            served.body = b"<html>Sign in</html>"
        case "half of it":
            served.body = text({"sudo": TRACKER["sudo"]})
        case "no server":
            address = "http://127.0.0.1:1/feed.json"
    with pytest.raises(HustingsError) as refused:
        fetch(address, store, Wish(), NOW)
    assert refused.value.remedy
    assert "feed.json" in refused.value.where
    assert store.read_bytes() == before


@pytest.mark.parametrize("address", ["http://feeds.example/tracker.json", "ftp://feeds.example/x", "tracker.json", ""])
def test_an_address_that_cannot_be_trusted_is_not_asked(tmp_path: Path, address: str) -> None:
    with pytest.raises(UsageError):
        fetch(address, tmp_path / "feeds.db", Wish(), NOW)


def test_a_server_cannot_send_us_to_an_address_without_tls(served: Served, tmp_path: Path) -> None:
    served.status, served.to = 302, "http://feeds.example/tracker.json"
    with pytest.raises(HustingsError):
        fetch(served.address, tmp_path / "feeds.db", Wish(), NOW)
    assert not (tmp_path / "feeds.db").exists()


def test_what_was_imported_from_a_file_is_not_fetched(served: Served, tmp_path: Path) -> None:
    put(tmp_path, tmp_path / "feeds.db", KEV)
    assert addresses(tmp_path / "feeds.db") == []
    assert addresses(tmp_path / "nowhere.db") == []


def test_an_answer_that_nothing_changed_without_a_feed_to_confirm_is_an_error(served: Served, tmp_path: Path) -> None:
    served.status = 304
    with pytest.raises(CannotFinish, match="answers 304"):
        fetch(served.address, tmp_path / "feeds.db", Wish(), NOW)
