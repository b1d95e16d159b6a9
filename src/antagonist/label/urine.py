"""Urine drug tests by opioid class: the latest sample counts, and a class not tested is unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from antagonist.foundation.data import near_match
from antagonist.foundation.errors import InputError
from antagonist.label.dates import When, when
from antagonist.label.facts import Fact, fact_types
from antagonist.label.opioid_data import URINE_CLASSES, number, opioid_data
from antagonist.label.patient import Patient, UrineTest


@dataclass(frozen=True)
class Sample:
    """One urine sample. results: opioid class -> analyte -> result. intake: of naltrexone."""

    taken: When
    method: str
    source: str
    creatinine_mg_per_dl: float | None
    results: Mapping[str, Mapping[str, str]]
    intake: Mapping[str, str] = field(default_factory=dict)

    @property
    def dilute(self) -> bool:
        """Whether the sample is too dilute for a negative to count."""
        limit = number("dilute_creatinine_mg_per_dl")
        return self.creatinine_mg_per_dl is not None and self.creatinine_mg_per_dl < limit


def samples(patient: Patient, as_of: datetime) -> tuple[Sample, ...]:
    """Urine samples, oldest first. Raises InputError for an analyte or unit that is not known."""
    found = [
        _sample(test, as_of, patient.source, f"urine_tests[{index}]")
        for index, test in enumerate(patient.urine_tests)
    ]
    return tuple(sorted(found, key=lambda s: s.taken.latest))


def _sample(test: UrineTest, as_of: datetime, source: str, where: str) -> Sample:
    taken = when(test.taken, as_of, source, f"{where}.taken")
    analytes = opioid_data().analytes
    results: dict[str, dict[str, str]] = {}
    intake: dict[str, str] = {}
    for name, result in test.results.items():
        if name not in analytes:
            allowed = near_match(name, analytes)
            raise InputError(source, f"{where}.results", name, allowed)
        if analytes[name].intake:
            intake[name] = result
        else:
            results.setdefault(analytes[name].class_ or "other_opioid", {})[name] = result
    creatinine = _creatinine(test, source, where)
    return Sample(taken, test.method, test.source, creatinine, results, intake)


def _creatinine(test: UrineTest, source: str, where: str) -> float | None:
    if test.creatinine is None:
        return None
    kind = fact_types()["urine_creatinine_mg_per_dl"]
    factor = None if test.creatinine_unit is None else kind.factor(test.creatinine_unit)
    if factor is None:
        allowed = "a unit: " + ", ".join([str(kind.unit), *kind.units])
        raise InputError(source, f"{where}.creatinine_unit", test.creatinine_unit, allowed)
    return test.creatinine * factor


def urine_facts(
    found: Sequence[Sample], as_of: datetime, *, on_naltrexone: bool | None
) -> dict[str, Fact]:
    """Facts of the urine by class.

    found: oldest first. on_naltrexone: whether it was taken in the last 7 days; None = not known.
    A positive oxycodone immunoassay on naltrexone waits for mass spectrometry.
    """
    facts: dict[str, Fact] = {}
    for name in URINE_CLASSES:
        tested = [s for s in found if name in s.results]
        if tested:
            facts[f"urine_{name}"] = _class_fact(name, _last_taken(tested), as_of)
    facts |= _oxycodone(found, facts, as_of, on_naltrexone=on_naltrexone)
    if found:
        facts |= _sample_facts(found[-1], as_of)
    return facts


def _last_taken(tested: Sequence[Sample]) -> list[Sample]:
    """The latest sample, in every method it was read by."""
    return [s for s in tested if s.taken.latest == tested[-1].taken.latest]


def _class_fact(name: str, same: Sequence[Sample], as_of: datetime) -> Fact:
    confirmed = [s for s in same if s.method == "mass_spectrometry"]
    read = confirmed or same
    sample = read[-1]
    lines = [pair for s in read for pair in s.results[name].items()]
    words = {result for _, result in lines}
    state, detail, value = "known", None, "positive" if "positive" in words else "negative"
    if value == "negative" and "invalid" in words:
        state, detail = "unclear", "invalid_sample"
    elif value == "negative" and any(s.dilute for s in read):
        state, detail = "unclear", "dilute_sample"
    elif value == "negative" and not _speaks(name, (analyte for analyte, _ in lines)):
        state, detail = "unclear", "class_not_covered"
    return Fact(
        value if state == "known" else None,
        sample.taken.age_h(as_of),
        sample.taken.text,
        sample.source,
        "known" if state == "known" else "unclear",
        detail,
    )


def _speaks(name: str, analytes: Iterable[str]) -> bool:
    """Whether a negative of these analytes is a negative of the class."""
    return not set(opioid_data().class_analytes[name]).isdisjoint(analytes)


def _oxycodone(
    found: Sequence[Sample],
    facts: Mapping[str, Fact],
    as_of: datetime,
    *,
    on_naltrexone: bool | None,
) -> dict[str, Fact]:
    screens = [s for s in found if "oxycodone" in s.results and s.method == "immunoassay"]
    if not screens:
        return {}
    last = screens[-1]
    positive = "positive" in last.results["oxycodone"].values()
    value = "positive" if positive else "negative"
    result = {
        "oxycodone_immunoassay": Fact(value, last.taken.age_h(as_of), last.taken.text, last.source)
    }
    current = facts["urine_oxycodone"]
    unconfirmed = current.value == "positive" and last.taken.text == current.on
    confirmed = any(
        s.method == "mass_spectrometry" and "oxycodone" in s.results and s.taken == last.taken
        for s in found
    )
    if unconfirmed and not confirmed and on_naltrexone:
        result["urine_oxycodone"] = current._replace(
            value=None, state="unclear", detail="oxycodone_on_naltrexone"
        )
    return result


def _sample_facts(last: Sample, as_of: datetime) -> dict[str, Fact]:
    age_h, text = last.taken.age_h(as_of), last.taken.text
    facts = {"urine_immunoassay_used": Fact(last.method == "immunoassay", age_h, text, last.source)}
    if last.creatinine_mg_per_dl is not None:
        facts["urine_creatinine_mg_per_dl"] = Fact(
            last.creatinine_mg_per_dl, age_h, text, last.source
        )
    return facts
