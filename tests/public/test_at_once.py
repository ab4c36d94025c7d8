"""Many who send at the same moment, on both databases: what may happen once happens once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from runtime.public import inviting
from runtime.public.links import Link
from tests.public.world import World, ticket_in

PEOPLE = 8


def all_at_once(world: World, link: Link, pages: list[str], **values: str) -> list[int]:
    barrier = Barrier(len(pages))

    def send(number: int) -> int:
        barrier.wait()
        answer: Any = world.stranger().send(link, pages[number], name=f"Person {number}", **values)
        return int(answer.status_code)

    with ThreadPoolExecutor(len(pages)) as pool:
        return sorted(pool.map(send, range(len(pages))))


def test_what_may_happen_once_happens_once_when_many_send_together(both: World) -> None:
    quota, value, page = both.link(quota=3), both.link(once_field="mobile"), both.link()
    survey = both.link(bound="customer")
    customer = both.customer("Lin")
    with both.building() as act:
        path = inviting.one(act, survey, customer, 1, 2)

    assert all_at_once(both, quota, [both.stranger().open(quota) for _each in range(PEOPLE)]) == [200] * 3 + [409] * 5
    assert (len(both.records(quota)), both.again(quota).taken) == (3, 3)
    assert all_at_once(both, value, [both.stranger().open(value) for _each in range(4)], mobile="13812345678") == [200] + [409] * 3
    assert all_at_once(both, page, [both.stranger().open(page)] * 4) == [200] + [409] * 3
    assert all_at_once(both, survey, [ticket_in(both.stranger().get(path)) for _each in range(4)]) == [200] * 2 + [409] * 2
    assert [len(both.records(each)) for each in (value, page, survey)] == [1, 1, 2]
