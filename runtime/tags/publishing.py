"""Changing a dictionary, and what names its tags, from a page: the live version is changed and published, and an open draft gets the same
change, so that nobody's work is lost and nothing comes back with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from runtime.definitions import versions
from runtime.definitions.catalogue import Catalogue
from runtime.definitions.model import Definition
from runtime.definitions.tag_set import TagSet, folded
from runtime.errors import NotFound, Problem, Refused
from runtime.system.database import to_json
from runtime.system.tables import definition_draft, tag_name
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

Body = dict[str, Any]
Edit = Callable[[Body], Body]
Name = tuple[str, str]


def publish(act: Act, edits: dict[Name, Edit], note: Message) -> list[tuple[str, str, int]]:
    """Publishes live definitions as `edits` change them, by kind and key; an edit must bear bodies of drafts, however incomplete.

    Raises DefinitionProblems; then nothing has changed.
    """
    versions.lock(act)
    drafts = [draft for name in edits if (draft := versions.find_draft(act.connection, *name)) is not None]
    bodies = [edit(_copy(versions.find_version(act.connection, *name).body)) for name, edit in edits.items()]
    published = versions.publish(act, bodies, note.in_language(act.workspace.language), decided=True)
    for draft in drafts:
        _keep(act, draft, edits[draft.kind, draft.key](_copy(draft.body)))
    return published


def _copy(body: Body) -> Body:
    return json.loads(json.dumps(body))


def _keep(act: Act, draft: versions.Draft, body: Body) -> None:
    """The draft again, with the change that was published; whoever has it open is told that it has moved on."""
    act.connection.execute(
        definition_draft.insert().values(
            definition=act.catalogue.ids[draft.kind, draft.key],
            body=to_json(body),
            based_on=act.catalogue.versions[draft.kind, draft.key],
            author=draft.author,
            updated_at=act.micros,
            edit=draft.edit + 1,
        )
    )


# -- changes of a tag set ---------------------------------------------------------------------------------------------------------
def adding(tag: Body) -> Edit:
    """The set with one more tag; a set that has a tag of this key keeps its own."""

    def edit(body: Body) -> Body:
        tags = body.get("tags") or []
        return body if any(each.get("key") == tag["key"] for each in tags) else {**body, "tags": [*tags, tag]}

    return edit


def changing(key: str, **values: Any) -> Edit:
    """The set with other settings of one tag; None takes a setting out."""

    def edit(body: Body) -> Body:
        return {**body, "tags": [_with(each, values) if each.get("key") == key else each for each in body.get("tags") or []]}

    return edit


def both(*edits: Edit) -> Edit:
    def edit(body: Body) -> Body:
        for each in edits:
            body = each(body)
        return body

    return edit


def _with(tag: Body, values: Body) -> Body:
    return {name: value for name, value in {**tag, **values}.items() if value is not None}


def tag_in(act: Act, tag_set: str, tag: str) -> Body:
    """A tag as it stands in the live version. Raises NotFound."""
    body = versions.find_version(act.connection, "tag_set", tag_set).body
    found = next((each for each in body.get("tags", ()) if each["key"] == tag), None)
    if found is None:
        raise NotFound(_("The dictionary “{name}” has no tag {tag}.", name=act.catalogue.tag_sets[tag_set].label, tag=tag))
    return found


# -- names ------------------------------------------------------------------------------------------------------------------------
def check_names(tags: TagSet, names: dict[str, str], own: str | None = None) -> None:
    """Raises Refused where a name (by the path of its problem) belongs to another tag than `own`; says both names."""
    problems = []
    for path, name in names.items():
        tag = tags.by_name.get(folded(name))
        if tag is not None and tag.key != own:
            problems.append(
                Problem(
                    path,
                    _(
                        "“{name}” is already a name of the tag “{other}”. Use that tag, or call this one otherwise.",
                        name=name,
                        other=tag.label,
                    ),
                )
            )
    if problems:
        raise Refused(problems)


def keep_names(act: Act, _before: Catalogue, changed: list[Definition]) -> None:
    """After publishing: the names of the published dictionaries as rows, whose key refuses a name for two tags."""
    for tags in changed:
        if isinstance(tags, TagSet):
            act.connection.execute(tag_name.delete().where(tag_name.c.tag_set == tags.key))
            rows = [{"tag_set": tags.key, "name": name, "tag": tag.key} for name, tag in tags.by_name.items()]
            if rows:
                act.connection.execute(tag_name.insert(), rows)
