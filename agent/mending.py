"""Making the spool's chain whole again, whatever happened to its files.

``mend`` runs before every use. Its rules, for the current epoch:

1. What is covered by a wider range (a lost statement being put in place) goes.
2. What stands at or before the last receipt has arrived; nothing is asked of it any more.
3. From there on every sequence number is accounted for. Where an envelope is missing, torn or
   changed, a signed lost statement takes its place.
4. Each envelope names the one before it. One that names another is signed again: the first
   unanswered envelope stops the rest, so nobody has seen it.
5. If where the chain continues cannot be known, it is ``Broken``: only a new epoch helps.

What still waits in an epoch that was given up is signed again at the end of the current one. Each
step may be interrupted anywhere and is then finished by the next ``mend``.
"""

from __future__ import annotations

import msgspec

from agent import durable
from agent.spool import SLACK, Entry, Spool
from agent.spool_file import Kept, Name
from hustings import envelope, report
from hustings.errors import BadDocument
from hustings.report import Report, Same

DAMAGED = "the copy on this machine's disk was damaged or deleted before it was sent"
FULL = "the spool on this machine had reached its bound"


class Broken(Exception):
    """The chain of this epoch cannot be continued; begin a new one."""


def mend(spool: Spool) -> list[str]:
    """Put the chain right; what had to be done, in words. Raises ``Broken``, ``CannotFinish``."""
    files = spool.scan()
    for stray in files.stray:
        if stray.endswith(durable.SCRATCH):
            durable.remove(spool.place / stray)
    for name, parts in files.envelopes.items():
        if "tried" in parts and ("receipt" in parts or "envelope" not in parts):
            spool.drop(name, "tried")
    _drop_covered(spool)
    done = _walk(spool)
    done += _migrate(spool)
    return done


def trim(spool: Spool) -> list[str]:
    """Keep the spool within its bound: the oldest unsent reports give way to a lost statement.

    What was tried stays, since the server may have it, and so does the newest.
    """
    waiting = spool.waiting()
    size = spool.usage().bytes
    if size <= spool.bound.size and len(waiting) <= spool.bound.count:
        return []
    dropped: list[Entry] = []
    for entry in waiting[:-1]:
        if size <= spool.bound.size * SLACK and len(waiting) - len(dropped) <= spool.bound.count * SLACK:
            break
        if entry.tried and dropped:
            break
        if not entry.tried:
            size -= (spool.place / entry.name.file("envelope")).stat().st_size
            dropped.append(entry)
    if not dropped or (len(dropped) == 1 and spool.read(dropped[0].name).head.kind == "lost"):
        return []
    first, last = dropped[0].name, dropped[-1].name
    whole = Name(first.epoch, first.first, last.last)
    spool.put_lost(whole, spool.read(first).head.previous, FULL)
    mend(spool)
    return [f"{FULL}: reports {whole.first} to {whole.last} were given up"]


def renounce(spool: Spool, name: Name, reason: str) -> None:
    """Put a lost statement in the place of what the server will never take, and keep the bytes aside."""
    path = spool.place / name.file("envelope")
    kept = spool.read(name)
    durable.write(spool.place / name.file("rejected"), path.read_bytes())
    spool.put_lost(name, kept.head.previous, reason)
    spool.drop(name, "tried")
    mend(spool)


def set_aside(spool: Spool, name: Name) -> None:
    """Keep the bytes that the server says contradict what it has."""
    durable.write(spool.place / name.file("rejected"), (spool.place / name.file("envelope")).read_bytes())


def take_back(spool: Spool, expected: int) -> None:
    """Make everything from ``expected`` on unsent again: the server says that it lacks it.

    Receipts go from the last to the first, so that an interruption leaves no hole. Raises ``Broken``.
    """
    for entry in reversed([one for one in spool.entries() if one.name.last >= expected]):
        spool.drop(entry.name, *({"receipt"} if entry.receipt else set()), *({"tried"} if entry.tried else set()))
    first = spool.waiting()[0].name.first
    if first > expected:
        receipted = [one for one in spool.entries() if one.receipt]
        if expected > 1 and (not receipted or receipted[-1].name.last != expected - 1):
            raise Broken(f"report {expected - 1}, where the server stands, is not kept any more")
        previous = spool.digest(receipted[-1]) if receipted else None
        spool.put_lost(Name(spool.signer.epoch, expected, first - 1), previous, DAMAGED)
    mend(spool)


