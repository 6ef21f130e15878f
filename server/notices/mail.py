"""E-mail: a message as plain text, and the mail server it is handed to.

Headers are made by the library that refuses line breaks in them; every try of a message is the same to the byte, its
``Message-ID`` included, so that a mailbox can tell a repeat.
"""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from hustings.errors import ConfigError
from server.notices import wording
from server.notices.clean import plain
from server.notices.content import Content
from server.notices.host import Mail, Security
from server.notices.outcome import Undelivered
from server.store.outbox import Notice

TIMEOUT = 15.0
"""Seconds for each step of the conversation with the mail server."""


def message(one: Notice, content: Content, *, office: str, sender: str, to: str, language: str,
            base: str) -> EmailMessage:
    """A message as it is sent. Raises ``ValueError`` for an address that is none."""
    made = EmailMessage(policy=policy.SMTP)
    made["From"] = Address(display_name="Hustings", addr_spec=sender)
    made["To"] = Address(addr_spec=to)
    made["Subject"] = wording.subject(content, office, language)
    made["Date"] = format_datetime(one.made)
    made["Message-ID"] = f"<{one.name}@{sender.rpartition('@')[2]}>"
    made["X-Hustings-Notice"] = one.name
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(wording.text(content, office, language, base), cte="quoted-printable")
    made["Content-Language"] = language
    return made


class Postman:
    """One conversation with the mail server, for as many messages as there are. Close it."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail
        self._smtp: smtplib.SMTP | None = None

    def send(self, one: EmailMessage, to: str) -> None:
        """Hand a message over; once this returns the mail server answers for it. Raises ``Undelivered``."""
        try:
            self._open().sendmail(self._mail.sender, [to], one.as_bytes())
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            self._reset()
            raise Undelivered(_said(code, said), for_good=code >= 500) from error
        except smtplib.SMTPDataError as error:
            self._reset()
            raise Undelivered(_said(error.smtp_code, error.smtp_error), for_good=error.smtp_code >= 500) from error
        except smtplib.SMTPResponseException as error:
            self.close()
            raise Undelivered(_said(error.smtp_code, error.smtp_error)) from error
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise Undelivered(plain(f"{type(error).__name__}: {error}", 200)) from error

    def close(self) -> None:
        """End the conversation."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()

    def _open(self) -> smtplib.SMTP:
        if self._smtp is None:
            mail = self._mail
            name = mail.sender.rpartition("@")[2]
            if mail.security is Security.TLS:
                smtp: smtplib.SMTP = smtplib.SMTP_SSL(mail.host, mail.port, name, timeout=TIMEOUT, context=_trust(mail))
            else:
                smtp = smtplib.SMTP(mail.host, mail.port, name, timeout=TIMEOUT)
            try:
                if mail.security is Security.STARTTLS:
                    smtp.starttls(context=_trust(mail))
                if mail.login:
                    smtp.login(mail.login, mail.password)
            except (smtplib.SMTPException, OSError):
                smtp.close()
                raise
            self._smtp = smtp
        return self._smtp

    def _reset(self) -> None:
        if self._smtp is not None:
            try:
                self._smtp.rset()
            except (smtplib.SMTPException, OSError):
                self.close()


def _trust(mail: Mail) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=mail.authority or None)
    except OSError as error:
        raise ConfigError("the mail server's authority cannot be read", where=mail.authority,
                          remedy="set it anew: hustings server notices mail --authority FILE") from error


def _said(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return plain(f"{code} {text}", 200)
