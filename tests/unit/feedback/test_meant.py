"""New events say what can be meant, however deep; what was kept before stays readable."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from antagonist.feedback.events import NewEvent
from antagonist.feedback.payloads import check_types, checked_payload, read_payload
from antagonist.foundation.errors import InputError

AT = datetime(2026, 5, 1, tzinfo=UTC)


def dose_of(at: str) -> dict[str, Any]:
    """A plan with one dose."""
    doses = [{"at": at, "dose_mg": 50, "kind": "oral"}]
    document = {
        "product": "seed-tablet-50", "route": "oral", "doses": doses, "timezone": "Europe/Moscow",
    }  # fmt: skip
    return {"plan": document, "reason": "start"}


CASES: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    (
        "lapse", "date",
        {"substance": "opioid", "date": "1899-12-31"},
        {"substance": "opioid", "date": "1900-01-01"},
    ),
    (
        "surgery_planned", "at",
        {"at": "2201-01-01T00:00:00Z", "with_opioids": True},
        {"at": "2200-12-31T23:59:59Z", "with_opioids": True},
    ),
    (
        "plan_change", "plan.doses.0.at",
        dose_of("9999-12-31T23:00:00-05:00"), dose_of("2200-06-01T08:00:00Z"),
    ),
    (
        "dose", "planned_at",
        {"dose_mg": 50, "status": "reported", "planned_at": "0001-01-01T00:00:00+14:00"},
        {"dose_mg": 50, "status": "reported", "planned_at": "1900-01-01T00:00:00Z"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "field", "beyond", "within"), CASES)
def test_a_year_that_cannot_be_meant_is_refused_by_its_field(
    kind: str, field: str, beyond: dict[str, Any], within: dict[str, Any]
) -> None:
    with pytest.raises(InputError, match="a year from 1900 to 2200") as raised:
        checked_payload(NewEvent(kind, AT, beyond))
    assert raised.value.field == field
    assert checked_payload(NewEvent(kind, AT, within))
    read_payload(kind, 1, beyond)  # as an older version may have kept it


@pytest.mark.parametrize(("year", "allowed"), [(1899, False), (1900, True)])
def test_the_time_of_the_event_too(year: int, allowed: bool) -> None:
    event = NewEvent("words", datetime(year, 6, 1, tzinfo=UTC), {"text": "came"})
    if allowed:
        assert checked_payload(event)
    else:
        with pytest.raises(InputError, match="a year from 1900 to 2200") as raised:
            checked_payload(event)
        assert raised.value.field == "occurred_at"


def test_a_number_that_looks_like_a_date_is_none() -> None:
    given = {
        "product": "vivitrol-us-380", "dose_mg": 380, "lot": "9999-12", "expiry": "2027-01-01",
        "side": "left", "given_by": "nurse.one",
    }  # fmt: skip
    assert '"lot":"9999-12"' in checked_payload(NewEvent("injection", AT, given))


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("x" * 10_000, True), ("x" * 10_001, False), ("two\nlines\tand\ra tab", True), ("", False),
        (" ", False), ("a\x00", False), ("a\x07", False), ("a\ud800", False), ("\u202e", True),
    ],
)  # fmt: skip
def test_a_text_can_be_seen_and_is_some_pages_at_most(text: str, allowed: bool) -> None:
    """As people and programs send it; what an import brings of other programs is kept as it is."""
    if allowed:
        check_types("words", {"text": text})
        return
    with pytest.raises(InputError) as raised:
        check_types("words", {"text": text})
    assert raised.value.field == "text"


@pytest.mark.parametrize("value", [1e9 * 1.01, 10**30, float("nan"), float("inf")])
def test_nothing_is_counted_beyond_what_there_is(value: float) -> None:
    with pytest.raises(InputError) as raised:
        checked_payload(NewEvent("alcohol_day", AT, {"date": "2026-04-30", "drinks": value}))
    assert raised.value.field == "drinks"


@pytest.mark.parametrize("text", ["0", "20260501", "1777777777"])
def test_bare_digits_are_no_time(text: str) -> None:
    """They would be read as seconds since 1970."""
    for kind, field in (("lapse", "date"), ("surgery_planned", "at")):
        said: dict[str, Any] = {"substance": "opioid", "with_opioids": True, field: text}
        own = {"lapse": ("substance", "date"), "surgery_planned": ("at", "with_opioids")}[kind]
        with pytest.raises(InputError) as raised:
            checked_payload(NewEvent(kind, AT, {name: said[name] for name in own}))
        assert raised.value.field == field


@pytest.mark.parametrize(("day", "allowed"), [("2026-05-01", True), ("2026-05-02", False)])
def test_what_happened_is_not_after_its_event(day: str, allowed: bool) -> None:
    event = NewEvent("lapse", AT, {"substance": "opioid", "date": day})
    if allowed:
        assert checked_payload(event)
        return
    with pytest.raises(InputError, match="not after 2026-05-01"):
        checked_payload(event)


@pytest.mark.parametrize("value", ["50", True, [50], None])
def test_types_are_those_of_json(value: object) -> None:
    """A table's cell may be text; what a program or form sends is what it is."""
    payload = {"dose_mg": value, "status": "missed"}
    with pytest.raises(InputError) as raised:
        check_types("dose", payload)
    assert raised.value.field == "dose_mg"
    check_types("dose", {**payload, "dose_mg": 50})
    checked_payload(NewEvent("dose", AT, {**payload, "dose_mg": "50"}))
