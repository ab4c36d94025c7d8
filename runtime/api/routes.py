"""The table of routes of the run time. The design half has its own; the application joins both."""

from __future__ import annotations

from typing import Any

from flask import current_app

from runtime.api import automations, files, formulas, imports, jobs, me, merging, records, rights, segments, simulations, tag_sets, tags, tier_decisions, tiers
from runtime.api import collaboration as talk
from runtime.api import cadence, effect, pool, reviews, sharing, teams, workflows
from runtime.api.document import document
from runtime.api.forms import BATCH, CHANGED_RECORD, NEW_RECORD, RECORD, RECORDS
from runtime.api.route import CURSOR, LIMIT, NUMBER_CURSOR, Call, Param, Route, Shape
from runtime.api.serving import blueprint_of

TEXT = {"type": "string", "minLength": 1, "maxLength": 2000}
FILTER = Param("filter", TEXT, "A formula that must hold, such as amount > 1000.")
SORT = Param("sort", TEXT, "Keys with commas between them; a minus before a key sorts down: -amount,name.")
FIELDS = Param("fields", TEXT, "Only these fields, with commas between their keys.")
SEARCH = Param("search", {"type": "string", "minLength": 1, "maxLength": 200}, "Any part of a searchable value.")
LIST = (FILTER, SORT, FIELDS, SEARCH, LIMIT, CURSOR)
ALL, ONE = "/forms/{form}/records", "/forms/{form}/records/{id}"


class Document(Shape):
    """OpenAPI 3.1."""

    model_config = {**Shape.model_config, "extra": "allow"}

    openapi: str


def openapi(call: Call) -> dict[str, Any]:
    return document(current_app.extensions["api_routes"], call.act)


