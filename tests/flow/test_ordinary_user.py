"""What an ordinary user may not read becomes unknown: never a pass that root did not have."""

from __future__ import annotations

import os
import sys

import msgspec
import pytest

from agent import audit as audits
from hustings.declared import Declared
from hustings.verdicts import Verdict
from policies import pack as packs
from policies.model import Pack

NOBODY = 65534


def verdicts_of_this_machine(pack: Pack) -> dict[str, str]:
    found = audits.audit(audits.open_host(), Declared(), pack)
    return {one.check: one.verdict.value for one in found.results}


def verdicts_as_nobody() -> dict[str, str]:
    """The same audit in a child that gave up root; modules are imported, and the pack is read, before it does."""
    pack = packs.shipped()
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(readable)
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os.write(writable, msgspec.json.encode(verdicts_of_this_machine(pack)))
            code = 0
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.close(writable)
    with os.fdopen(readable, "rb") as pipe:
        said = pipe.read()
    assert os.waitpid(child, 0)[1] == 0
    return msgspec.json.decode(said, type=dict[str, str])


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs root, to give it up")
def test_no_check_gains_a_pass_by_seeing_less() -> None:
    as_root, as_nobody = verdicts_of_this_machine(packs.shipped()), verdicts_as_nobody()
    assert as_root.keys() == as_nobody.keys()
    gained = {check for check, verdict in as_nobody.items()
              if verdict == Verdict.PASS and as_root[check] != Verdict.PASS}
    assert gained == set()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs root, to see everything")
def test_root_learns_most_of_what_is_asked() -> None:
    verdicts = verdicts_of_this_machine(packs.shipped())
    known = [check for check, verdict in verdicts.items() if verdict in (Verdict.PASS, Verdict.FAIL)]
    assert len(verdicts) >= 40
    assert len(known) >= 25
