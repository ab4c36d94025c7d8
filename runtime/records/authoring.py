"""Who may change which definition: builders of the workspace all of them; who designs an app only what has its home there, speaks of forms of
that app, and reads nothing that its author could not read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from runtime.definitions import versions
from runtime.errors import FormulaProblems, NotAllowed
from runtime.formulas import Scope, check
from runtime.people.may import may, require
from runtime.records.guard import reads_beyond, reads_whole
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.model import Definition
    from runtime.system.workspace import Act


def require_saving(act: Act, kind: str, key: str, body: dict[str, Any] | None = None) -> None:
    """Refuses whoever may not change a draft: its home must be an app that they design, before and after."""
    if act.person.is_builder or (kind == "view" and _may_publish_view(act, key, body)):
        return
    live = act.catalogue.of_kind(kind).get(key)
    draft = versions.find_draft(act.connection, kind, key)
    bodies = [each for each in (draft.body if draft is not None else None, body) if each is not None]
    homes = [*([_home(kind, key, live.app)] if live is not None else []), *(_home(kind, key, each.get("app")) for each in bodies)]
    if kind == "app" and live is None:
        raise NotAllowed(_("Only whoever builds in the whole workspace can begin a new app."))
    if not homes:
        require(act.person, "build")
    for home in homes:
        require_home(act, home)


def _may_publish_view(act: Act, key: str, body: dict[str, Any] | None) -> bool:
    """Whether the person has the right of its own to change everybody's views of a form, the one it was for and the one it will be for."""
    live = act.catalogue.views.get(key)
    forms = [*([live.form] if live is not None else []), *([body.get("form")] if body is not None else [])]
    return bool(forms) and all(isinstance(each, str) and each in act.catalogue.forms and may(act.person, "views", each) for each in forms)


def require_home(act: Act, home: Any) -> None:
    """`home`: the key of an app; None, the workspace, is for builders of the workspace only."""
    if not act.person.is_builder and (not isinstance(home, str) or not may(act.person, "build", app=home)):
        if isinstance(home, str):
            require(act.person, "build", app=home)
        raise NotAllowed(_("This belongs to the whole workspace. Only whoever builds in the whole workspace can change it."))


def designed(act: Act) -> list[str]:
    """The keys of the apps that the person of the act may build."""
    return [key for key in act.catalogue.apps if may(act.person, "build", app=key)]


def require_any(act: Act) -> None:
    """Refuses whoever builds nothing at all."""
    if not designed(act):
        require(act.person, "build")


def may_change(act: Act, kind: str, key: str, app: Any) -> bool:
    """Whether a definition with this home may be changed; for lists."""
    home = _home(kind, key, app)
    return act.person.is_builder or (isinstance(home, str) and may(act.person, "build", app=home))


def require_forms(act: Act, body: Any) -> None:
    """Refuses a draft about a form that belongs to another app; for what is tried out without being saved."""
    form = body.get("form") if isinstance(body, dict) else None
    if isinstance(form, str) and form in act.catalogue.forms and not act.person.is_builder:
        require_home(act, act.catalogue.forms[form].app)


def require_publishing(act: Act, definitions: list[Definition]) -> None:
    """Refuses a set in which there is anything that its author may not publish."""
    if act.person.is_builder:
        return
    wanted = act.catalogue.with_definitions(definitions)
    author = replace(act, catalogue=wanted, after_commit=[], notes=[])
    for each in definitions:
        require_saving(act, each.kind, each.key, {"app": each.app, "form": getattr(each, "form", None)})
        refusal = _refusal(act, author, each)
        if refusal is not None:
            raise NotAllowed(refusal)


def _home(kind: str, key: str, app: Any) -> Any:
    return key if kind == "app" else app


def _refusal(act: Act, author: Act, definition: Any) -> Message | None:
    """What is in the definition that somebody may not publish who designs only its app. `author`: the act as it would be after publishing."""
    person, wanted, before = act.person, author.catalogue, act.catalogue
    if definition.kind == "app":
        old = before.apps.get(definition.key)
        changed = old is None or old.roles_ != definition.roles_
        return (
            _("Only an owner of the app can change who works in it as what.")
            if changed and not person.rights.owns(definition.key)
            else None
        )
    form = getattr(definition, "form", None)
    if isinstance(form, str) and (form not in wanted.forms or wanted.forms[form].app != definition.app):
        return _("The form {form} belongs to another app. Only whoever builds in the whole workspace can publish this.", form=form)
    for each in getattr(definition, "fields", ()) if definition.kind == "form" else ():
        target = getattr(each, "form", None)
        if isinstance(target, str) and target in wanted.forms and not may(author.person, "view", target):
            return _("The field {field} points at a form that you may not see.", field=each.label)
    owner = definition.owner if definition.kind == "automation" else None
    if owner is not None and owner not in (f"user:{person.id}", f"user:{person.email}"):
        return _("Only whoever builds in the whole workspace can let an automation run in somebody else's name. Choose yourself.")
    if definition.kind == "workflow":
        refusal = _set_off_elsewhere(author, definition)
        if refusal is not None:
            return refusal
    return _reading_too_much(author, definition)


def _set_off_elsewhere(author: Act, definition: Any) -> Message | None:
    """What nodes of a workflow set off is done in trust: it stays within the app, and within what its author may write."""
    wanted = author.catalogue
    for node in definition.nodes:
        for kind, known in (("workflow", wanted.workflows), ("automation", wanted.automations)):
            other = known.get(getattr(node, kind, None) or "")
            if other is not None and other.app != definition.app:
                return _("{what} belongs to another app. Only whoever builds in the whole workspace can publish this.", what=other.label)
        created, target = getattr(node, "create", None), None
        if getattr(node, "values", None):
            target = node.form_of(definition.form, wanted)
        for form, deed in ((created, "add"), (target, "edit")):
            if form is not None and not may(author.person, deed, form):
                return _("You may not write records of {form}, so no node of yours can do it.", form=wanted.forms[form].label)
    return None


def _reading_too_much(author: Act, definition: Definition) -> Message | None:
    """A formula that the author could not read whole: what definitions ask is worked out in trust."""
    for use in definition.formulas(author.catalogue):
        try:
            asked = check(use.text, Scope(author.catalogue, use.form, use.subform, use.names, use.allow, use.own_rows), use.expect)
        except FormulaProblems:
            continue  # it is reported as a problem of the definition
        readable = reads_whole(author, use.form, asked) if use.form in author.catalogue.forms else reads_beyond(author, "", asked)
        if not readable:
            return _("“{formula}” reads something that you may not see, so you cannot publish it.", formula=use.text)
    return None
