"""Starters: automations to begin with, made of the forms, fields and tiers that are there. One that lacks what it needs says so instead."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from builder.starting_points import offered
from runtime.definitions.catalogue import Catalogue
from runtime.definitions.shelf import STEPS
from runtime.people.accounts import known_roles
from runtime.people.may import may
from runtime.system.workspace import Act
from runtime.texts import Message, _

Json = dict[str, Any]


@dataclass(frozen=True)
class Ground:
    """What starters are made of: the customers' form, which is the one that is rated, and what stands around it."""

    catalogue: Catalogue
    forms: list[Any]
    roles: list[str]
    language: str
    """The workspace's, for what steps write."""

    @cached_property
    def model(self) -> Any:
        keys = [each.key for each in self.forms]
        lanes = {lane.tier_model for model in self.catalogue.tier_models.values() for lane in model.lanes}
        return next((each for each in self.catalogue.tier_models.values() if each.form in keys and each.key not in lanes), None)

    @cached_property
    def form(self) -> Any:
        if self.model is not None:
            return self.catalogue.forms[self.model.form]
        return next((each for each in self.forms if each.field("owner") is not None), self.forms[0] if self.forms else None)

    @cached_property
    def owner(self) -> str | None:
        return self._first(lambda each: each.type == "member" and each.writable)

    @cached_property
    def email(self) -> str | None:
        return self._first(lambda each: each.type == "email")

    @cached_property
    def consent(self) -> str | None:
        return self._first(lambda each: each.type == "checkbox" and "consent" in each.key) or self._first(
            lambda each: each.type == "checkbox"
        )

    @cached_property
    def birthday(self) -> str | None:
        return self._first(lambda each: each.type == "date" and ("birth" in each.key or "生日" in str(each.label)))

    @cached_property
    def last_day(self) -> str | None:
        """A day that moves with what the customer does."""
        return self._first(
            lambda each: each.type == "formula" and each.stores == "computed" and each.formula_type().kind == "date" and "last" in each.key
        )

    @cached_property
    def task(self) -> tuple[Any, str, str, str | None] | None:
        """A form of follow-ups: itself, its reference to the customer, its date, its text."""
        for each in self.forms:
            to = next((one.key for one in each.fields if one.type == "reference" and one.form == self.form.key), None)
            due = next((one.key for one in each.fields if one.type in ("datetime", "date") and one.key.startswith("due")), None)
            rest = [one for one in each.fields if getattr(one, "required", False) and one.key not in (to, due) and one.writable]
            if to and due and not rest:
                return each, to, due, next((one.key for one in each.fields if one.type in ("text", "long_text")), None)
        return None

    @property
    def title(self) -> str:
        return self.form.title

    @property
    def who(self) -> str:
        return f"field:{self.owner}" if self.owner is not None else "role:builder"

    def _first(self, fits: Any) -> str | None:
        return next((each.key for each in self.form.fields if fits(each)), None) if self.form is not None else None

    @property
    def seniors(self) -> str:
        """The role that sounds most like those who look after the best: else that of everybody."""
        found = (each for word in ("senior", "sales", "advis") for each in self.roles if word in each)
        return f"role:{next(found, 'member')}"

    def call(self, hours: int, note: Message) -> list[Json]:
        """A follow-up within so many hours, where there is a form for it."""
        if self.task is None:
            return []
        form, to, due, text = self.task
        kind = form.by_key[due].type
        values = {to: "record", due: f"NOW() + HOURS({hours})" if kind == "datetime" else f"TODAY() + DAYS({max(1, hours // 24)})"}
        return [
            {
                "type": "create_record",
                "form": form.key,
                "values": {**values, **({text: f"'{note.in_language(self.language)}'"} if text else {})},
            }
        ]

    def tell(self, subject: Json) -> Json:
        return {"type": "notify", "to": [self.who], "channel": "app", "subject": subject}

    def mail(self, subject: Json, body: Json) -> list[Json]:
        """A letter to those who agreed to get letters; none where nobody can agree or has an address."""
        if self.email is None or self.consent is None:
            return []
        letter = {"type": "notify", "to": [f"field:{self.email}"], "channel": "email", "subject": subject, "body": body}
        return [{"type": "branch", "when": f"{self.consent} and not ISEMPTY({self.email})", "then": [letter], "otherwise": []}]

    def text(self, zh: str, en: str) -> Json:
        return {"zh": zh.replace("NAME", f"{{{self.title}}}"), "en": en.replace("NAME", f"{{{self.title}}}")}


