"""Templates: apps to start from. A template is a folder of JSON and CSV in templates_library/; installing publishes what it holds.

templates_library/retail/
    template.json       what the gallery says, what the sample records are, how many of them fall into each tier
    definitions/*.json  published on installation
    drafts/*.json       saved as drafts: the full model beside the starter one
    sample/*.csv        records to look around with
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from builder import renaming, sample_records
from builder.sample_records import SampleFile
from runtime.definitions import versions
from runtime.definitions.model import Key, Model, Text
from runtime.errors import NotFound, Problem, Refused, SettingsError
from runtime.people import roles
from runtime.people.may import require
from runtime.records import query
from runtime.system import jobs
from runtime.system.jobs import Job
from runtime.system.workspace import Act, Workspace
from runtime.texts import _

LIBRARY = Path(__file__).resolve().parent.parent / "templates_library"
JOB = "template_install"
JSON = dict[str, Any]


class Sample(Model):
    about: Text
    files: tuple[SampleFile, ...]


class Forecast(Model):
    """How many sample records fall into each tier, by the starter model and by the full one."""

    starter: dict[Key, int] = {}
    full: dict[Key, int] = {}


class About(Model):
    """template.json."""

    key: Key
    order: int = Field(100, ge=0)
    icon: str = Field("apps", pattern=r"^[a-z0-9-]{1,40}$")
    label: Text
    industry: Text
    why: Text
    inside: tuple[Text, ...] = ()
    tier_model: Key | None = None
    forecast: Forecast = Forecast()
    roles: dict[Key, Text] = {}
    """What its roles are called, where the workspace has no name for them yet."""
    sample: Sample | None = None


@dataclass(frozen=True)
class Template:
    folder: Path
    about: About

    @property
    def key(self) -> str:
        return self.about.key

    @cached_property
    def definitions(self) -> list[JSON]:
        return _bodies(self.folder / "definitions")

    @cached_property
    def drafts(self) -> list[JSON]:
        return _bodies(self.folder / "drafts")

    @property
    def app(self) -> str:
        """The key of the app that it installs."""
        return next(str(body["key"]) for body in self.definitions if body["kind"] == "app")

    def count(self, kind: str) -> int:
        return sum(body["kind"] == kind for body in self.definitions)

    def in_menu_order(self, kind: str) -> list[JSON]:
        """The definitions of a kind as the app's menu lists them, then the others."""
        menu = next((body.get("menu", ()) for body in self.definitions if body["kind"] == "app"), ())
        listed = [item for section in menu for item in section["items"]]
        found = [body for body in self.definitions if body["kind"] == kind]
        return sorted(found, key=lambda body: listed.index(name) if (name := f"{kind}:{body['key']}") in listed else len(listed))

    @property
    def tags(self) -> int:
        return sum(len(body.get("tags", ())) for body in self.definitions if body["kind"] == "tag_set")

    def model(self, full: bool = False) -> JSON | None:
        """The starter tier model as JSON, or the full one where there is a draft of it."""
        for bodies in [self.drafts, self.definitions] if full else [self.definitions]:
            for body in bodies:
                if (body["kind"], body["key"]) == ("tier_model", self.about.tier_model):
                    return body
        return None

    @property
    def has_full(self) -> bool:
        return self.model(full=True) is not self.model()

    def sample_count(self) -> int:
        """How many records the sample brings."""
        return sum(sample_records.count(self.folder / "sample", each) for each in self.about.sample.files) if self.about.sample else 0


@dataclass(frozen=True)
class Preview:
    """What an installation would bring, and which keys are taken."""

    forms: int
    tags: int
    automations: int
    dashboards: int
    conflicts: list[tuple[str, str]]


@dataclass
class Installed:
    app: str
    published: list[tuple[str, str, int]] = field(default_factory=list)
    drafts: list[tuple[str, str]] = field(default_factory=list)
    used: list[tuple[str, str]] = field(default_factory=list)
    """Definitions that were there already and stay."""
    records: dict[str, int] = field(default_factory=dict)


# -- the library --------------------------------------------------------------------------------------------------------------------
def templates(library: Path = LIBRARY) -> list[Template]:
    """Every template there is, in the order of the gallery."""
    found = [read_template(path.parent) for path in sorted(library.glob("*/template.json"))]
    return sorted(found, key=lambda each: (each.about.order, each.key))


