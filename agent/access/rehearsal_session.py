"""The one session of a rehearsal on PostgreSQL: short transactions that are always taken back.

Every transaction, from its first statement to its end, lasts no longer than the lock timeout: waiting for a lock and
holding it both count, so that nobody else waits longer than that for the rehearsal. The server enforces it
(``lock_timeout``, ``statement_timeout``, ``idle_in_transaction_session_timeout``) should this program hang.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from agent.access.rehearsal_script import Script
from hustings.errors import CannotFinish, UsageError

if TYPE_CHECKING:
    import psycopg

SHARE = 0.8
"""How much of the lock timeout a transaction may last; the rest is for the way to the server and back."""
ATTEMPTS = 6
_BUSY = ("55P03", "57014", "40P01")


class Busy(Exception):
    """A lock was not to be had, or the time of a transaction ran out before its work was done."""


class Lost(Exception):
    """The connection is gone, and with it whatever was not finished."""


class Refused(Exception):
    """The server said no to a statement."""

    def __init__(self, state: str, message: str) -> None:
        self.state, self.message = state, message
        super().__init__(message)


class RehearsalSession:
    """Runs work in transactions that are rolled back, with or without the script applied."""

    def __init__(self, connection: psycopg.Connection[Any], lock_timeout: float,
                 again: Callable[[], psycopg.Connection[Any]] | None = None) -> None:
        self.connection = self._given = connection
        self._again = again
        """How to connect anew: on a busy machine this program may be kept waiting until the server ends its session."""
        self.version = connection.info.server_version
        self.budget = lock_timeout * SHARE
        self.longest = 0.0
        self.transactions = 0
        self.notices: dict[str, str] = {}
        """What the server remarked on the script's statements, by the remark."""
        self._statement = ""
        self._listen()
        row = self.query("select rolsuper, current_user::text from pg_roles where rolname = current_user")[0]
        self.superuser, self.user = bool(row[0]), str(row[1])

    def close(self) -> None:
        """Close a connection that was opened here; the one that was given is the giver's."""
        if self.connection is not self._given:
            self.connection.close()

    def _listen(self) -> None:
        self.connection.prepare_threshold = None
        self.connection.add_notice_handler(lambda diag: self._noticed(str(diag.severity_nonlocalized),
                                                                      str(diag.message_primary)))

    def query(self, sql: str, parameters: tuple[Any, ...] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Rows, outside of or within a transaction. Raises ``Refused``."""
        import psycopg

        try:
            cursor = self.connection.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            raise self._refusal(error) from error

    def run(self, sql: str) -> str | None:
        """One statement and no more than one: the server refuses a second. The first cell of the answer.

        Raises ``Refused``, and ``Lost`` where the session is gone.
        """
        from psycopg import OperationalError, pq

        try:
            result = self.connection.pgconn.exec_params(sql.encode(), None)
        except OperationalError as error:
            raise Lost from error
        if result.status in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
            cell = result.get_value(0, 0) if result.ntuples else None
            return cell.decode() if cell is not None else None
        if self.connection.pgconn.status != pq.ConnStatus.OK:
            raise Lost
        state = result.error_field(pq.DiagnosticField.SQLSTATE) or b""
        message = result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or result.error_message
        raise Refused(state.decode(), message.decode(errors="replace").strip())

    def each(self, items: list[Any], work: Callable[[Any], None], script: Script | None = None,
             path: str = "") -> list[Any]:
        """Do the work for each item, in as many transactions as it takes, each with the script applied first.

        Returns the items whose own time ran out, twice. Raises ``CannotFinish`` where the script itself cannot be
        applied in time, ``UsageError`` where the server refuses it.
        """
        waiting, slow, tried = list(items), [], 0
        attempts = lost = 0
        while waiting:
            began = len(waiting)
            try:
                with self._transaction(script, path) as ends:
                    attempts = 0
                    while waiting and time.monotonic() < ends:
                        work(waiting[0])
                        waiting.pop(0)
                        tried = lost = 0
            except Lost as error:
                lost += 1
                if self._again is None or lost > ATTEMPTS:
                    raise CannotFinish("the server ended the rehearsal's session; it took everything back by that",
                                       remedy="rehearse when the machine is less busy, or with a longer "
                                              "--lock-timeout") from error
                self.connection.close()
                self.connection = self._again()
                self._listen()
            except Busy as error:
                if error.args and error.args[0] == "script":
                    attempts += 1
                    self._pause(attempts)
                elif began == len(waiting):
                    tried += 1
                    if tried == 2:
                        slow.append(waiting.pop(0))
                        tried = 0
        return slow

    def once(self, script: Script, path: str, work: Callable[[], None]) -> None:
        """One piece of work with the script applied."""
        if self.each([None], lambda _: work(), script, path):
            raise CannotFinish("reading the rights takes longer than locks may be held",
                               remedy="rehearse on a copy, with a longer --lock-timeout")

    def become(self, account: str, path: str, role: str = "") -> None:
        """Be this account until the transaction ends, with a mark to return to. Raises ``Refused``."""
        self.run("set local session authorization default" if self.superuser else "set local role none")
        self.run(f"set local {'session authorization' if self.superuser else 'role'} {quoted(account)}")
        if role:
            self.run(f"set local role {quoted(role)}")
        self.connection.execute("select set_config('search_path', %s, true)", (path,))
        self.run("savepoint hustings_account")

    def resume(self) -> None:
        """After a refusal: still the account, the transaction whole again."""
        self.run("rollback to savepoint hustings_account")

    @contextmanager
    def _transaction(self, script: Script | None, path: str) -> Iterator[float]:
        import psycopg

        start = time.monotonic()
        half = self.budget / 2
        self.run("begin")
        try:
            limit = max(1, int(half * 1000))
            self.query("select set_config('lock_timeout', %s, true), set_config('statement_timeout', %s, true), "
                       "set_config('idle_in_transaction_session_timeout', %s, true), "
                       "set_config('transaction_read_only', %s, true), "
                       "set_config('plan_cache_mode', 'force_generic_plan', true)",
                       (str(max(1, int(limit * 0.9))), str(limit), str(limit), "off" if script else "on"))
            if script is not None:
                self._apply(script, path, start + half)
            # Work begins in the first half; what began last, two statements at the most, ends in the second.
            self.query("select set_config('statement_timeout', %s, true), set_config('transaction_read_only', 'on', "
                       "true)", (str(max(1, limit // 2)),))
            yield max(start + half, time.monotonic() + 0.001)
        except Refused as error:
            if error.state in _BUSY:
                raise Busy(error.message) from error
            raise
        except psycopg.Error as error:
            refusal = self._refusal(error)
            if refusal.state in _BUSY:
                raise Busy(refusal.message) from error
            raise refusal from error
        finally:
            self.rollback()
            self.longest = max(self.longest, time.monotonic() - start)
            self.transactions += 1

    def _apply(self, script: Script, path: str, ends: float) -> None:
        import psycopg

        self.query("select set_config('search_path', %s, true)", (path,))
        for one in script.statements:
            self._statement = f"{script.name}:{one.line}"
            try:
                self.connection.execute(one.text.encode())
            except psycopg.Error as error:
                refusal = self._refusal(error)
                if refusal.state in _BUSY:
                    raise Busy("script") from error
                kind = CannotFinish if refusal.state == "42501" else UsageError
                raise kind(f"the server refuses this statement: {refusal.message}", where=self._statement,
                           remedy="rehearse as an account that may make these changes" if refusal.state == "42501"
                           else "mend the script; nothing was changed") from error
            if time.monotonic() > ends:
                raise Busy("script")
        self._statement = ""
        self.connection.execute("reset role")

    def rollback(self) -> None:
        """Take the transaction back, if the connection still stands."""
        from psycopg import pq

        if self.connection.pgconn.status == pq.ConnStatus.OK:
            self.connection.pgconn.exec_(b"rollback")

    def _pause(self, attempts: int) -> None:
        if attempts >= ATTEMPTS:
            raise CannotFinish(
                f"the script could not be applied within {self.budget / 2:.2g} s, in {attempts} attempts: tables are "
                "busy, or it is too long for the time that locks may be held",
                remedy="rehearse on a copy, at a quieter time, in parts, or with a longer --lock-timeout")
        time.sleep(min(0.05 * 2 ** attempts, 1.0))

    def _noticed(self, severity: str, message: str) -> None:
        if self._statement and severity in ("WARNING", "NOTICE"):
            self.notices.setdefault(f"{self._statement}: {message}", message)

    def _refusal(self, error: psycopg.Error) -> Refused:
        from psycopg import pq

        if self.connection.pgconn.status != pq.ConnStatus.OK:
            raise Lost from error
        return Refused(str(error.diag.sqlstate or ""), str(error.diag.message_primary or error))


def quoted(name: str) -> str:
    """A name as SQL."""
    return '"' + name.replace('"', '""') + '"'
