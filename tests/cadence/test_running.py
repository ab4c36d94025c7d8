"""Follow-up plans: what a tier's service plan asks for, moves on, stops and tells."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from runtime import cadence as cadences
from runtime.automation import engine
from runtime.cadence import working
from runtime.cadence.running import skip
from runtime.collaboration import todos
from runtime.errors import NotFound
from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.system.workspace import set_setting
from runtime.system.tables import cadence, cadence_due, notification, todo
from tests.makers import checkbox, day, form_json, instant, member, reference, text
from tests.tiers.world import BY_AMOUNT, CUSTOMER, TODAY, World, dimension, model

CALL = form_json(
    reference("customer", "customer", many_name="calls"),
    day("called_on"),
    member("caller"),
    checkbox("done", default="TRUE"),
    key="call",
    title="called_on",
    event_date="called_on",
)
LETTER = form_json(reference("customer", "customer", many_name="letters"), instant("at"), text("line"), key="letter", event_date="at")
OWNED = {**CUSTOMER, "fields": [*CUSTOMER["fields"], member("owner")]}
REPLIES = {"replies": [{"form": "letter", "on": "at"}]}
GOLD, SILVER, BASIC = 25, 15, 5


def planned(gold: Any = None, contacts: Any = None, **silver: Any) -> Any:
    plans = {"gold": {"contact_every_days": 10, "tasks": True, **(gold or {})}, **({"silver": silver} if silver else {})}
    more = {"contacts": contacts} if contacts else {}
    return model(dimension("points", "points", [10, 20, 30]), tiers=BY_AMOUNT, plans=plans, **more)


class Shop(World):
    """A world with two people who look after customers, and a clock that works."""

    def begin(self) -> "Shop":
        with self.workspace.writing(SYSTEM) as act:
            set_setting(act.connection, "language", "en")
            self.mia, self.leo = (
                accounts.add(act, email=f"{name}@example.com", name=name, roles=("builder",), password=None).id for name in ("mia", "leo")
            )
        return self

    def run(self) -> int:
        engine.settle(self.workspace)
        return working.work_off(self.workspace)

    def after(self, days: int) -> int:
        self.on(TODAY + timedelta(days=days))
        return self.run()

    def call(self, customer: int, on: int, **more: Any) -> None:
        self.add("call", customer=customer, called_on=TODAY + timedelta(days=on), **more)
        self.run()

    def open(self) -> list[Any]:
        """(record, person, day from the first on, title) of the open to-dos."""
        with self.workspace.reading(SYSTEM) as act:
            rows = act.connection.execute(sa.select(todo).where(todo.c.done_at.is_(None)).order_by(todo.c.due, todo.c.id))
            first = (TODAY - timedelta(days=0)).toordinal() - 719163
            return [(row.record, row.person, row.due - first, row.title) for row in rows]

    def plan(self, record: int) -> Any:
        with self.workspace.reading(SYSTEM) as act:
            return act.connection.execute(sa.select(cadence).where(cadence.c.record == record).order_by(cadence.c.id.desc())).first()

    def dues(self, record: int) -> list[Any]:
        with self.workspace.reading(SYSTEM) as act:
            rows = act.connection.execute(sa.select(cadence_due).where(cadence_due.c.record == record).order_by(cadence_due.c.id))
            return [(row.what, row.state) for row in rows]

    def told(self, person: int) -> list[str]:
        with self.workspace.reading(SYSTEM) as act:
            rows = act.connection.execute(
                sa.select(notification.c.subject)
                .where(notification.c.person == person, notification.c.kind == "todo")
                .order_by(notification.c.id)
            )
            return list(rows.scalars())


def begun(workspace: Any, **plan: Any) -> Shop:
    return Shop(workspace, OWNED, CALL, LETTER, planned(**plan)).begin()


@pytest.fixture
def shop(sqlite_workspace: Any) -> Shop:
    return begun(sqlite_workspace, contacts=REPLIES)


def test_the_rhythm_asks_on_its_day_and_a_contact_moves_it_on(workspace):
    """On both databases: asked once, however often the clock looks; ticked off by the contact; asked again so many days later."""
    shop = begun(workspace)
    ann = shop.customer("Ann", points=GOLD, owner=shop.mia)
    assert (shop.run(), shop.after(9), shop.open()) == (0, 0, [])
    assert (shop.after(10), shop.run(), shop.after(12)) == (1, 0, 0)
    assert shop.open() == [(ann, shop.mia, 10, "Get in touch")] and shop.told(shop.mia) == ["A follow-up is due with Ann: Get in touch"]
    shop.call(ann, 12)
    assert shop.open() == [] and shop.dues(ann) == [("every", "done")]
    assert (shop.after(21), shop.after(22)) == (0, 1) and shop.open()[0][2] == 22


def test_a_contact_that_is_not_done_or_lies_ahead_moves_nothing(shop):
    ann = shop.customer("Ann", points=GOLD, owner=shop.mia)
    shop.after(10)
    shop.call(ann, 10, done=False)
    shop.call(ann, 12)
    assert len(shop.open()) == 1


def test_another_tier_ends_the_plan_and_takes_its_to_dos_away(shop):
    ann = shop.customer("Ann", points=GOLD, owner=shop.mia)
    shop.after(10)
    shop.change("customer", ann, points=SILVER)
    shop.run()
    assert shop.open() == [] and (shop.plan(ann).state, shop.plan(ann).why) == ("ended", "tier")
    shop.later(hours=1)
    shop.change("customer", ann, points=GOLD)
    shop.run()
    assert shop.plan(ann).state == "running" and shop.plan(ann).next_due == shop.plan(ann).begun + 10


def test_a_record_in_the_trash_is_asked_for_no_more(shop):
    ann = shop.customer("Ann", points=GOLD, owner=shop.mia)
    shop.after(10)
    shop.delete("customer", ann)
    shop.run()
    assert shop.open() == [] and shop.plan(ann).why == "record"


def test_the_to_do_goes_to_the_next_owner_and_without_one_to_the_least_loaded_of_the_pool(sqlite_workspace):
    shop = begun(sqlite_workspace, gold={"owner_pool": "role:builder"})
    ann, bo, cy = (shop.customer(name, points=GOLD) for name in ("Ann", "Bo", "Cy"))
    shop.run()
    shop.after(10)
    assert sorted(person for _record, person, *_rest in shop.open()) == [shop.mia, shop.mia, shop.leo]
    assert len(shop.told(shop.mia)) == 1, "one notification for two to-dos"
    mine = next(record for record, person, *_rest in shop.open() if person == shop.mia)
    shop.change("customer", mine, owner=shop.leo)
    shop.run()
    assert dict((record, person) for record, person, *_rest in shop.open())[mine] == shop.leo


STEPS = [{"on_day": 0, "todo": "Greet"}, {"on_day": 3, "todo": "Ask", "channel": "phone"}, {"on_day": 7, "todo": "Invite"}]


def test_steps_come_one_after_the_other_and_then_the_rhythm(sqlite_workspace):
    shop = begun(sqlite_workspace, gold={"steps": STEPS})
    ann = shop.customer("Ann", points=GOLD, owner=shop.mia)
    shop.run()
    assert [title for *_rest, title in shop.open()] == ["Greet"]
    shop.call(ann, 0)
    assert shop.open() == [] and (shop.after(3), [title for *_rest, title in shop.open()]) == (1, ["Ask (Phone)"])
    shop.after(7)
    assert [title for *_rest, title in shop.open()] == ["Ask (Phone)", "Invite"]
    shop.call(ann, 7)
    assert shop.open() == [] and (shop.after(16), shop.after(17)) == (0, 1)


def test_steps_stop_when_the_customer_replies_and_an_answer_is_due(sqlite_workspace):
    shop = begun(sqlite_workspace, gold={"steps": STEPS, "respond_within_hours": 2}, contacts=REPLIES)
    ann = shop.customer("Ann", points=GOLD, owner=shop.mia)
    shop.run()
    shop.later(hours=1)
    shop.add("letter", customer=ann, at=shop.workspace.now())
    shop.run()
    assert [title for *_rest, title in shop.open()] == ["Answer within 2 hours"]
    shop.call(ann, 0)
    assert shop.open() == [] and (shop.after(3), shop.after(7), shop.after(10)) == (0, 0, 1)


def test_ticking_it_off_without_a_contact_and_skipping_it_with_a_reason_move_it_on(shop):
    ann = shop.customer("Ann", points=GOLD, owner=shop.mia)
    shop.after(10)
    with shop.workspace.writing(SYSTEM) as act:
        todos.tick(act, act.connection.execute(sa.select(todo.c.id)).scalar_one())
    shop.run()
    assert shop.dues(ann) == [("every", "ticked")] and (shop.after(19), shop.after(20)) == (0, 1)
    with shop.workspace.writing(SYSTEM) as act:
        number = act.connection.execute(sa.select(cadence_due.c.id).where(cadence_due.c.state == "open")).scalar_one()
        skip(act, act.catalogue.tier_models["value"], number, "On holiday")
    assert shop.open() == [] and shop.dues(ann)[-1] == ("every", "skipped")
    with pytest.raises(NotFound), shop.workspace.writing(SYSTEM) as act:
        skip(act, act.catalogue.tier_models["value"], number, "Again")
    assert (shop.after(29), shop.after(30)) == (0, 1)


def test_what_is_overdue_is_told_once_to_whom_the_plan_names(sqlite_workspace):
    shop = begun(sqlite_workspace, gold={"escalate_after_days": 2, "escalate_to": "user:leo@example.com"})
    shop.customer("Ann", points=GOLD, owner=shop.mia)
    for days in (10, 12, 13, 14):
        shop.after(days)
    assert shop.told(shop.leo) == ["The follow-up with Ann is overdue."]


def test_switching_a_plan_on_spreads_those_who_are_overdue_over_one_period(sqlite_workspace):
    shop = begun(sqlite_workspace, gold={"tasks": False})
    for number in range(30):
        shop.customer(str(number), points=GOLD, owner=shop.mia)
    shop.after(40)
    shop.publish(planned())
    assert shop.after(40) == 0
    made = [shop.after(40 + days) for days in range(1, 11)]
    assert made == [3] * 10 and shop.after(51) == 0
    shop.publish(planned(gold={"tasks": False}))
    shop.run()
    assert shop.open() == []


def test_automations_start_and_stop_any_plan_of_a_model(shop):
    shop.publish(planned(contacts=REPLIES, channel="mail", steps=[{"on_day": 1, "todo": "Write"}]))
    bo = shop.customer("Bo", points=BASIC, owner=shop.mia)
    shop.run()
    with shop.workspace.writing(SYSTEM) as act:
        assert cadences.start(act, bo, "value") is None, "the tier of Bo has no plan"
        given = cadences.start(act, bo, "value/silver")
        assert given is not None and (given["plan"], given["next_due"]) == ("value/silver", (TODAY + timedelta(days=1)).isoformat())
        assert cadences.start(act, bo, "value/silver") is None, "it runs already"
    assert shop.after(1) == 1 and [title for *_rest, title in shop.open()] == ["Write"]
    with shop.workspace.writing(SYSTEM) as act:
        assert (cadences.stop(act, bo, "value/gold"), cadences.stop(act, bo, "value"), cadences.stop(act, bo, "value")) == (0, 1, 0)
    assert shop.open() == []
    for plan, record in (("value/none", bo), ("nothing", bo), ("value/silver", 999)):
        with pytest.raises(NotFound), shop.workspace.writing(SYSTEM) as act:
            cadences.start(act, record, plan)


def test_what_was_imported_in_silence_is_made_good_at_night(shop):
    ann = shop.customer("Ann", points=GOLD, owner=shop.mia)
    shop.after(10)
    with shop.workspace.writing(SYSTEM, "import") as act:
        act.fires = False
        from runtime.records import gateway

        gateway.create(act, "call", {"customer": ann, "called_on": TODAY + timedelta(days=10)})
        gateway.create(act, "customer", {"name": "Di", "points": GOLD, "owner": shop.leo})
    assert len(shop.open()) == 1
    working.sync(shop.workspace, "value")
    assert shop.open() == [] and (shop.run(), shop.after(19), shop.after(20)) == (0, 0, 2)
