"""Several writes as one: committed together or not, and what waits for their end."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, select
from tests.support.records import NURSE, words

from antagonist.feedback import tables as t
from antagonist.feedback.database import changing, reading, together
from antagonist.feedback.record import Record
from antagonist.feedback.verify import verify
from antagonist.feedback.whole import Whole, afterwards, alone, whole_of


def nothing(_: Connection) -> None:
    """Nothing stands at the beginning."""


def on(record: Record, whole: Whole) -> Record:
    return Record(whole.engine, record.keys, record.clock, record.derived)


def said(record: Record) -> list[str]:
    return [event.payload["text"] for event in record.all("p")]


def test_writes_are_seen_within_and_by_others_only_after_the_end(record: Record) -> None:
    with together(record.engine, nothing) as whole:
        inside = on(record, whole)
        inside.append("p", [words("one")], NURSE)
        inside.append("p", [words("two")], NURSE, expected=1)
        assert said(inside) == ["one", "two"]
        assert (said(record), record.heads.known()) == ([], None)
    assert said(record) == ["one", "two"]
    whole.follow_up()
    known = record.heads.known()
    assert known is not None
    assert known[0] == 2
    assert verify(record).problems == ()


def test_what_fails_leaves_no_part_and_a_head_that_holds(record: Record) -> None:
    record.append("p", [words("before")], NURSE)

    def fails() -> None:
        with together(record.engine, nothing) as whole:
            on(record, whole).append("p", [words("lost")], NURSE)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert said(record) == ["before"]
    assert verify(record).problems == ()


def test_it_begins_with_the_first_write_and_no_sooner(record: Record) -> None:
    begun: list[str] = []
    with together(record.engine, lambda _: begun.append("begun")) as whole:
        said(on(record, whole))
        assert begun == []
        record.append("p", [words("others may write")], NURSE)
        for _ in range(2):
            with changing(whole.engine):
                assert begun == ["begun"]


def test_after_its_end_nothing_is_written_by_it(record: Record) -> None:
    with together(record.engine, nothing) as whole:
        pass
    with pytest.raises(RuntimeError, match="ended"):
        on(record, whole).append("p", [words("late")], NURSE)
    assert said(on(record, whole)) == []


def test_what_follows_is_done_in_order_though_one_part_raises(record: Record) -> None:
    done: list[int] = []

    def raises() -> None:
        done.append(2)
        raise RuntimeError

    with together(record.engine, nothing) as whole:
        for do in (lambda: done.append(1), raises, lambda: done.append(3)):
            afterwards(whole.engine, do)
        assert done == []
    with pytest.raises(RuntimeError):
        whole.follow_up()
    assert done == [1, 2, 3]
    afterwards(record.engine, lambda: done.append(4))  # in no whole: at once
    assert done == [1, 2, 3, 4]


def test_outside_is_the_same_database(record: Record) -> None:
    with together(record.engine, nothing) as whole:
        assert whole_of(whole.engine) is whole
        assert whole_of(alone(whole.engine)) is None
        assert alone(record.engine) is record.engine
        with reading(alone(whole.engine)) as connection:
            assert connection.execute(select(t.events.c.n)).all() == []
