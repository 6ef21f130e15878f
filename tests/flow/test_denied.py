"""Each file, directory and program denied in turn: no verdict ever improves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import pytest

from collectors.base import Collector
from collectors.discovery import discover
from collectors.host.image import ImageHost
from collectors.host.live import LiveHost
from collectors.host.protocol import Denied, Host, Output, Socket, Stat
from collectors.worker import Answer, answer
from hustings.declared import Declared
from hustings.facts import Facts
from hustings.verdicts import Verdict
from policies import pack as packs
from policies.conditions import facts_used
from policies.derive.base import derive_all
from policies.evaluate import Context, judge_all
from policies.model import Pack


class Watched:
    """Another host, of which one path, program or the sockets may be denied; notes what it is asked for."""

    def __init__(self, host: Host, denied: str = "") -> None:
        self.host, self.denied, self.asked = host, denied, set[str]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.host, name)

    def _ask(self, what: str) -> None:
        self.asked.add(what)
        if what == self.denied:
            raise Denied(f"{what} is denied by this test")

    def read(self, path: str, **options: Any) -> str:
        self._ask(path)
        return self.host.read(path, **options)

    def read_bytes(self, path: str, **options: Any) -> bytes:
        self._ask(path)
        return self.host.read_bytes(path, **options)

    def list(self, path: str) -> list[str]:
        self._ask(path)
        return self.host.list(path)

    def stat(self, path: str) -> Stat:
        self._ask(path)
        return self.host.stat(path)

    def resolve(self, path: str) -> str:
        self._ask(path)
        return self.host.resolve(path)

    def walk(self, path: str, **options: Any) -> Iterator[tuple[str, Stat]]:
        self._ask(path)
        yield from self.host.walk(path, **options)

    def run(self, program: str, *args: str, **options: Any) -> Output:
        self._ask(f"{program}: run")
        return self.host.run(program, *args, **options)

    def sockets(self) -> Sequence[Socket]:
        self._ask("sockets")
        return self.host.sockets()


def looked(collector: Collector, host: Watched) -> Facts:
    return msgspec.json.decode(answer(collector, host, Declared()), type=Answer).facts  # type: ignore[arg-type]


def judged(pack: Pack, facts: Facts, host: Host, only: set[str]) -> dict[str, Verdict]:
    return {one.check: one.verdict for one in judge_all(pack, facts, Context(now=host.now()), only=only)}


def some(paths: list[str]) -> list[str]:
    """Every path of a short list, and every so many-th of a long one."""
    return paths[::len(paths) // 80 + 1]


@pytest.mark.parametrize("open_host", [LiveHost, lambda: ImageHost("/")], ids=["live", "image"])
def test_no_verdict_improves_when_anything_is_denied(open_host: Callable[[], Host]) -> None:
    """Of what many files are alike (units, kernel settings) a sample is denied; collectors are asked one by one."""
    host, pack = open_host(), packs.shipped()
    uses = {check.id: set().union(*map(facts_used, (check.applies, check.require, check.unknown_when)))
            for check in pack.checks if check.scope == "machine"}
    collectors = [one for one in discover(host.platform) if not one.each and not one.exhaustive]
    facts: Facts = {}
    asked: dict[str, list[Collector]] = {}
    for collector in collectors:
        watched = Watched(host)
        facts |= looked(collector, watched)
        for what in some(sorted(watched.asked)):
            asked.setdefault(what, []).append(collector)
    known = derive_all(facts, Declared(), pack.tables, host.now())
    before = judged(pack, known, host, set(uses))
    assert len(asked) > 50
    improved = []
    for what, concerned in sorted(asked.items()):
        less = dict(facts)
        for collector in concerned:
            less |= looked(collector, Watched(host, what))
        less = derive_all(less, Declared(), pack.tables, host.now())
        changed = {name for name in known if less[name].missing != known[name].missing or less[name] != known[name]}
        touched = {check for check, names in uses.items() if names & changed}
        improved += [f"{what} denied: {check} {before[check]} became {after}"
                     for check, after in (judged(pack, less, host, touched) if touched else {}).items()
                     if after in (Verdict.PASS, Verdict.NOT_APPLICABLE) and after != before[check]]
    assert improved == []
