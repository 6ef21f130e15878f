"""Run the server in this process until it is told to stop."""

from __future__ import annotations

import logging
import secrets
import signal
import socket
import threading

import uvicorn

from hustings.errors import CannotFinish
from policies.pack import shipped
from server import certificates, logs, tls
from server.app import Application, utc_now
from server.certificates import Renewal
from server.closing import Closer
from server.config import Config, address, chosen_database
from server.jobs.model import Context
from server.jobs.schedule import Schedule
from server.notices import attempts
from server.store.database import Database
from server.store.migrate import migrate
from server.wire import Bounded

logger = logging.getLogger(__name__)
BACKLOG = 2048
CONNECTIONS = 2_000
GRACE = 10
"""Seconds that requests under way get when the server is told to stop."""


def serve(config: Config, host: str, port: int, *, secure: bool) -> None:
    """Migrate, listen and serve. Raises ``CannotFinish`` when the address is taken or not ours.

    ``secure`` False is for loopback alone, or behind a proxy that speaks TLS; the caller has checked. Port 0 takes a
    free one; the log line ``listening`` names it.
    """
    logs.start()
    database = Database(chosen_database(config))
    revision = migrate(database)
    if secure:
        _certificate(config)
    proxied = config.settings.proxy is not None and not secure
    listener = _listen(host, port)
    application = Application(config, database, schema=revision, tls=secure or proxied)
    settings = uvicorn.Config(
        application, loop="uvloop", http=Bounded, ws="none", lifespan="on", interface="asgi3",
        log_config=None, access_log=False, proxy_headers=False, server_header=False,
        limit_concurrency=CONNECTIONS, timeout_keep_alive=30, timeout_graceful_shutdown=GRACE,
        ssl_keyfile=config.chain_key if secure else None, ssl_certfile=config.chain if secure else None)
    settings.load()
    server = uvicorn.Server(settings)
    renewal = Renewal(config, settings.ssl, utc_now) if settings.ssl is not None else None

    def stop(number: int, _frame: object) -> None:
        """Before uvicorn listens to signals, and once it hands them back after its shutdown."""
        server.should_exit = True
        logger.info("stopping", extra={"signal": signal.Signals(number).name})

    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, stop)
    bound = listener.getsockname()[1]
    logger.info("listening", extra={"url": address(host, bound, tls=secure), "port": bound, "schema": revision,
                                    "database": database.where})
    closer = Closer(database, shipped(), utc_now)
    closing = threading.Thread(target=closer.run, name="closing", daemon=True)
    closing.start()
    threading.Thread(target=application.warm, name="warming", daemon=True).start()
    schedule = Schedule(Context(database, config, utc_now, shipped(), holder=secrets.token_hex(8),
                                shared={attempts.SHARED: application.attempts}))
    schedule.start()
    if renewal is not None:
        threading.Thread(target=renewal.run, name="certificate", daemon=True).start()
    try:
        server.run(sockets=[listener])
    finally:
        schedule.stop()
        if renewal is not None:
            renewal.stop()
        closer.stop()
        closing.join(GRACE)
        application.close()
    logger.info("stopped")


def _certificate(config: Config) -> None:
    """Renew the server's own when it is due. Raises ``ConfigError`` for one from elsewhere that is not good."""
    now = utc_now()
    if config.settings.own is None:
        tls.renew_if_due(config, now)
        return
    found = certificates.check(config.chain, config.chain_key, config.settings.addresses, now)
    if found.not_valid_after_utc - now < certificates.WARN:
        logger.warning("the certificate ends soon", extra={"until": found.not_valid_after_utc.isoformat()})


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(BACKLOG)
    except OSError as error:
        raise CannotFinish(f"cannot listen: {error.strerror or error}", where=f"{host}:{port}",
                           remedy="choose another --port or --host, or stop what uses it") from error
    listener.setblocking(False)
    return listener
