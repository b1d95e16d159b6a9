"""Dosing histories from files, as courses: YAML, or CSV with NONMEM's columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from antagonist.cli.common import errors_of
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.catalogue import formulations
from antagonist.pharmacology.dosing import course_from_subject, load_course, load_nonmem
from antagonist.pharmacology.dosing.records import Course
from antagonist.pharmacology.forecast import COVARIATES

TABLES = (".csv", ".csv.gz")


def load_courses(path: Path) -> list[Course]:
    """The courses of a file: one of a YAML file, one for each ID of a CSV table.

    Raises InputError for anything unreadable or not allowed, naming file and field.
    """
    limits_mg = {name: product.max_dose_mg for name, product in formulations().items()}
    with errors_of(path.name):
        if not path.name.lower().endswith(TABLES):
            return [load_course(path, set(limits_mg), dose_limits_mg=limits_mg)]
        return _table_courses(path, limits_mg)


def _table_courses(path: Path, limits_mg: Mapping[str, float]) -> list[Course]:
    subjects = load_nonmem(path, set(limits_mg), columns=COVARIATES, dose_limits_mg=limits_mg)
    courses = [course_from_subject(subject, path.name) for subject in subjects]
    if len(courses) == 1:
        return courses
    return [replace(c, title=f"{c.title}, ID {c.subject.id}") for c in courses]


def folder_names(courses: list[Course]) -> list[str]:
    """A folder name for each subject: its ID with other signs than letters, digits, . and - out.

    Raises InputError where two IDs give one name.
    """
    names: list[str] = []
    for course in courses:
        name = re.sub(r"[^\w.-]", "_", course.subject.id).strip(".") or "_"
        if name.lower() in (known.lower() for known in names):
            allowed = "IDs that differ by letters or digits, as each names a folder"
            raise InputError("", "ID", course.subject.id, allowed)
        names.append(name)
    return names
