"""Names and ages as the pages show them."""

from __future__ import annotations

from datetime import UTC, datetime

from antagonist.feedback.identity import Identity
from antagonist.web.actions.naming import age_on, birth_date_of, shown_name
from antagonist.web.language import Reader

AT = datetime(2026, 5, 1, 9, tzinfo=UTC)
EN, RU = Reader("en", UTC), Reader("ru", UTC)


def test_names_by_language_and_what_is_left_without_one() -> None:
    names = {"family": "Демо", "given": "Анна", "latin": "Demo Anna", "birth_date": "1994-05-17"}
    identity = Identity(names, ())
    assert (shown_name(identity, "p", EN), shown_name(identity, "p", RU)) == (
        "Demo Anna",
        "Демо Анна",
    )
    assert shown_name(Identity({"name": "Whole"}, ()), "p", RU) == "Whole"
    assert shown_name(None, "12345678-9", EN) == "Without a name, 12345678"
    born = birth_date_of(identity)
    assert born is not None
    assert [age_on(born, day) for day in (AT.date(), AT.date().replace(day=17))] == [31, 32]
    assert birth_date_of(Identity({"birth_date": "spring"}, ())) is None
