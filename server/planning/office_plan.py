"""An office's plan from its own records: gathered from the store, made once for what it rests on, kept for good.

Making it may take seconds, so it is done in a thread of its own; what was made of the very same inputs on the same
day is not made again.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSoon
from datetime import date, datetime
from functools import lru_cache
from threading import Lock

import msgspec
from sqlalchemy.engine import Connection

from policies.equipment import Equipment
from policies.lifecycle import Table
from server.elections.days import today as day_of
from server.elections.planning import planning_calendar
from server.planning import document, joined
from server.planning.ends import Judge
from server.planning.entry import Entry
from server.planning.joined import Joined
from server.planning.made import Input, Made
from server.planning.model import Line, Problem, Solved, Status
from server.planning.solve import solve
from server.records import Office
from server.store import audit, budgets, equipment, plans
from server.store.database import Database
from server.store.plans import Stored

ANY_DAY = date(2000, 1, 1)
KEPT = 32
"""Answers that stay in memory."""
WORKERS = 2


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decides the plan of an office today, and where it comes from."""

    office: str
    problem: Problem
    joined: Joined
    listed: equipment.Version
    budget: budgets.Version | None
    files: tuple[Input, ...]

    @property
    def fingerprint(self) -> str:
        """The hash of what decides the plan but for the day and for the plan approved before: while it is the same,
        an older plan is not out of date."""
        still = msgspec.structs.replace(self.problem, today=ANY_DAY, approved=())
        return hashlib.sha256(msgspec.json.encode((still, self.joined.unmatched))).hexdigest()


def gather(connection: Connection, tenant: str, office: Office, table: Table, models: Equipment,
           now: datetime) -> Inputs | None:
    """What the office's records say today; None while it has no equipment list."""
    listed = equipment.current(connection, tenant)
    if listed is None:
        return None
    today = day_of(now, office.zone)
    told = joined.reported(office, table, now)
    said = {asset: (one.product, one.cycle) for asset, one in equipment.matches(connection, tenant).items()}
    rows = [_known(msgspec.convert(one.row, Entry, strict=False), said, joined.choices(told))
            for one in equipment.rows(connection, tenant, listed.id)]
    judge = _judge(table, models, today)
    judged = [judge.judge(one) for one in rows]
    whole = joined.join([one.entry.asset for one in judged], [one.unmatched for one in judged if one.unmatched],
                        told, office, now)
    budget = budgets.current(connection, tenant)
    hours = budgets.settings(connection, tenant)
    calendar = planning_calendar(office.elections, hours.hours_per_month if hours else None)
    problem = Problem(today=today, assets=whole.assets, calendar=calendar, budgets=budget.lines if budget else (),
                      approved=approved_lines(connection, tenant))
    files = [Input("inventory", listed.file, listed.digest)]
    if budget is not None:
        files.append(Input("budget", budget.file, budget.digest))
    files.append(Input("calendar", "", hashlib.sha256(msgspec.json.encode(calendar)).hexdigest()))
    files.append(Input("agents", "", hashlib.sha256(msgspec.json.encode(sorted(
        (name, one.agent, one.at, one.system) for name, one in whole.reported.items()))).hexdigest()))
    return Inputs(office=office.name, problem=problem, joined=whole, listed=listed, budget=budget,
                  files=tuple(files))


@lru_cache(maxsize=2)
def _judge(table: Table, models: Equipment, today: date) -> Judge:
    """One judge for a day: it remembers what it recognised."""
    return Judge(table, models, today)


def _known(entry: Entry, said: dict[str, tuple[str, str]], reported: dict[str, tuple[str, str]]) -> Entry:
    """A line with what it is known to be: by its agent, else by somebody's word, else by its own."""
    asset = entry.asset
    known = (reported.get(asset.id.casefold()) if asset.quantity == 1 else None) or said.get(asset.id)
    return msgspec.structs.replace(entry, product="/".join(known)) if known else entry


def approved_lines(connection: Connection, tenant: str) -> tuple[Line, ...]:
    """The lines of the plan that was approved last; none before the first approval."""
    given = plans.approvals(connection, tenant, limit=1)
    found = plans.get(connection, tenant, given[0].plan) if given else None
    return record(found).solved.lines if found else ()


def record(stored: Stored) -> Made:
    """The plan as it was made."""
    return msgspec.json.decode(stored.record, type=Made)


class Maker:
    """Solves in threads of its own and remembers answers. One for a server; safe to share."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="plan")
        self._lock = Lock()
        self._answers: OrderedDict[str, Future[Made]] = OrderedDict()

    def ask(self, made: Made, seconds: float) -> Made | None:
        """The answer to ``made.problem``, or None if it is not there yet after ``seconds``: ask again, it goes on.

        ``made.solved`` is not read: the answer is in its place. Raises what the solver raises.
        """
        key = hashlib.sha256(msgspec.json.encode(made.problem)).hexdigest()
        with self._lock:
            future = self._answers.get(key)
            if future is None or (future.done() and future.exception() is not None):
                future = self._answers[key] = self._pool.submit(_solved, made)
            self._answers.move_to_end(key)
            while len(self._answers) > KEPT:
                self._answers.popitem(last=False)
        try:
            found = future.result(seconds)
        except TooSoon:
            return None
        return msgspec.structs.replace(made, solved=found.solved)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def _solved(made: Made) -> Made:
    return msgspec.structs.replace(made, solved=solve(made.problem))


def unsolved(inputs: Inputs) -> Made:
    """What is to be solved, with everything that the answer must be shown with."""
    return Made(problem=inputs.problem, solved=Solved(Status.FEASIBLE, (), 0, 0, 0, 0, 1.0),
                unmatched=inputs.joined.unmatched, office=inputs.office, inputs=inputs.files,
                held_back=inputs.listed.open)


def keep(connection: Connection, tenant: str, inputs: Inputs, made: Made, now: datetime, by: str) -> int:
    """Store a plan that was made of ``inputs``; the same as the last one is not stored twice. Returns its id."""
    body = document.encoded(made, "en")
    last = plans.current(connection, tenant)
    if last is not None and last.digest == document.digest(body) and last.inputs == inputs.fingerprint:
        return last.id
    number = plans.add(connection, tenant, document=body, record=msgspec.json.encode(made),
                       inputs=inputs.fingerprint, equipment=inputs.listed.id,
                       budget=inputs.budget.id if inputs.budget else None, now=now, by=by)
    audit.record(connection, tenant, now, by, "plan.make", str(number), {
        "hash": document.digest(body), "equipment": inputs.listed.id,
        "budget": inputs.budget.id if inputs.budget else None, "status": str(made.solved.status)})
    return number


def make(maker: Maker, database: Database, tenant: str, inputs: Inputs, now: datetime, by: str,
         seconds: float) -> int | None:
    """Make the plan of ``inputs`` and store it. None if it takes longer than ``seconds``: ask again."""
    made = maker.ask(unsolved(inputs), seconds)
    if made is None:
        return None
    with database.write(tenant) as connection:
        return keep(connection, tenant, inputs, made, now, by)
