"""Logs of the process: lines to read, or one JSON object a line for a collector (TIERLOOM_LOG_FORMAT)."""
from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

BREAKS = {code: repr(chr(code))[1:-1] for code in (*range(32), 127, *range(128, 160), 0x2028, 0x2029)}


def start_logging(log_format: str = "text") -> None:
    """Everything logged in this process goes to standard error in one format, with the context of `structlog.contextvars`."""
    shared: list[Any] = [structlog.contextvars.merge_contextvars, one_line, structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name,
              structlog.processors.TimeStamper(fmt="iso", utc=True)]
    if log_format == "json":
        last: list[Any] = [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer(ensure_ascii=False)]
    else:
        last = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)]
    handler = logging.StreamHandler()
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(), wrapper_class=structlog.stdlib.BoundLogger, cache_logger_on_first_use=True)


def one_line(_logger: Any, _method: str, entry: dict[str, Any]) -> dict[str, Any]:
    """What strangers send (an address, a report) begins no line of its own and moves no cursor."""
    entry["event"] = str(entry["event"]).translate(BREAKS)
    return entry
