"""Who has a draft open at this moment, as the pages of the designers ask it."""

from __future__ import annotations

from typing import Any

from flask import g
from werkzeug.wrappers import Response

from builder.drafts import open_draft
from builder.forming import presence
from builder.pages.frame import moment, plain_json
from runtime.pages.web import reader, reading, workspace


def sign_of_life(kind: str, key: str, sent: dict[str, Any]) -> Response:
    """{place, gone?} → who else has the draft open, and which saving of it is the newest. Raises what opening the draft does."""
    folder, person = workspace().settings.data_dir, g.person.id
    with reading() as act:
        opened = open_draft(act, kind, key)
        if sent.get("gone"):
            presence.gone(folder, kind, key, person)
            return plain_json({"people": []})
        presence.here(folder, kind, key, person, str(sent.get("place") or ""))
        found = presence.others(folder, kind, key, person)
        reader().know_people(each["person"] for each in found)
        return plain_json(
            {
                "people": [{"id": each["person"], "name": reader().person_name(each["person"]), "place": each["place"]} for each in found],
                "edit": opened.edit,
                "stamp": opened.draft.updated_at if opened.draft else 0,
                "live": opened.live.version if opened.live else None,
                "time": moment(opened.draft.updated_at) if opened.draft else None,
            }
        )