def find_template(key: str, library: Path = LIBRARY) -> Template:
    for each in templates(library):
        if each.key == key:
            return each
    known = ", ".join(each.key for each in templates(library))
    raise NotFound(_("There is no template called {key}. There are: {known}.", key=key, known=known))


def read_template(folder: Path) -> Template:
    try:
        return Template(folder, About.model_validate_json((folder / "template.json").read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise SettingsError(_("The template in {folder} cannot be read: {reason}", folder=str(folder), reason=reason)) from error


def _bodies(folder: Path) -> list[JSON]:
    """The definitions of a folder in the order of its file names."""
    return [_body(path) for path in sorted(folder.glob("*.json"))]


def _body(path: Path) -> JSON:
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise Refused([Problem(path.name, _("This file is no JSON: {reason}", reason=str(error)))]) from error
    if not isinstance(body, dict) or not isinstance(body.get("kind"), str) or not isinstance(body.get("key"), str):
        raise Refused([Problem(path.name, _("A definition is a JSON object with kind and key."))])
    return body


# -- installing -----------------------------------------------------------------------------------------------------------------------
def preview(act: Act, key: str, prefix: str | None = None) -> Preview:
    template = find_template(key)
    bodies, _drafts, _names = _named(template, prefix)
    taken = [(body["kind"], body["key"]) for body in bodies if body["key"] in act.catalogue.of_kind(body["kind"])]
    return Preview(template.count("form"), template.tags, template.count("automation"), template.count("dashboard"), taken)


def install(
    act: Act, key: str, sample: bool = False, prefix: str | None = None, progress: Callable[[int, int], None] | None = None
) -> Installed:
    """Publishes a template in the act's transaction and saves its drafts; with `sample` it also loads the sample records.

    What exists already under the same key stays and is used; its forms get the fields they lack. With `prefix` all keys are new. Raises
    DefinitionProblems where what exists does not fit, and Refused for a sample that would mix with records of one's own.
    """
    require(act.person, "build")
    return install_template(act, find_template(key), sample, prefix, progress)


def check(act: Act, template: Template, sample: bool = False, prefix: str | None = None) -> None:
    """Raises Refused for what can be seen beforehand: a prefix that is none, records that a sample would mix with."""
    names = _named(template, prefix)[2]
    if sample:
        _refuse_to_mix(act, template, names)


def install_template(
    act: Act, template: Template, sample: bool = False, prefix: str | None = None, progress: Callable[[int, int], None] | None = None
) -> Installed:
    bodies, drafts, names = _named(template, prefix)
    check(act, template, sample, prefix)
    done = Installed(names.get(("app", template.app), template.app))
    wanted = [each for body in bodies if (each := _beside(act, body, done)) is not None]
    wanted = [_with_days_ahead(act, each) for each in wanted]
    done.published = versions.publish(act, wanted, _("Installed the template {key}.", key=template.key).in_language(act.workspace.language))
    roles.name_new(act, template.about.roles)
    for body in drafts:
        if versions.find_draft(act.connection, body["kind"], body["key"]) is None:
            versions.save_draft(act, body["kind"], body["key"], body)
            done.drafts.append((body["kind"], body["key"]))
    if sample and template.about.sample is not None:
        files = [each.model_copy(update={"form": names.get(("form", each.form), each.form)}) for each in template.about.sample.files]
        done.records = sample_records.load(act, template.folder / "sample", files, progress)
    return done


def _named(template: Template, prefix: str | None) -> tuple[list[JSON], list[JSON], renaming.Names]:
    """Definitions and drafts as they will be called."""
    if not prefix:
        return template.definitions, template.drafts, {}
    names = renaming.with_prefix(prefix, [*template.definitions, *template.drafts])
    return (
        [renaming.renamed(each, names) for each in template.definitions],
        [renaming.renamed(each, names) for each in template.drafts],
        names,
    )


def _beside(act: Act, body: JSON, done: Installed) -> JSON | None:
    """What is to be published of a definition: nothing if one of its key is there, but a form that lacks fields gets them."""
    there = act.catalogue.of_kind(body["kind"]).get(body["key"])
    if there is None:
        return body
    done.used.append((body["kind"], body["key"]))
    if body["kind"] != "form":
        return None
    own = versions.find_version(act.connection, "form", body["key"]).body
    missing = [each for each in body["fields"] if each["key"] not in there.by_key]
    return {**own, "fields": [*own["fields"], *missing]} if missing else None


def _refuse_to_mix(act: Act, template: Template, names: renaming.Names) -> None:
    for each in template.about.sample.files if template.about.sample else ():
        form = names.get(("form", each.form), each.form)
        if form in act.catalogue.forms and query.count(act, form, most=1):
            raise Refused(
                [
                    Problem(
                        "sample",
                        _(
                            "The form {form} holds records of your own. Install without sample records, or under a prefix.",
                            form=act.catalogue.forms[form].label,
                        ),
                    )
                ]
            )


def _with_days_ahead(act: Act, body: JSON) -> JSON:
    """Campaigns come back every year: the end of a temporary tag that has passed is moved to the next one."""
    if body["kind"] != "tag_set":
        return body
    return {
        **body,
        "tags": [{**tag, "expires": _ahead(tag["expires"], act.today.isoformat())} if "expires" in tag else tag for tag in body["tags"]],
    }


def _ahead(day: str, today: str) -> str:
    while day < today:
        day = f"{int(day[:4]) + 1}{day[4:]}"
    return day


# -- as long work ---------------------------------------------------------------------------------------------------------------------
def start(act: Act, key: str, prefix: str | None = None) -> int:
    """Queues an installation with its sample; gives the job's id."""
    require(act.person, "build")
    template = find_template(key)
    return jobs.start(act, JOB, {"key": key, "prefix": prefix}, subject=f"template:{key}", total=template.sample_count())


def _do(workspace: Workspace, job: Job) -> dict[str, Any]:
    with workspace.writing(job.person()) as act:
        done = install(act, job.payload["key"], sample=True, prefix=job.payload["prefix"], progress=_Quiet(job).say)
    return {"app": done.app, "records": sum(done.records.values())}


class _Quiet:
    """Progress of an installation is told from within its own transaction, where SQLite has one writer: it is only counted there."""

    def __init__(self, job: Job):
        self.job = job

    def say(self, done: int, total: int) -> None:
        if self.job.workspace.engine.dialect.name == "sqlite":
            self.job.done, self.job.total = done, total
        else:
            self.job.progress(done, total)


jobs.KINDS[JOB] = _do


# -- as files -------------------------------------------------------------------------------------------------------------------------
def export(act: Act, app_key: str, folder: Path) -> list[Path]:
    """Writes everything of an app as a template folder: its definitions as published and, where there are some, as drafts."""
    require(act.person, "build")
    if app_key not in act.catalogue.apps:
        raise NotFound(_("There is no app with the key {key}.", key=app_key))
    wanted = list(_of_app(act, app_key))
    written = [_write(folder / "definitions", versions.find_version(act.connection, kind, key).body) for kind, key in wanted]
    written += [
        _write(folder / "drafts", each.body)
        for each in versions.drafts(act.connection)
        if (each.kind, each.key) in wanted or each.body.get("app") == app_key
    ]
    written.append(_write_about(act, app_key, folder, wanted))
    return written


def _of_app(act: Act, app_key: str) -> Iterator[tuple[str, str]]:
    """The app, what names it as its home, and what its menu shows."""
    app = act.catalogue.apps[app_key]
    shown = {tuple(item.split(":", 1)) for section in app.menu for item in section.items}
    for each in act.catalogue.all():
        if each is app or each.app == app_key or (each.kind, each.key) in shown:
            yield each.kind, each.key


def _write(folder: Path, body: JSON) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{body['kind']}_{body['key']}.json"
    path.write_text(json.dumps({"format": 1, **body}, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return path


def _write_about(act: Act, app_key: str, folder: Path, wanted: list[tuple[str, str]]) -> Path:
    app = act.catalogue.apps[app_key]
    model = next((key for kind, key in wanted if kind == "tier_model"), None)
    label = app.model_dump(mode="json")["label"]
    about = {
        "key": app_key,
        "icon": app.icon or "apps",
        "label": label,
        "industry": label,
        "why": app.model_dump(mode="json")["summary"] or label,
        "tier_model": model,
    }
    path = folder / "template.json"
    path.write_text(json.dumps(about, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return path


def import_folder(act: Act, folder: Path, sample: bool = False, prefix: str | None = None) -> Installed:
    """Installs a template from any folder, such as one that `export` wrote."""
    require(act.person, "build")
    if not (folder / "template.json").is_file():
        raise NotFound(_("There is no template.json in {folder}.", folder=str(folder)))
    return install_template(act, read_template(folder), sample, prefix)
