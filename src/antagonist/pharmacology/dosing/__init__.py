"""From courses and NONMEM tables to event records."""

from antagonist.pharmacology.dosing._yaml import load_mapping
from antagonist.pharmacology.dosing.course import load_course, parse_course
from antagonist.pharmacology.dosing.expand import expand_additional, last_dose_h
from antagonist.pharmacology.dosing.nonmem import course_from_subject, load_nonmem
from antagonist.pharmacology.dosing.records import Course, Covariate, EventRecord, Evid, Subject

__all__ = [
    "Course",
    "Covariate",
    "EventRecord",
    "Evid",
    "Subject",
    "course_from_subject",
    "expand_additional",
    "last_dose_h",
    "load_course",
    "load_mapping",
    "load_nonmem",
    "parse_course",
]
