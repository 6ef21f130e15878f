"""What a PAM stack comes to: which of its modules can still refuse, walked as libpam walks it.

Every module may answer in every way its control knows (pam_deny and pam_permit in one), so a stack is a
small graph: the walk asks whether any way through it ends in success. Whoever comes is one of this machine's
own people: that is what pam_localuser and pam_usertype answer by, which authselect's stacks jump by.

The rules are those of ``_pam_dispatch`` in libpam and of pam.conf(5): ``required``, ``requisite``,
``sufficient`` and ``optional`` are short for bracketed controls, an answer without an action of its own is
``bad``, a jump counts the modules of its own level, and what ends a substack ends no more than that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from collectors._pam import Entry

_SHORT = {
    "required": {"success": "ok", "new_authtok_reqd": "ok", "ignore": "ignore", "default": "bad"},
    "requisite": {"success": "ok", "new_authtok_reqd": "ok", "ignore": "ignore", "default": "die"},
    "sufficient": {"success": "done", "new_authtok_reqd": "done", "default": "ignore"},
    "optional": {"success": "ok", "new_authtok_reqd": "ok", "default": "ignore"},
}
_UNDECIDED, _GOOD, _FAILED, _BAD = "undecided", "good", "failed", "bad"
"""What a stack has come to: libpam's impression, where a positive one may stand for success or for an error that
was taken for ``ok`` (``_FAILED``)."""
FAILS = frozenset({"auth_err", "default"})
"""What a module answers that refuses."""
SUCCEEDS = frozenset({"success"})
SILENT = frozenset({"ignore"})
Answers: TypeAlias = Callable[[int, Entry], frozenset[str] | None]
"""What the module at an index may answer; None leaves it open."""


def actions(entry: Entry) -> dict[str, str]:
    """What follows each answer of a module. ``default`` is always among them."""
    named = _SHORT.get(entry.control.lower())
    found = dict(named) if named is not None else {name.lower(): what.lower() for name, what in entry.actions.items()}
    found.setdefault("default", "bad")
    return found


def can_succeed(entries: list[Entry], answers: Answers) -> bool:
    """Whether the stack (entries of one kind, in order) can end in success."""
    return _success in _ends(entries, answers)


def guards(entries: list[Entry], indices: Iterable[int]) -> bool:
    """Whether nothing gets through the stack when all the modules at ``indices`` refuse. A stack that can
    never succeed guards nothing."""
    refusing = frozenset(indices)
    if not refusing or not can_succeed(entries, lambda index, entry: None):
        return False
    return not can_succeed(entries, lambda index, entry: FAILS if index in refusing else None)


def reached(entries: list[Entry], index: int, answers: Answers) -> bool:
    """Whether the walk can come to the module at ``index``."""
    return index in _ends(entries, answers)


_success = -1
_State: TypeAlias = tuple[int, str, tuple[tuple[str, str], ...]]


def _ends(entries: list[Entry], answers: Answers) -> set[int]:
    """Every index the walk can come to, and ``_success`` if it can end so.

    The state is the position, what the stack has come to so far, and what it had come to where each
    substack it stands in began (``reset`` goes back to that).
    """
    pending: list[_State] = [(0, _UNDECIDED, ())]
    seen: set[_State] = set()
    found: set[int] = set()
    while pending:
        index, standing, outer = pending.pop()
        if index >= len(entries):
            if standing == _GOOD:
                found.add(_success)
            continue
        outer = _levels(outer, entries[index].within, standing)
        state = (index, standing, outer)
        if state in seen:
            continue
        seen.add(state)
        found.add(index)
        for action in _follow(entries[index], answers(index, entries[index])):
            pending.append(_step(entries, state, *action))
    return found


def _levels(outer: tuple[tuple[str, str], ...], within: tuple[str, ...], standing: str) -> tuple[tuple[str, str], ...]:
    """What each substack around an entry began with: those left are dropped, those entered begin here."""
    kept = []
    for name, (known, began) in zip(within, outer, strict=False):
        if name != known:
            break
        kept.append((known, began))
    return (*kept, *((name, standing) for name in within[len(kept):]))


def _follow(entry: Entry, answered: frozenset[str] | None) -> set[tuple[str, str]]:
    """The (answer, action) pairs a module may bring about. ``new_authtok_reqd`` is left out: a stack that ends
    with it asks for a new password, and lets nobody in before."""
    acts = actions(entry)
    if answered is None:
        answered = _certain(entry) or frozenset({"success", "ignore", "default", *acts} - {"new_authtok_reqd"})
    return {(answer, acts.get(answer, acts["default"])) for answer in answered}


def _certain(entry: Entry) -> frozenset[str] | None:
    """What a module always answers when one of this machine's own people comes; None where that depends."""
    if entry.module == "pam_usertype":
        return FAILS if "issystem" in entry.arguments else SUCCEEDS
    return {"pam_deny": FAILS, "pam_permit": SUCCEEDS, "pam_localuser": SUCCEEDS}.get(entry.module)


def _step(entries: list[Entry], state: _State, answer: str, action: str) -> _State:
    index, standing, outer = state
    within = entries[index].within
    if action.isdigit() and int(action):
        return _jump(entries, state, int(action))
    if action == "ignore":
        return (index + 1, standing, outer)
    if action == "reset":
        return (index + 1, outer[-1][1] if outer else _UNDECIDED, outer)
    if action in ("ok", "done"):
        if standing in (_UNDECIDED, _GOOD):
            standing = _GOOD if answer == "success" else _FAILED
        if action == "done" and standing in (_GOOD, _FAILED):
            return (_after(entries, index, within), standing, outer)
        return (index + 1, standing, outer)
    if action == "die":
        return (_after(entries, index, within), _BAD, outer)
    return (index + 1, _BAD, outer)


def _after(entries: list[Entry], index: int, within: tuple[str, ...]) -> int:
    """The first entry past the substack an entry stands in; past the end if it stands in none."""
    if not within:
        return len(entries)
    while index < len(entries) and entries[index].within[:len(within)] == within:
        index += 1
    return index


def _jump(entries: list[Entry], state: _State, count: int) -> _State:
    """Over ``count`` modules of the entry's own level; a substack counts as one. Too far is an error."""
    index, standing, outer = state
    within = entries[index].within
    level = len(within)
    index += 1
    while count and index < len(entries) and entries[index].within[:level] == within:
        index = _after(entries, index, entries[index].within[:level + 1]) if len(
            entries[index].within) > level else index + 1
        count -= 1
    return (index, _BAD if count else standing, outer)
