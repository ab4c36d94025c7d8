"""The system's own tables. Forms' tables are made when a form is published (records/schema_changes.py), never here.

Instants are microseconds since 1970 in UTC, days are days since 1970-01-01; both are plain integers on either database.
"""

from runtime.system.tables.base import flag, key, metadata
from runtime.system.tables.workspace import audit_chain, audit_log, id_counter, idempotency, secret, workspace_setting
from runtime.system.tables.people import (
    api_token,
    department,
    department_member,
    invitation,
    mail_digest,
    notification,
    notification_choice,
    notification_hours,
    password_reset,
    person,
    person_group,
    person_group_member,
    person_identity,
    person_role,
    person_session,
    recovery_code,
    role,
    sign_in_failure,
    sign_in_step,
)
from runtime.system.tables.definitions import definition, definition_draft, definition_version, stored_column
from runtime.system.tables.records import day_done, derived_dirty, event, record_change
from runtime.system.tables.cadence import cadence, cadence_due, cadence_figures, cadence_wanted
from runtime.system.tables.collaboration import message_bot, record_comment, record_follow, todo
from runtime.system.tables.classification import (
    tag_assignment,
    tag_change,
    tag_change_row,
    tag_figures,
    tag_name,
    tag_request,
    tier_cuts,
    tier_history,
    tier_state,
)
from runtime.system.tables.segments import segment_member, segment_state
from runtime.system.tables.sharing import hand_over, hand_over_item, pool_event, record_share, record_team, share_grant
from runtime.system.tables.movement import tier_appeal, tier_appeal_todo, tier_override, tier_proposal
from runtime.system.tables.automation import automation_run, automation_step, due_time
from runtime.system.tables.conversions import column_conversion
from runtime.system.tables.drafts import entry_draft
from runtime.system.tables.effect import version_reason
from runtime.system.tables.files import file_use, stored_file
from runtime.system.tables.merging import record_merge, record_merge_row
from runtime.system.tables.potential import potential_fit, potential_use, potential_value
from runtime.system.tables.public import public_claim, public_day, public_entry, public_invitation, public_link
from runtime.system.tables.reviews import review, review_answer, review_person, review_plan, review_proposal, review_vote
from runtime.system.tables.sending import mass_message, record_lock
from runtime.system.tables.triggers import automation_run_record, clock_mark, hook_delivery, incoming_hook
from runtime.system.tables.views import bulk_edit, bulk_edit_chunk, bulk_edit_row, first_view, own_view
from runtime.system.tables.workflow import (
    workflow_child,
    workflow_copy,
    workflow_delegation,
    workflow_entry,
    workflow_run,
    workflow_task,
    workflow_undo,
    workflow_visit,
)
from runtime.system.tables.work import import_file, import_row, job

__all__ = [
    "mass_message",
    "record_lock",
    "api_token",
    "audit_chain",
    "audit_log",
    "automation_run",
    "automation_run_record",
    "automation_step",
    "bulk_edit",
    "bulk_edit_chunk",
    "bulk_edit_row",
    "cadence",
    "cadence_due",
    "cadence_figures",
    "cadence_wanted",
    "clock_mark",
    "column_conversion",
    "day_done",
    "definition",
    "definition_draft",
    "definition_version",
    "department",
    "department_member",
    "derived_dirty",
    "due_time",
    "entry_draft",
    "event",
    "file_use",
    "first_view",
    "flag",
    "hand_over",
    "hand_over_item",
    "hook_delivery",
    "id_counter",
    "idempotency",
    "import_file",
    "import_row",
    "incoming_hook",
    "invitation",
    "job",
    "key",
    "mail_digest",
    "message_bot",
    "metadata",
    "notification",
    "notification_choice",
    "notification_hours",
    "own_view",
    "password_reset",
    "person",
    "person_group",
    "person_group_member",
    "person_identity",
    "person_role",
    "person_session",
    "pool_event",
    "potential_fit",
    "potential_use",
    "potential_value",
    "public_claim",
    "public_day",
    "public_entry",
    "public_invitation",
    "public_link",
    "record_change",
    "record_comment",
    "record_follow",
    "record_merge",
    "record_merge_row",
    "record_share",
    "record_team",
    "recovery_code",
    "review",
    "review_answer",
    "review_person",
    "review_plan",
    "review_proposal",
    "review_vote",
    "role",
    "secret",
    "segment_member",
    "segment_state",
    "share_grant",
    "sign_in_failure",
    "sign_in_step",
    "stored_column",
    "stored_file",
    "tag_assignment",
    "tag_change",
    "tag_change_row",
    "tag_figures",
    "tag_name",
    "tag_request",
    "tier_appeal",
    "tier_appeal_todo",
    "tier_cuts",
    "tier_history",
    "tier_override",
    "tier_proposal",
    "tier_state",
    "todo",
    "version_reason",
    "workflow_child",
    "workflow_copy",
    "workflow_delegation",
    "workflow_entry",
    "workflow_run",
    "workflow_task",
    "workflow_undo",
    "workflow_visit",
    "workspace_setting",
]
