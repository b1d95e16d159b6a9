"""Accounts: names, activation by their owners, and always one administrator."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.clinics import PASSWORD, OpenClinic, clinic_on

from antagonist.feedback.database import changing, reading
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import audit
from antagonist.web.accounts import tables as t
from antagonist.web.accounts.activation import activated, activation_code
from antagonist.web.accounts.passwords import fits
from antagonist.web.accounts.people import Account, administrators, by_name, change, create_account


def test_the_last_administrator_stays_one(own_clinic: OpenClinic) -> None:
    only = own_clinic.people["administrator"]
    for values in ({"role": "nurse"}, {"disabled": True}):
        with (
            pytest.raises(InputError, match="nobody else"),
            changing(own_clinic.clinic.engine) as connection,
        ):
            change(connection, only, **values)


def test_two_administrators_cannot_both_step_down_at_once(tmp_path: Path) -> None:
    with clinic_on("postgresql", tmp_path) as clinic:
        engine = clinic.clinic.engine
        with changing(engine) as connection:
            second = create_account(connection, clinic.clinic.now(), "deputy", "administrator")

        def step_down(account: Account) -> bool:
            try:
                with changing(engine) as connection:
                    change(connection, account, role="nurse")
            except InputError:
                return False
            return True

        with ThreadPoolExecutor(2) as threads:
            done = list(threads.map(step_down, (clinic.people["administrator"], second)))
        assert sorted(done) == [False, True]
        with reading(engine) as connection:
            assert administrators(connection) == 1


def test_names_are_one_whatever_their_case(own_clinic: OpenClinic) -> None:
    with changing(own_clinic.clinic.engine) as connection:
        create_account(connection, own_clinic.clinic.now(), " Мария.Petrova ", "nurse")
        assert by_name(connection, "мария.petrova") is not None
        for name in ("МАРИЯ.petrova", "", "x" * 81, "a\nb\x00"):
            with pytest.raises(InputError):
                create_account(connection, own_clinic.clinic.now(), name, "nurse")


def test_a_code_sets_a_password_once_and_for_a_day(own_clinic: OpenClinic) -> None:
    engine, at = own_clinic.clinic.engine, own_clinic.clinic.now()
    browser, program = own_clinic.browser("nurse"), own_clinic.program("nurse")
    with changing(engine) as connection:
        code = activation_code(connection, at, own_clinic.people["nurse"])
        kept = by_name(connection, "nurse")
        assert kept is not None
        # what was known before holds no longer; the code itself is not kept
        assert not fits(PASSWORD, kept.password)
        assert code not in map(str, connection.execute(t.accounts.select()).mappings().all())
        assert kept.activation != code
    assert len(code) >= 22  # 128 bits in base64
    assert browser.get("/own").status_code == 303
    assert program.get("/api/v1/x").status_code == 404
    new = "another four words by her"
    late = at + timedelta(hours=24)
    for moment, given in ((late, code), (at, code + "x"), (at, "")):
        with pytest.raises(InputError, match="code"), changing(engine) as connection:
            activated(connection, moment, given, new)
    with pytest.raises(InputError, match="password"), changing(engine) as connection:
        activated(connection, at, code, "nurse")
    with changing(engine) as connection:
        made = activated(connection, late - timedelta(seconds=1), f" {code} ", new)
        assert fits(new, made.password)
    with pytest.raises(InputError, match="code"), changing(engine) as connection:
        activated(connection, at, code, new)


def test_accounts_hold_no_hints_and_no_questions() -> None:
    names = set(Account.__dataclass_fields__)
    assert {column.name for column in t.accounts.c} == names
    assert not [name for name in names if "hint" in name or "question" in name]


def test_the_audit_is_only_added_to_and_kept_for_a_year(own_clinic: OpenClinic) -> None:
    engine, at = own_clinic.clinic.engine, own_clinic.clinic.now()
    who = ("id", "nurse", "nurse")
    with changing(engine) as connection:
        for days in (400, 366, 10):
            audit.note(
                connection, at - timedelta(days=days), who, "x", "allowed", request=f"{days}"
            )
        with pytest.raises(InputError, match="365"):
            audit.prune(connection, at, timedelta(days=364))
        assert audit.prune(connection, at, timedelta(days=365)) == 2
        assert [line.request for line in audit.entries(connection, audit.Filter(), 9)] == ["10"]
    source = Path(audit.__file__).parents[1]
    text = "".join(path.read_text(encoding="utf-8") for path in source.rglob("*.py"))
    assert text.count("delete(t.audit)") == 1
    assert "update(t.audit)" not in text
