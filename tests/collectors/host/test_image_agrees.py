"""This machine audited by its files alone: the same verdict for every check, but where running is what is asked.

Two kinds of checks may differ. Those that ask what runs are unknown in an image, and say so. Those that look at
what is in force and at what the next start makes of it see the second alone in an image.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from agent import audit
from agent.audit import needed_facts
from hustings.declared import Declared
from hustings.verdicts import Result, Verdict
from policies.pack import shipped

NEXT_START = {
    "kernel.settings": "a running kernel may hold other values than its files set",
    "kernel.modules": "a module that is off may be loaded now, or the running kernel's drivers be on another disk",
    "kernel.build": "the running kernel may be another than those on the disk",
    "mounts.points": "a place may be mounted otherwise now than the next start does",
    "services.units": "a unit that starts may be stopped now, or the other way round",
    "usb.storage_stopped_by": "a rule for modules says nothing of one that is loaded",
}
RUNNING = ("running system", "runs no daemon", "no file sets", "the list is empty", "not known in an image",
           "is an image", "only in a", "not on this disk")
"""Words in a reason that say an image cannot know it."""


@cache
def both() -> tuple[dict[str, Result], dict[str, Result]]:
    found = []
    for host in (audit.open_host(), audit.open_host(root=Path("/"))):
        found.append({one.check: one for one in audit.audit(host, Declared(), shipped(), sweep=False).results})
    return found[0], found[1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root sees the same files as the machine itself")
@pytest.mark.parametrize("check", sorted(one.id for one in shipped().checks if one.scope == "machine"))
def test_the_files_of_this_machine_say_what_it_says_itself(check: str) -> None:
    live, image = (one[check] for one in both())
    if live.verdict is image.verdict:
        return
    facts = {name.partition("@")[0] for name in needed_facts(shipped(), [check])}
    if image.verdict is Verdict.UNKNOWN:
        assert any(word in (image.reason or "") for word in RUNNING), image.reason
    elif live.verdict is Verdict.UNKNOWN:
        assert "unsupported" in (live.reason or ""), live.reason
    else:
        assert facts & NEXT_START.keys(), (live.verdict, image.verdict, image.actual)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root sees the same files as the machine itself")
def test_most_checks_are_answered_from_files_alone() -> None:
    live, image = both()
    known = [check for check, one in image.items() if one.verdict is not Verdict.UNKNOWN]
    assert len(known) > 0.75 * len([one for one in live.values() if one.verdict is not Verdict.UNKNOWN])


def test_what_is_said_to_differ_are_facts_there_are() -> None:
    assert NEXT_START.keys() <= {fact.id for fact in audit.registry()}
