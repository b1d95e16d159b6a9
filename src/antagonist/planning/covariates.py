"""What the model may know of a patient, from the facts of the patient's file."""

from __future__ import annotations

from collections.abc import Mapping

from antagonist.label.facts import Facts

LIVER: Mapping[object, str] = {
    "none": "normal",
    "compensated": "compensated_cirrhosis",
    "decompensated": "decompensated_cirrhosis",
}
NUMBERS: Mapping[str, str] = {
    "weight_kg": "weight_kg",
    "age_years": "age_y",
    "creatinine_clearance_ml_per_min": "creatinine_clearance_ml_per_min",
}


def covariates_of(facts: Facts) -> dict[str, float | str | bool]:
    """Covariates as the model files name them; what is not known is left out."""
    known = {name: fact.value for name, fact in facts.items() if fact.state == "known"}
    found: dict[str, float | str | bool] = {}
    for fact, name in NUMBERS.items():
        value = known.get(fact)
        if isinstance(value, float):
            found[name] = value
    if known.get("sex") in ("male", "female"):
        found["sex"] = str(known["sex"])
    if known.get("cirrhosis") in LIVER:
        found["liver"] = LIVER[known["cirrhosis"]]
    if known.get("opioid_dependence") == "current" or known.get("alcohol_dependence") is True:
        found["opioid_or_alcohol_dependent"] = True
    return found