def starters(act: Act, app: str, language: str) -> list[Json]:
    """[{key, label, about, icon, body, missing}]: `body` is what it puts into the draft, None where `missing` says what it needs."""
    forms = [each for each in act.catalogue.forms.values() if each.app in (app, None) or app == "-"]
    seen = [each for each in forms if may(act.person, "view", each.key)]
    ground = Ground(act.catalogue, seen, list(known_roles(act.connection)), act.workspace.language)
    return offered(MAKERS, lambda make: make(ground) if ground.form is not None else NO_FORM, language)


NO_FORM = _("It needs a form of customers.")


def _welcome(ground: Ground) -> Json | Message:
    return {
        "trigger": {"type": "record_created", "form": ground.form.key},
        "steps": [
            *ground.call(72, _("Welcome")),
            ground.tell(ground.text("新客户 NAME：三天内联系", "New customer NAME: get in touch within three days")),
            *ground.mail(ground.text("欢迎，NAME", "Welcome, NAME"), ground.text("很高兴认识您。", "We are glad to meet you.")),
        ],
    }


def _birthday(ground: Ground) -> Json | Message:
    if ground.birthday is None:
        return _("It needs a field with the birthday in {form}.", form=ground.form.label)
    trigger = {"type": "date_field", "form": ground.form.key, "field": ground.birthday, "days": -3, "at": "09:00", "every": "year"}
    return {
        "trigger": trigger,
        "steps": [
            ground.tell(ground.text("NAME 三天后生日", "NAME has a birthday in three days")),
            *ground.mail(
                ground.text("生日快乐，NAME", "Happy birthday, NAME"), ground.text("祝您生日快乐。", "All the best for your birthday.")
            ),
        ],
    }


def _promoted(ground: Ground) -> Json | Message:
    if ground.model is None:
        return _("It needs a tier model.")
    if ground.owner is None:
        return _("It needs a field with the person in charge in {form}.", form=ground.form.label)
    best = next((each for each in ground.model.ranked if each.key == "diamond"), ground.model.ranked[-1])
    plan = ground.model.plans.get(best.key)
    pool = getattr(plan, "owner_pool", None) or ground.seniors
    return {
        "trigger": {"type": "tier_changed", "tier_model": ground.model.key, "to": [best.key], "direction": "up"},
        "steps": [
            {"type": "assign", "field": ground.owner, "pool": pool, "by": "least_loaded"},
            *ground.call(24, _("Congratulate")),
            *ground.mail(
                ground.text("恭喜升级，NAME", "Congratulations, NAME"),
                ground.text("从现在起您有专属顾问。", "From now on an adviser of your own is there for you."),
            ),
            *_wait_two_days(),
            ground.tell(ground.text("NAME 升级两天了：联系过了吗？", "NAME rose two days ago: did you get in touch?")),
        ],
    }


def _wait_two_days() -> list[Json]:
    return [{"type": "wait", "days": 2}] if "wait" in STEPS.kinds else []


def _win_back(ground: Ground) -> Json | Message:
    if ground.model is None:
        return _("It needs a tier model.")
    return {
        "trigger": {"type": "tier_grace", "tier_model": ground.model.key},
        "steps": [
            *ground.call(72, _("Win back")),
            ground.tell(ground.text("NAME 即将降级：三天内挽回", "NAME is about to fall: win them back within three days")),
        ],
    }


def _quiet(ground: Ground) -> Json | Message:
    if ground.last_day is None:
        return _("It needs a formula in {form} that gives the day of the last order or contact.", form=ground.form.label)
    trigger = {"type": "no_activity", "form": ground.form.key, "field": ground.last_day, "days": 60}
    return {
        "trigger": trigger,
        "steps": [*ground.call(48, _("Get in touch")), ground.tell(ground.text("NAME 60 天没有动静", "Nothing from NAME for 60 days"))],
    }


MAKERS: dict[str, tuple[Message, Message, str, Any]] = {
    "welcome": (_("Welcome a new customer"), _("A call within three days, and a letter to those who agreed."), "mood-smile", _welcome),
    "birthday": (_("Birthday"), _("Three days before: tell the person in charge, greet by mail."), "cake", _birthday),
    "promoted": (
        _("Promoted to the best tier"),
        _("Give them to the least loaded senior, call within 24 hours, greet, remind."),
        "stairs-up",
        _promoted,
    ),
    "win_back": (_("Win back"), _("When a grace period begins: a call within three days."), "heart-handshake", _win_back),
    "quiet": (_("No activity"), _("60 days after the last order: get in touch."), "moon", _quiet),
}
