"""Settings from the environment (`TIERLOOM_…`). A bad value stops the start with one sentence."""
from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from tzlocal import get_localzone_name

from runtime.errors import SettingsError
from runtime.texts import LANGUAGES, _

PREFIX = "TIERLOOM_"


@dataclass(frozen=True)
class Settings:
    data_dir: Path
    database_url: str
    secret_key: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    base_url: str = ""
    timezone: str = "UTC"
    locale: str | None = None
    smtp_url: str = ""
    max_upload_mb: int = 200
    clock: str = "auto"
    workers: int = 1
    web_processes: int = 1
    outbound_allow: tuple[str, ...] = ()
    files_url: str = ""
    log_format: str = "text"
    metrics: bool = True
    requests_per_minute: int = 0
    proxies: int = 0
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_name: str = ""
    oidc_add: bool = False

    @property
    def address(self) -> str:
        return self.base_url or f"http://{self.host}:{self.port}"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process; makes the data folder and the secret key on first use."""
    given = os.environ if environment is None else environment
    values = {name[len(PREFIX):]: value for name, value in given.items() if name.startswith(PREFIX) and value != ""}
    data_dir = Path(values.get("DATA_DIR", "var")).absolute()
    _make_folder(data_dir)
    return Settings(
        data_dir=data_dir,
        database_url=values.get("DATABASE_URL", f"sqlite:///{data_dir / 'tierloom.sqlite'}"),
        secret_key=values.get("SECRET_KEY") or _secret_key(data_dir),
        host=values.get("HOST", "127.0.0.1"),
        port=_whole(values, "PORT", 8000, 1, 65535),
        base_url=values.get("BASE_URL", "").rstrip("/"),
        timezone=_zone(values.get("TIMEZONE") or _machine_zone()),
        locale=_one_of(values, "LOCALE", None, LANGUAGES),
        smtp_url=values.get("SMTP_URL", ""),
        max_upload_mb=_whole(values, "MAX_UPLOAD_MB", 200, 1, 10_000),
        clock=_one_of(values, "CLOCK", "auto", ("auto", "on", "off")) or "auto",
        workers=_whole(values, "WORKERS", 1, 1, 64),
        web_processes=_whole(values, "WEB_PROCESSES", min(2, os.cpu_count() or 1), 1, 64),
        outbound_allow=tuple(part.strip() for part in values.get("OUTBOUND_ALLOW", "").split(",") if part.strip()),
        files_url=_files_url(values.get("FILES_URL", f"file:{data_dir / 'files'}")),
        log_format=_one_of(values, "LOG_FORMAT", "text", ("text", "json")) or "text",
        metrics=_one_of(values, "METRICS", "on", ("on", "off")) == "on",
        requests_per_minute=_whole(values, "REQUESTS_PER_MINUTE", 1200, 0, 1_000_000),
        proxies=_whole(values, "PROXIES", 0, 0, 10),
        oidc_issuer=_issuer(values),
        oidc_client_id=values.get("OIDC_CLIENT_ID", ""),
        oidc_client_secret=values.get("OIDC_CLIENT_SECRET", ""),
        oidc_name=values.get("OIDC_NAME", ""),
        oidc_add=_one_of(values, "OIDC_ADD", "off", ("on", "off")) == "on",
    )


def _issuer(values: Mapping[str, str]) -> str:
    issuer = values.get("OIDC_ISSUER", "")
    if not issuer:
        return ""
    local = issuer.startswith(("http://127.0.0.1:", "http://localhost:", "http://[::1]:"))
    if not (issuer.startswith("https://") or local):
        raise SettingsError(_("TIERLOOM_OIDC_ISSUER is {value}; it must begin with https://.", value=issuer))
    if not values.get("OIDC_CLIENT_ID"):
        raise SettingsError(_("TIERLOOM_OIDC_ISSUER is set, but TIERLOOM_OIDC_CLIENT_ID is not. Set both, or neither."))
    return issuer.rstrip("/")


def _files_url(address: str) -> str:
    if (address.startswith("file:/") and len(address) > 6) or (address.startswith("s3://") and len(address) > 5):
        return address
    raise SettingsError(_("TIERLOOM_FILES_URL is {value}; write file:/folder or s3://bucket/folder.", value=address))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SettingsError(_(
            "The data folder {folder} cannot be written ({reason}). Set TIERLOOM_DATA_DIR to a folder of yours.",
            folder=str(folder), reason=error.strerror or str(error))) from error


def _secret_key(folder: Path) -> str:
    path = folder / "secret_key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()


def _machine_zone() -> str:
    try:
        return get_localzone_name() or "UTC"
    except Exception:  # a machine without any zone set up: tzlocal raises errors of several kinds
        return "UTC"


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise SettingsError(_("TIERLOOM_TIMEZONE is {value}, which is no time zone. Write one like Asia/Shanghai.", value=name)) from error
    return name


def _whole(values: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = values.get(name, str(default))
    if text.isdecimal() and least <= int(text) <= most:
        return int(text)
    raise SettingsError(_("{name} is {value}; give a whole number from {least} to {most}.",
                          name=PREFIX + name, value=text, least=least, most=most))


def _one_of(values: Mapping[str, str], name: str, default: str | None, choices: tuple[str, ...]) -> str | None:
    text = values.get(name, default)
    if text is None or text in choices:
        return text
    raise SettingsError(_("{name} is {value}; choose one of {choices}.", name=PREFIX + name, value=text, choices=", ".join(choices)))