SET, TAG, CHANGE = "/tag-sets/{tag_set}", "/tag-sets/{tag_set}/tags/{tag}", tag_sets.Change
TAG_SETS = [
    Route(
        "GET",
        f"{SET}/requests",
        tag_sets.asked,
        "Requests for tags",
        "tags",
        tag_sets.Requests,
        query=(tag_sets.STATE, LIMIT, NUMBER_CURSOR),
    ),
    Route("POST", f"{SET}/requests", tag_sets.ask, "Ask for a tag", "tags", tag_sets.Request, tag_sets.Wording, status=201, writes=True),
    Route(
        "POST",
        f"{SET}/requests/{{id}}/approve",
        tag_sets.approve,
        "Approve a tag: publishes it",
        "tags",
        tag_sets.Request,
        tag_sets.Approval,
        writes=True,
    ),
    Route("POST", f"{SET}/requests/{{id}}/refuse", tag_sets.refuse, "Refuse a tag", "tags", tag_sets.Request, tag_sets.Refusal, writes=True),
    Route("GET", f"{TAG}/uses", tag_sets.used, "Where a tag is named", "tags", tag_sets.Uses),
    Route("POST", f"{TAG}/merge", tag_sets.merge, "Merge a tag into another", "tags", CHANGE, tag_sets.Into, writes=True),
    Route("POST", f"{TAG}/aliases", tag_sets.name, "Set the further names of a tag", "tags", CHANGE, tag_sets.Names, writes=True),
    Route("POST", f"{TAG}/archive", tag_sets.archive, "Archive a tag", "tags", CHANGE, writes=True),
    Route("POST", f"{TAG}/restore", tag_sets.restore, "Take a tag out of the archive", "tags", CHANGE, tag_sets.Reason, writes=True),
    Route("POST", f"{SET}/bulk", tag_sets.many, "Give many records a tag, or take it", "tags", tag_sets.Counted, tag_sets.Many, writes=True),
    Route("GET", f"{SET}/changes/{{id}}", tag_sets.change, "What was done to tags", "tags", CHANGE),
    Route("POST", f"{SET}/changes/{{id}}/undo", tag_sets.undo, "Take a change of tags back", "tags", CHANGE, writes=True),
    Route("GET", f"{SET}/usefulness", tag_sets.useful, "How useful tags are", "tags", tag_sets.Meter),
    Route(
        "POST",
        f"{SET}/usefulness",
        tag_sets.measure,
        "Measure how useful tags are",
        "tags",
        tag_sets.Queued,
        tag_sets.Fact,
        status=202,
        writes=True,
    ),
]
MODEL, RATED, DECIDE = "/tier-models/{model}", "/tier-models/{model}/records/{id}", tier_decisions
TIER_DECISIONS = [
    Route("POST", f"{RATED}/what-if", DECIDE.would, "What another band would lead to", "tiers", DECIDE.Would, DECIDE.Bands),
    Route("GET", f"{RATED}/history", DECIDE.spans, "Every tier that a record had", "tiers", DECIDE.Spans),
    Route("PUT", f"{RATED}/override", DECIDE.set_tier, "Set a tier by hand", "tiers", DECIDE.Override, DECIDE.Wanted, writes=True),
    Route("DELETE", f"{RATED}/override", DECIDE.lift, "Take back a tier set by hand", "tiers", DECIDE.Lifted, writes=True),
    Route("POST", f"{RATED}/appeals", DECIDE.object_to, "Object to a tier", "tiers", DECIDE.Appeal, DECIDE.Objection, status=201, writes=True),
    Route("GET", f"{MODEL}/appeals", DECIDE.objections, "Objections", "tiers", DECIDE.Appeals, query=(DECIDE.STATE, LIMIT, NUMBER_CURSOR)),
    Route("POST", f"{MODEL}/appeals/{{id}}/accept", DECIDE.agree, "Agree: sets the tier", "tiers", DECIDE.Appeal, DECIDE.Agreed, writes=True),
    Route("POST", f"{MODEL}/appeals/{{id}}/refuse", DECIDE.turn_down, "Turn down", "tiers", DECIDE.Appeal, DECIDE.Answer, writes=True),
    Route("POST", f"{MODEL}/appeals/{{id}}/withdraw", DECIDE.withdraw, "Take one's objection back", "tiers", DECIDE.Appeal, writes=True),
    Route("GET", f"{MODEL}/proposals", DECIDE.proposed, "Proposed steps down", "tiers", DECIDE.Proposals, query=(LIMIT, NUMBER_CURSOR)),
    Route("POST", f"{MODEL}/proposals/accept", DECIDE.accept_proposed, "Let them happen", "tiers", DECIDE.Decided, DECIDE.Chosen, writes=True),
    Route("POST", f"{MODEL}/proposals/refuse", DECIDE.refuse_proposed, "Keep the tiers", "tiers", DECIDE.Decided, DECIDE.Kept, writes=True),
    Route("GET", f"{MODEL}/counts", DECIDE.counts, "How many had each tier and tag on a day", "tiers", DECIDE.Counts, query=(DECIDE.ON,)),
    Route(
        "GET",
        f"{MODEL}/movers",
        DECIDE.moved,
        "The records that moved between two days",
        "tiers",
        DECIDE.Movers,
        query=(tiers.FROM, tiers.TO, DECIDE.THEN, DECIDE.NOW, DECIDE.DIRECTION, LIMIT, NUMBER_CURSOR),
    ),
]
ROUTES = [
    Route("GET", "/openapi.json", openapi, "This document", "about", Document),
    Route("GET", "/me", me.me, "Who asks", "about", me.Me),
    Route("GET", "/forms/{form}/schema", records.schema, "JSON Schema of a record", "records", records.Schema),
    Route("GET", ALL, records.listed, "A page of records", "records", RECORDS, query=LIST),
    Route("POST", ALL, records.create, "Add a record", "records", RECORD, NEW_RECORD, status=201, writes=True, versioned=True),
    Route("POST", f"{ALL}/batch", records.batch, "Add and change up to 1,000 records", "records", records.BatchDone, BATCH, writes=True),
    Route("GET", ONE, records.one, "One record", "records", RECORD, versioned=True),
    Route("PATCH", ONE, records.change, "Change fields of a record", "records", RECORD, CHANGED_RECORD, writes=True, versioned=True),
    Route("DELETE", ONE, records.delete, "Put a record into the trash", "records", None, status=204, writes=True, versioned=True),
    Route("GET", f"{ONE}/history", records.history, "What happened to a record", "records", records.History, query=(LIMIT, NUMBER_CURSOR)),
    Route("POST", f"{ONE}/restore", records.restore, "Bring a record back from the trash", "records", RECORD, writes=True),
    Route("POST", f"{ALL}/merge", merging.merge, "Merge two records", "records", merging.Done, merging.Merge, writes=True, source="merge"),
    Route("POST", "/merges/{id}/undo", merging.undo, "Take a merge back", "records", merging.Undone, writes=True, source="undo"),
    Route("POST", "/forms/{form}/aggregate", records.aggregate, "Grouped figures", "records", records.Groups, records.Wanted),
    Route(
        "POST", "/forms/{form}/imports", imports.create, "Import a file", "imports", imports.State, imports.UPLOAD, status=202, writes=True
    ),
    Route("POST", "/files", files.create, "Send a file for a field", "files", files.File, files.UPLOAD, status=201, writes=True),
    Route("GET", "/imports/{id}", imports.one, "How far an import is", "imports", imports.State),
    Route("POST", "/imports/{id}/undo", imports.undo, "Take an import back", "imports", imports.State, status=202, writes=True),
    Route("GET", "/imports/{id}/errors", imports.errors, "The rows that were refused", "imports", imports.ERRORS),
    Route(
        "GET",
        f"{ONE}/rights",
        rights.of_record,
        "Why somebody may see or change a record",
        "records",
        rights.Rights,
        query=(rights.PERSON,),
    ),
    Route("GET", f"{ONE}/comments", talk.listed, "Comments of a record", "comments", talk.Comments, query=(LIMIT, NUMBER_CURSOR)),
    Route("POST", f"{ONE}/comments", talk.add, "Comment on a record", "comments", talk.Comment, talk.Text, status=201, writes=True),
    Route(
        "PATCH", f"{ONE}/comments/{{comment}}", talk.edit, "Change a comment of one's own", "comments", talk.Comment, talk.Text, writes=True,
        schemas=talk.COMMENT,
    ),
    Route(
        "DELETE", f"{ONE}/comments/{{comment}}", talk.remove, "Remove a comment", "comments", None, status=204, writes=True,
        schemas=talk.COMMENT,
    ),
    Route("PUT", f"{ONE}/follow", talk.follow, "Follow a record", "comments", talk.Following, writes=True),
    Route("DELETE", f"{ONE}/follow", talk.unfollow, "Stop following a record", "comments", talk.Following, writes=True),
    Route("GET", "/todos", talk.todo_list, "To-dos", "todos", talk.Todos, query=(talk.BOX, NUMBER_CURSOR)),
    Route("POST", "/todos", talk.add_todo, "Add a to-do", "todos", talk.Todo, talk.NewTodo, status=201, writes=True),
    Route("PATCH", "/todos/{id}", talk.tick, "Tick a to-do off, or open it again", "todos", talk.Todo, talk.Ticked, writes=True),
    Route("DELETE", "/todos/{id}", talk.remove_todo, "Remove a to-do that one gave", "todos", None, status=204, writes=True),
    Route("GET", f"{ONE}/tags", tags.listed, "Tags of a record", "tags", tags.Tags),
    Route("POST", f"{ONE}/tags", tags.give, "Give a record a tag", "tags", tags.Tags, tags.Tagging, writes=True),
    Route("DELETE", f"{ONE}/tags/{{tag}}", tags.take, "Take a tag from a record", "tags", tags.Tags, writes=True),
    *TAG_SETS,
    Route("GET", "/segments", segments.listed, "Segments with their numbers", "segments", segments.Lines),
    Route("GET", "/segments/{segment}", segments.one, "One segment with its past and who uses it", "segments", segments.Whole),
    Route(
        "GET",
        "/segments/{segment}/members",
        segments.members,
        "Who belongs to a segment",
        "segments",
        segments.Members,
        query=(LIMIT, NUMBER_CURSOR),
    ),
    Route(
        "POST",
        "/formulas/check",
        formulas.check,
        "Whether a formula passes, and what it reads",
        "formulas",
        formulas.Checked,
        formulas.ToCheck,
    ),
    Route("POST", "/formulas/evaluate", formulas.evaluated, "What a formula gives", "formulas", formulas.Evaluated, formulas.ToEvaluate),
    Route("GET", "/tier-models/{model}/records/{id}", tiers.explained, "Why a record has its tier", "tiers", tiers.Explained),
    Route(
        "POST",
        "/tier-models/{model}/recompute",
        tiers.recompute,
        "Rate all records anew",
        "tiers",
        tiers.Queued,
        tiers.AsOf,
        status=202,
        writes=True,
    ),
    Route(
        "POST",
        "/tier-models/{model}/simulate",
        simulations.start,
        "Try a draft out on all records",
        "tiers",
        tiers.Queued,
        simulations.Trying,
        status=202,
        writes=True,
    ),
    Route(
        "GET",
        "/tier-models/{model}/simulations/{id}/movers",
        simulations.movers,
        "Who would move by a draft that was tried out",
        "tiers",
        simulations.WouldMove,
        query=(simulations.BEFORE, simulations.AFTER, LIMIT, NUMBER_CURSOR),
    ),
    Route(
        "GET",
        "/tier-models/{model}/movement",
        tiers.movement,
        "Who moved between two days",
        "tiers",
        tiers.Moved,
        query=(tiers.FROM, tiers.TO),
    ),
    *TIER_DECISIONS,
    *sharing.ROUTES,
    *teams.ROUTES,
    *pool.ROUTES,
    *effect.ROUTES,
    *cadence.ROUTES,
    *reviews.ROUTES,
    *workflows.ROUTES,
    Route(
        "GET",
        "/automations/{automation}/runs",
        automations.runs,
        "Runs of an automation",
        "automations",
        automations.Runs,
        query=(automations.STATE, LIMIT, NUMBER_CURSOR),
    ),
    Route("GET", "/runs/{id}", automations.one, "One run with its steps", "automations", automations.Run),
    Route("POST", "/runs/{id}/retry", automations.retry, "Run again what failed", "automations", automations.Run, writes=True),
    Route("GET", "/jobs/{id}", jobs.one, "How far long work is", "jobs", jobs.Job),
    Route("POST", "/jobs/{id}/cancel", jobs.cancel, "Stop long work", "jobs", jobs.Job, writes=True),
]

blueprint = blueprint_of("api", __name__, ROUTES)
