"""Call webhook: sends a signed message to an address outside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field

from runtime.automation import outbound
from runtime.automation.places import json_value
from runtime.automation.steps._base import STEP_FORMULAS, Outside
from runtime.definitions.model import FormulaText, FormulaUse
from runtime.definitions.shelf import STEPS
from runtime.definitions.types import Type
from runtime.errors import Problem
from runtime.system.database import to_json
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class CallWebhook(Outside):
    """Sends JSON: which automation ran for which record, or with `body` these values instead. `secret` names the secret that signs it."""

    type: Literal["call_webhook"] = "call_webhook"
    url: str = Field(min_length=8, max_length=2000, title="Address", pattern=r"^https?://")
    method: Literal["POST", "PUT", "PATCH"] = Field("POST", title="Method")
    secret: str | None = Field(None, pattern=r"^[a-z][a-z0-9_]{0,60}$", title="Secret for the signature")
    body: dict[str, FormulaText] | None = Field(None, title="Values to send")

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        problem = outbound.problem_of(self.url)
        if problem is not None:
            yield Problem("url", problem)

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        for key, text in (self.body or {}).items():
            yield FormulaUse(f"body/{key}", text, form, names=names, allow=STEP_FORMULAS)

    def secrets(self) -> Iterator[str]:
        if self.secret is not None:
            yield self.secret

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        return _("call {host}", host=urlsplit(self.url).hostname or self.url).in_language(language)

    def prepare(self, doing: Doing) -> dict[str, Any]:
        if self.secret is not None:
            doing.secret(self.secret)  # a missing one is told before anything is sent
        return {"body": to_json(self._message(doing))}

    def _message(self, doing: Doing) -> dict[str, Any]:
        if self.body is not None:
            return {key: json_value(doing.told(text)) for key, text in self.body.items()}
        return {
            "automation": doing.automation.key,
            "run": str(doing.run.id),
            "trigger": doing.run.trigger,
            "form": doing.form,
            "record": None if doing.record_id is None else str(doing.record_id),
            "at": doing.act.now.isoformat(),
        }

    def run(self, doing: Doing) -> dict[str, Any] | None:
        body = doing.prepared["body"].encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": doing.key}
        if self.secret is not None:
            headers |= outbound.signature(doing.secret(self.secret), body, doing.workspace.now())
        answer = outbound.send(self.method, self.url, body, headers, doing.workspace.settings.outbound_allow)
        return {"status": answer.status}
