"""Looking after a dictionary: merging tags, further names, archiving and taking out of the archive. Each is one transaction that publishes the
next version of the dictionary and can be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.tag_set import Tag, TagSet, folded
from runtime.errors import NotFound, Problem, Refused
from runtime.records.changes import Changes
from runtime.records.tables import tables_of
from runtime.system import audit
from runtime.system.tables import tag_assignment
from runtime.tags import journal, publishing, references
from runtime.tags.assigning import change, present
from runtime.tags.references import Reference
from runtime.tags.requests import full_sentence, is_full, need_approver, set_of
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act


@dataclass(frozen=True)
class Merge:
    """What merging would do: records that get the other tag, that have both, whose tag a rule gave and the other tag's rule decides about."""

    moved: int
    both: int
    left_to_rule: int
    references: list[Reference]

    @property
    def by_hand(self) -> list[Reference]:
        """Places that only a person can rewrite."""
        return [each for each in self.references if not each.exact]


def plan(act: Act, tag_set: str, tag: str, into: str) -> Merge:
    """Counts a merge without doing anything."""
    tags, one, other = _pair(act, tag_set, tag, into)
    mine, theirs = _assigned(act, tags, one.key), _assigned(act, tags, other.key)
    ruled = {record for record, by_rule in mine.items() if by_rule and other.rule is not None}
    moved = set(mine) - set(theirs) - ruled
    return Merge(len(moved), len(set(mine) & set(theirs)), len(ruled - set(theirs)), references.references(act.catalogue, tags, tag))


def merge(act: Act, tag_set: str, tag: str, into: str, rewrite: bool = False) -> int:
    """Moves the records of `tag` to `into`, whose name it becomes; gives the number of the change.

    Definitions that name `tag` refuse the merge, or are rewritten with `rewrite`. A record that a rule gave `tag` keeps it only as far as a
    rule of `into` says; where `into` has no rule the record has it like one given by hand.
    """
    tags, one, other = _pair(act, tag_set, tag, into)
    need_approver(act, tags)
    found = references.references(act.catalogue, tags, tag)
    if found and not rewrite:
        raise Refused(
            [
                Problem(
                    "rewrite",
                    _("{count} places name the tag “{tag}”. Have them rewritten, or change them first.", count=len(found), tag=one.label),
                )
            ]
        )
    by_hand = [each for each in found if not each.exact]
    if by_hand:
        places = ", ".join(dict.fromkeys(f"{each.kind}:{each.key}" for each in by_hand))
        raise Refused(
            [Problem("rewrite", _("These name the tag in a way only a person can rewrite; change them first: {places}.", places=places))]
        )
    texts = [
        (each.kind, each.key, each.path, each.text, references.exchanged(each.text, tag, into) if each.formula else into) for each in found
    ]
    edits: dict[publishing.Name, publishing.Edit] = {}
    for name in dict.fromkeys(each.name for each in found):
        edits[name] = references.rewriting([each for each in found if each.name == name], tag, into)
    after = {"archived": True, "merged_into": into}
    own = ("tag_set", tags.key)
    gone = publishing.changing(tag, **after)
    edits[own] = publishing.both(edits[own], gone) if own in edits else gone
    publishing.publish(act, edits, _("The tag “{tag}” was merged into “{into}”.", tag=one.label, into=other.label))
    number = journal.begin(
        act,
        tags,
        "merge",
        tag,
        into=into,
        before={tag: {"archived": one.archived or None, "merged_into": None}},
        after={tag: after},
        texts=texts,
    )
    moved = _move(act, act.catalogue.tag_sets[tag_set], number, tag, into, str(one.key))
    journal.add_payload(act, number, records=moved)
    audit.note(act, "tag_merged", f"tag_set:{tags.key}", tag=tag, into=into, records=moved, rewritten=len(texts))
    return number


def _move(act: Act, tags: TagSet, number: int, tag: str, into: str, name: str) -> int:
    """By sets: every assignment of `tag` ends, and who has not got `into` gets it, unless a rule of its own decides."""
    mine, theirs = _assigned(act, tags, tag, all=True), _assigned(act, tags, into, all=True)
    ruled = tags.by_key[into].rule is not None
    moves = {record: ([] if record in theirs or (by_rule and ruled) else [into], [tag]) for record, by_rule in mine.items()}
    ended = journal.alive(act, tags, tag, mine)
    # a hand-given tag that meets one given by a rule stays the person's
    claimed = [each.id for each in present(act, tags, mine) if each.tag == into and each.by_rule and not mine[each.record]]
    change(act, tags, moves, Changes(act.source), reason=f"merged: {name}")
    if claimed:
        act.connection.execute(tag_assignment.update().where(tag_assignment.c.id.in_(claimed)).values(by_rule=0, person=act.person.id))
    journal.note(act, number, journal.TAKEN, ended)
    journal.note(act, number, journal.CLAIMED, claimed)
    journal.note(act, number, journal.GIVEN, journal.alive(act, tags, into, [record for record, (added, _gone) in moves.items() if added]))
    return len(mine)