def resign_whole(spool: Spool, name: Name) -> bool:
    """Sign a report again at the same place with its inventory whole. False if that is not kept any more."""
    made = report.decode_report(envelope.parse(spool.read(name).envelope()).content())
    if not isinstance(made.inventory, Same):
        return False
    section = spool.section(made.inventory.same)
    if section is None:
        return False
    essence = spool.read(name).head.essence
    spool.put_report(name, msgspec.structs.replace(made, inventory=section), essence=essence)
    spool.drop(name, "tried")
    mend(spool)
    return True


def _drop_covered(spool: Spool) -> None:
    current = [one.name for one in spool.entries()]
    for wide in [name for name in current if name.first != name.last]:
        inside = [name for name in current if wide.covers(name)]
        if not inside:
            continue
        if _read(spool, wide) is None:
            spool.drop(wide, "envelope", "tried")
            continue
        for name in inside:
            spool.drop(name, "envelope", "tried")


def _walk(spool: Spool) -> list[str]:
    """Rules 2 to 4."""
    done: list[str] = []
    expected, previous = _start(spool)
    for entry in spool.waiting():
        name = entry.name
        if name.first > expected:
            gap = Name(name.epoch, expected, name.first - 1)
            previous = spool.put_lost(gap, previous, DAMAGED)
            done.append(f"reports {gap.first} to {gap.last}: {DAMAGED}")
        kept = _read(spool, name)
        if kept is None:
            previous = spool.put_lost(name, previous, DAMAGED)
            done.append(f"report {name.first}: {DAMAGED}")
        elif kept.head.previous != previous:
            previous = _sign_again(spool, kept, name, previous)
            spool.drop(name, "tried")
        else:
            previous = kept.head.digest
        expected = name.last + 1
    return done


def _start(spool: Spool) -> tuple[int, str | None]:
    """The first sequence number not known to have arrived, and the digest its payload must name."""
    receipted = [one for one in spool.entries() if one.receipt]
    if receipted:
        try:
            return receipted[-1].name.last + 1, spool.digest(receipted[-1])
        except BadDocument as error:
            raise Broken(f"the last receipt cannot be read: {error}") from error
    waiting = spool.waiting()
    if not waiting or waiting[0].name.first == 1:
        return 1, None
    head = _read(spool, waiting[0].name)
    if head is None:
        raise Broken("the start of what waits cannot be read")
    return waiting[0].name.first, head.head.previous


def _sign_again(spool: Spool, kept: Kept, new: Name, previous: str | None, was: str = "") -> str:
    """Sign the document of ``kept`` for the place ``new``; the digest of its payload."""
    payload = envelope.parse(kept.envelope()).content()
    if kept.head.kind == "lost":
        return spool.put_lost(new, previous, report.decode_lost(payload).reason, was=was or kept.head.was)
    made: Report = msgspec.structs.replace(report.decode_report(payload), tenant=spool.signer.tenant,
                                           agent=spool.signer.agent, epoch=new.epoch, sequence=new.first,
                                           previous=previous)
    return spool.put_report(new, made, essence=kept.head.essence, was=was or kept.head.was)


def _migrate(spool: Spool) -> list[str]:
    """Sign what waits in epochs given up at the end of this one. ``was`` tells what has moved already."""
    left = _left_behind(spool)
    if not left:
        return []
    moved = {head.was for head in spool.heads() if head.was}
    count = 0
    for name, kept in left:
        was = name.file("envelope")
        if was not in moved:
            sequence, previous = spool.tail()
            new = Name(spool.signer.epoch, sequence + 1, sequence + 1 + name.last - name.first)
            if kept is None:
                spool.put_lost(new, previous, DAMAGED, was=was)
            else:
                _sign_again(spool, kept, new, previous, was=was)
            count += 1
        spool.drop(name, "envelope", "tried")
    return [f"{count} waiting reports were signed again in the new epoch"] if count else []


def _left_behind(spool: Spool) -> list[tuple[Name, Kept | None]]:
    """The unsent envelopes of other epochs, in the order they were made."""
    others: dict[str, list[tuple[Name, set[str]]]] = {}
    for name, parts in spool.scan().envelopes.items():
        if name.epoch != spool.signer.epoch:
            others.setdefault(name.epoch, []).append((name, parts))
    left: list[tuple[Name, Kept | None]] = []
    for chain in others.values():
        done = max((name.last for name, parts in chain if "receipt" in parts), default=0)
        left += [(name, _read(spool, name)) for name, parts in chain if "envelope" in parts and name.first > done]
    return sorted(left, key=lambda one: (one[1].head.made if one[1] else "", one[0].first))


def _read(spool: Spool, name: Name) -> Kept | None:
    try:
        return spool.read(name)
    except BadDocument:
        return None

