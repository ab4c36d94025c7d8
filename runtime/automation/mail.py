"""Letters by SMTP.

`TIERLOOM_SMTP_URL` is `smtp://[user:password@]host[:port][?from=address]`, or `smtps://` for TLS from the first byte.
"""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from runtime.automation.trouble import Trouble
from runtime.settings import Settings
from runtime.texts import _

TIMEOUT = 15
NO_SERVER = _(
    "No mail server is set up. Set TIERLOOM_SMTP_URL, for example smtp://user:password@mail.example.com:587, then run this again."
)
PORTS = {"smtp": 25, "smtps": 465}


def send(settings: Settings, to: str, subject: str, body: str, key: str) -> None:
    """Sends one letter to one address. The same `key` gives the same Message-ID, by which a repeated letter is known. Raises Trouble."""
    if not settings.smtp_url:
        raise Trouble(NO_SERVER, again=False)
    server = urlsplit(settings.smtp_url)
    if server.scheme not in PORTS or not server.hostname:
        raise Trouble(_("TIERLOOM_SMTP_URL is no mail server. Write smtp://user:password@host:port or smtps://…"), again=False)
    letter = _letter(server, to, subject, body, key)
    try:
        with _connected(server) as connection:
            connection.send_message(letter)
    except smtplib.SMTPRecipientsRefused as error:
        code = max(code for code, _text in error.recipients.values())
        raise Trouble(_("The mail server does not take letters for {address} ({code}).", address=to, code=code), again=code < 500) from None
    except smtplib.SMTPResponseException as error:
        raise Trouble(_("The mail server refused the letter ({code}).", code=error.smtp_code), again=error.smtp_code < 500) from None
    except (smtplib.SMTPException, OSError):
        raise Trouble(_("The mail server {host} could not be reached.", host=server.hostname), again=True) from None


def _letter(server: SplitResult, to: str, subject: str, body: str, key: str) -> EmailMessage:
    sender = _sender(server)
    letter = EmailMessage(policy=SMTP)
    try:
        letter["From"], letter["To"] = sender, _line(to)
    except (ValueError, IndexError):
        raise Trouble(_("{address} is no e-mail address.", address=to), again=False) from None
    letter["Subject"] = _line(subject)
    letter["Date"] = formatdate(localtime=False)
    letter["Message-ID"] = f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{sender.partition('@')[2] or 'tierloom'}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(body)
    return letter


def _line(text: str) -> str:
    """One line: a line break in a subject would begin another header."""
    return " ".join(text.split())


def _sender(server: SplitResult) -> str:
    named = parse_qs(server.query).get("from")
    if named:
        return named[0]
    user = unquote(server.username or "")
    return user if "@" in user else f"tierloom@{server.hostname}"


def _connected(server: SplitResult) -> smtplib.SMTP:
    host, port = server.hostname or "", server.port or PORTS[server.scheme]
    if server.scheme == "smtps":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
    else:
        connection = smtplib.SMTP(host, port, timeout=TIMEOUT)
        connection.ehlo()
        if connection.has_extn("starttls"):
            connection.starttls(context=ssl.create_default_context())
    if server.username:
        connection.login(unquote(server.username), unquote(server.password or ""))
    return connection