def _assigned(act: Act, tags: TagSet, tag: str, all: bool = False) -> dict[int, bool]:
    """record → whether a rule gave it the tag; of living records, or of `all`."""
    given, main = tag_assignment.c, tables_of(act.catalogue)[tags.form].main
    query = sa.select(given.record, given.by_rule).where(
        given.form == tags.form, given.tag_set == tags.key, given.tag == tag, given.removed_at.is_(None)
    )
    if not all:
        query = query.join(main, main.c.id == given.record).where(main.c.deleted_at.is_(None))
    return {record: bool(by_rule) for record, by_rule in act.connection.execute(query)}


def _pair(act: Act, tag_set: str, tag: str, into: str) -> tuple[TagSet, Tag, Tag]:
    tags = set_of(act, tag_set)
    one, other = _tag(tags, tag), _tag(tags, into)
    if one is other or one.merged_into is not None:
        raise Refused([Problem("into", _("Choose another tag to merge with."))])
    if other.archived:
        raise Refused([Problem("into", _("The tag “{tag}” is archived. Take it out of the archive first.", tag=other.label))])
    return tags, one, other


def _tag(tags: TagSet, key: str) -> Tag:
    if key not in tags.by_key:
        raise NotFound(_("The dictionary “{name}” has no tag {tag}.", name=tags.label, tag=key))
    return tags.by_key[key]


# -- one tag ------------------------------------------------------------------------------------------------------------------------
def rename(act: Act, tag_set: str, tag: str, aliases: list[str]) -> int:
    """Sets the further names of a tag."""
    tags, one = _mine(act, tag_set, tag)
    own = {folded(name) for name in one.names[: len(one.names) - len(one.aliases)]}
    spelled: dict[str, str] = {}
    for name in aliases:
        if folded(name) and folded(name) not in own:
            spelled.setdefault(folded(name), name.strip())
    wanted = list(spelled.values())
    publishing.check_names(tags, {"aliases": name for name in wanted if folded(name) not in {folded(old) for old in one.aliases}}, own=tag)
    return _changed(
        act,
        tags,
        one,
        "alias",
        {"aliases": list(one.aliases) or None},
        {"aliases": wanted or None},
        _("Names of the tag “{tag}”.", tag=one.label),
    )


def archive(act: Act, tag_set: str, tag: str) -> int:
    """Takes a tag out of use: records keep it, nobody is given it, and no picker offers it."""
    tags, one = _mine(act, tag_set, tag)
    if one.archived:
        raise Refused([Problem("tag", _("The tag “{tag}” is archived already.", tag=one.label))])
    giving = [each for each in references.references(act.catalogue, tags, tag) if not each.formula]
    if giving:
        names = ", ".join(dict.fromkeys(f"{each.kind}:{each.key}" for each in giving))
        raise Refused([Problem("tag", _("{names} gives or takes the tag “{tag}”. Change that first.", names=names, tag=one.label))])
    return _changed(act, tags, one, "archive", {"archived": None}, {"archived": True}, _("The tag “{tag}” was archived.", tag=one.label))


def restore(act: Act, tag_set: str, tag: str, reason: str | None = None) -> int:
    """Brings an archived tag back into use; beyond the limit of the dictionary with a reason."""
    tags, one = _mine(act, tag_set, tag)
    if not one.archived or one.merged_into is not None:
        raise Refused([Problem("tag", _("The tag “{tag}” is not in the archive by itself.", tag=one.label))])
    over = is_full(tags) and one.exception is None and one.family != "control"
    if over and not reason:
        raise Refused([Problem("reason", full_sentence(tags))])
    before, after = {"archived": True}, {"archived": None}
    if over:
        before, after = {**before, "exception": None}, {**after, "exception": reason}
    return _changed(act, tags, one, "restore", before, after, _("The tag “{tag}” is back in use.", tag=one.label))


def _mine(act: Act, tag_set: str, tag: str) -> tuple[TagSet, Tag]:
    tags = set_of(act, tag_set)
    need_approver(act, tags)
    return tags, _tag(tags, tag)


def _changed(act: Act, tags: TagSet, tag: Tag, kind: str, before: dict[str, Any], after: dict[str, Any], note: Any) -> int:
    publishing.publish(act, {("tag_set", tags.key): publishing.changing(tag.key, **after)}, note)
    number = journal.begin(act, tags, kind, tag.key, before={tag.key: before}, after={tag.key: after})
    audit.note(act, f"tag_{kind}", f"tag_set:{tags.key}", tag=tag.key)
    return number
