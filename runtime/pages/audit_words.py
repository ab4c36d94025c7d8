"""What the audit log says of its lines, in words."""

from __future__ import annotations

from typing import Any

from runtime.texts import Message, _

KINDS: dict[str, Message] = {
    "signed_in": _("signed in"),
    "signed_out": _("signed out"),
    "sign_in_failed": _("tried to sign in and failed"),
    "recovery_code_used": _("signed in with a recovery code"),
    "provider_linked": _("linked the company account"),
    "workspace_set_up": _("set up the workspace"),
    "person_added": _("added a person"),
    "person_renamed": _("changed a name"),
    "person_deactivated": _("switched off an account"),
    "person_reactivated": _("switched on an account"),
    "access_ended": _("signed somebody out everywhere"),
    "handed_over": _("handed over somebody's records"),
    "hand_over_undone": _("took a hand-over back"),
    "record_shared": _("shared a record"),
    "record_unshared": _("took the sharing of a record back"),
    "public_link_made": _("made a public link"),
    "public_link_changed": _("changed a public link"),
    "public_link_on": _("switched on a public link"),
    "public_link_off": _("switched off a public link"),
    "public_link_rotated": _("gave a public link another address"),
    "public_link_password": _("set the password of a public link"),
    "public_link_removed": _("removed a public link"),
    "public_link_signed": _("made signed links"),
    "public_link_revoked": _("revoked a signed link"),
    "public_link_unrevoked": _("let a revoked signed link hold again"),
    "public_hosts": _("changed the hosts of public links"),
    "public_entry_released": _("released an entry that was set aside"),
    "public_entry_deleted": _("deleted an entry that was set aside"),
    "public_entry_waiting": _("set an entry aside again"),
    "deputy_set": _("named a deputy at approvals"),
    "deputy_ended": _("ended that somebody stands in at approvals"),
    "team_joined": _("took somebody into a team"),
    "team_left": _("took somebody out of a team"),
    "pool_released": _("gave a record back to the pool"),
    "roles_changed": _("changed roles"),
    "role_saved": _("saved a role"),
    "role_removed": _("removed a role"),
    "invited": _("made an invitation"),
    "password_set": _("set a password"),
    "reset_asked": _("asked for a new password"),
    "second_factor_on": _("switched on a second factor"),
    "second_factor_off": _("switched off a second factor"),
    "second_factor_rule": _("changed who must have a second factor"),
    "recovery_codes": _("made new recovery codes"),
    "token_created": _("created an API token"),
    "token_revoked": _("revoked an API token"),
    "group_added": _("added a group"),
    "group_renamed": _("renamed a group"),
    "group_removed": _("removed a group"),
    "group_members": _("changed who is in a group"),
    "department_added": _("added a department"),
    "department_renamed": _("renamed a department"),
    "department_moved": _("moved a department"),
    "department_removed": _("removed a department"),
    "department_head": _("changed who heads a department"),
    "departments_changed": _("changed somebody's departments"),
    "publish": _("published a definition"),
    "version_restored": _("restored an older version"),
    "convert": _("converted a field's values"),
    "runs_replayed": _("ran runs of automations again"),
    "runs_cancelled": _("cancelled runs of automations"),
    "automation_paused": _("paused an automation"),
    "automation_resumed": _("let an automation go on"),
    "potential_on": _("switched on a model of potential"),
    "potential_off": _("switched off a model of potential"),
    "override": _("set a tier by hand"),
    "lift_override": _("took back a tier set by hand"),
    "lock_lifted": _("lifted the lock of a record"),
    "accept_demotion": _("accepted a step down"),
    "refuse_demotion": _("refused a step down"),
    "appeal": _("objected to a tier"),
    "appeal_accepted": _("agreed with an objection to a tier"),
    "appeal_refused": _("turned down an objection to a tier"),
    "appeal_withdrawn": _("took back an objection to a tier"),
    "review_planned": _("planned the reviews of a tier model"),
    "review_opened": _("opened a review"),
    "review_decided": _("decided a review"),
    "review_announced": _("announced what a review decided"),
    "review_closed": _("closed a review"),
    "tag_requested": _("asked for a tag"),
    "tag_approved": _("approved a tag"),
    "tag_refused": _("refused a tag"),
    "tag_merged": _("merged tags"),
    "tag_alias": _("changed the names of a tag"),
    "tag_archive": _("archived a tag"),
    "tag_restore": _("took a tag out of the archive"),
    "tag_clean_up": _("cleaned up tags"),
    "tag_bulk": _("gave or took a tag in bulk"),
    "tag_change_undone": _("took a change of tags back"),
    "records_merged": _("merged two records"),
    "merge_undone": _("took a merge of records back"),
    "exported": _("exported records"),
    "import_started": _("started an import"),
    "import_undone": _("took back an import"),
    "merged": _("merged records"),
    "impersonation_started": _("began to work as somebody else"),
    "impersonation_ended": _("stopped working as somebody else"),
    "secret_set": _("set a secret"),
    "setting_changed": _("changed a setting"),
    "hook_address": _("made an address for other systems"),
    "audit_exported": _("exported the audit log"),
    "audit_trimmed": _("removed old lines of the audit log"),
    "bot_saved": _("saved a bot"),
    "bot_removed": _("removed a bot"),
    "secret_forgotten": _("removed a secret"),
}
DOORS: dict[str, Message] = {"page": _("page"), "api": _("interface"), "cli": _("command line"), "clock": _("clock")}


def kind(key: str) -> Message | str:
    """A kind in words; one that another part has added and nobody has words for stands as it is."""
    return KINDS.get(key, key)


def told(payload: dict[str, Any]) -> str:
    """What a line holds beside, as name = value."""
    return " · ".join(f"{name} = {_value(each)}" for name, each in payload.items() if each not in (None, "", [], {}))


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_value(each) for each in value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_value(each)}" for name, each in value.items()) + "}"
    return str(value)
