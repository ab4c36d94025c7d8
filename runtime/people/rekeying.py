"""Another secret key: what is sealed with the present one is sealed anew, in one transaction."""

from __future__ import annotations

import json
from dataclasses import dataclass

import sqlalchemy as sa

from runtime.errors import Problem, Refused
from runtime.people.may import require
from runtime.people.second_factor import PLAIN
from runtime.system.audit import note
from runtime.system.database import to_json
from runtime.system.secrets import seal, unseal
from runtime.system.tables import job, person, recovery_code, secret
from runtime.system.workspace import Act
from runtime.texts import _

SHORTEST = 32


@dataclass(frozen=True)
class Resealed:
    """How many of each; `without_codes`: people whose recovery codes were kept by the old key and are gone."""

    secrets: int
    factors: int
    letters: int
    without_codes: int


def reseal(act: Act, new_key: str) -> Resealed:
    """Seals everything with the new key. Whoever reads with the old one afterwards reads nothing: processes have to be started anew."""
    require(act.person, "administer")
    old_key = act.workspace.settings.secret_key
    if len(new_key) < SHORTEST:
        raise Refused([Problem("key", _("The new key needs at least {shortest} characters.", shortest=SHORTEST))])
    if new_key == old_key:
        raise Refused([Problem("key", _("This is the present key. Give another one."))])
    done = Resealed(
        _column(act, secret.c.name, secret.c.sealed, old_key, new_key),
        _column(act, person.c.id, person.c.second_factor, old_key, new_key),
        _letters(act, old_key, new_key),
        _drop_keyed_codes(act),
    )
    note(act, "secret_key_changed", "workspace", secrets=done.secrets, factors=done.factors)
    return done


def _column(act: Act, key: sa.Column, sealed: sa.Column, old_key: str, new_key: str) -> int:
    rows = act.connection.execute(sa.select(key, sealed).where(sealed.is_not(None))).all()
    for name, text in rows:
        act.connection.execute(sa.update(key.table).where(key == name).values({sealed.name: seal(new_key, unseal(old_key, text))}))
    return len(rows)


def _letters(act: Act, old_key: str, new_key: str) -> int:
    """Links in letters that still wait for their worker."""
    rows = act.connection.execute(sa.select(job.c.id, job.c.payload).where(job.c.kind == "letter", job.c.finished_at.is_(None))).all()
    for number, payload in rows:
        given = json.loads(payload)
        anew = {**given, "link": seal(new_key, unseal(old_key, given["link"]))}
        act.connection.execute(job.update().where(job.c.id == number).values(payload=to_json(anew)))
    return len(rows)


def _drop_keyed_codes(act: Act) -> int:
    keyed = recovery_code.c.code_hash.not_like(f"{PLAIN}%")
    people = act.connection.execute(sa.select(sa.func.count(recovery_code.c.person.distinct())).where(keyed)).scalar() or 0
    act.connection.execute(recovery_code.delete().where(keyed))
    return people
