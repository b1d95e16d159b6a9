"""Published formulas. Their constants stand in data/scores/*.yaml, by the names used here."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from antagonist.label.scores.models import rounded
from antagonist.label.scores.units import bilirubin_mg_per_dl, creatinine_mg_per_dl

Coefficients = Mapping[str, float]


def meld_unrounded(
    k: Coefficients,
    *,
    creatinine_umol_per_l: float,
    bilirubin_umol_per_l: float,
    inr: float,
    dialysis: bool,
) -> float:
    """MELD before rounding, 6.43 to k['most'].

    k: data/scores/meld.yaml. dialysis: twice or more in the past week, or 24 h of it without pause.
    Source: OPTN policy 9.1.D (Kamath 2001): values below 1 count as 1, creatinine at most 4 mg/dL.
    """
    least, most = k["least_mg_per_dl_or_inr"], k["creatinine_most_mg_per_dl"]
    stated = creatinine_mg_per_dl(creatinine_umol_per_l)
    creatinine = most if dialysis else min(max(stated, least), most)
    bilirubin = max(bilirubin_mg_per_dl(bilirubin_umol_per_l), least)
    sum_of_logs = (
        k["ln_creatinine"] * math.log(creatinine)
        + k["ln_bilirubin"] * math.log(bilirubin)
        + k["ln_inr"] * math.log(max(inr, least))
        + k["intercept"]
    )
    return min(k["scale"] * sum_of_logs, k["most"])


def meld(
    k: Coefficients,
    *,
    creatinine_umol_per_l: float,
    bilirubin_umol_per_l: float,
    inr: float,
    dialysis: bool,
) -> float:
    """MELD, a whole number from 6 to 40. Source and arguments: see meld_unrounded."""
    raw = meld_unrounded(
        k,
        creatinine_umol_per_l=creatinine_umol_per_l,
        bilirubin_umol_per_l=bilirubin_umol_per_l,
        inr=inr,
        dialysis=dialysis,
    )
    return rounded(raw, 0)


def _sodium_deficit(k: Coefficients, sodium_mmol_per_l: float) -> float:
    bounded = min(max(sodium_mmol_per_l, k["sodium_least"]), k["sodium_most"])
    return k["sodium_most"] - bounded


def meld_na(
    k: Coefficients,
    *,
    creatinine_umol_per_l: float,
    bilirubin_umol_per_l: float,
    inr: float,
    dialysis: bool,
    sodium_mmol_per_l: float,
) -> float:
    """MELD with sodium as the US allocation used it from 2016, whole, 6 to 40.

    Sodium counts only while the rounded MELD is above k['meld_above'].
    Source: OPTN policy 9.1.D of January 2016.
    """
    initial = meld(
        k,
        creatinine_umol_per_l=creatinine_umol_per_l,
        bilirubin_umol_per_l=bilirubin_umol_per_l,
        inr=inr,
        dialysis=dialysis,
    )
    if initial <= k["meld_above"]:
        return initial
    deficit = _sodium_deficit(k, sodium_mmol_per_l)
    raised = initial + k["sodium"] * deficit - k["sodium_meld"] * initial * deficit
    return min(rounded(raised, 0), k["most"])


def meld_na_2008(
    k: Coefficients,
    *,
    creatinine_umol_per_l: float,
    bilirubin_umol_per_l: float,
    inr: float,
    dialysis: bool,
    sodium_mmol_per_l: float,
) -> float:
    """MELD with sodium as first published, not rounded, 6.4 to 40. Source: Kim 2008."""
    initial = meld_unrounded(
        k,
        creatinine_umol_per_l=creatinine_umol_per_l,
        bilirubin_umol_per_l=bilirubin_umol_per_l,
        inr=inr,
        dialysis=dialysis,
    )
    deficit = _sodium_deficit(k, sodium_mmol_per_l)
    return initial + deficit - k["sodium_meld"] * initial * deficit


def cockcroft_gault(
    k: Coefficients,
    *,
    age_years: float,
    weight_kg: float,
    creatinine_umol_per_l: float,
    sex: str,
) -> float:
    """Creatinine clearance in mL/min. Source: Cockcroft and Gault 1976."""
    creatinine = creatinine_mg_per_dl(creatinine_umol_per_l)
    clearance = (k["age_from"] - age_years) * weight_kg / (k["divisor"] * creatinine)
    return clearance * (k["female"] if sex == "female" else 1.0)


def ckd_epi_2021(
    k: Coefficients, *, age_years: float, creatinine_umol_per_l: float, sex: str
) -> float:
    """Estimated filtration rate in mL/min/1.73 m2 from creatinine. Source: Inker 2021."""
    ratio = creatinine_mg_per_dl(creatinine_umol_per_l) / k[f"kappa_{sex}_mg_per_dl"]
    below = min(ratio, 1.0) ** k[f"alpha_{sex}"]
    above = max(ratio, 1.0) ** k["above"]
    factor = k["female"] if sex == "female" else 1.0
    return float(k["scale"] * below * above * k["per_year"] ** age_years * factor)


def fib_4(
    k: Coefficients,
    *,
    age_years: float,
    ast_u_per_l: float,
    alt_u_per_l: float,
    platelets_10_9_per_l: float,
) -> float:
    """FIB-4: age x AST over platelets x ALT to the power k['alt_power']. Source: Sterling 2006."""
    return float(age_years * ast_u_per_l / (platelets_10_9_per_l * alt_u_per_l ** k["alt_power"]))


def apri(
    k: Coefficients,
    *,
    ast_u_per_l: float,
    ast_upper_limit_u_per_l: float,
    platelets_10_9_per_l: float,
) -> float:
    """APRI: AST in upper limits of normal over platelets, times k['scale']. Source: Wai 2003."""
    return ast_u_per_l / ast_upper_limit_u_per_l / platelets_10_9_per_l * k["scale"]


FORMULAS: Mapping[str, Callable[..., float]] = {
    "meld": meld,
    "meld_na": meld_na,
    "meld_na_2008": meld_na_2008,
    "cockcroft_gault": cockcroft_gault,
    "ckd_epi_2021": ckd_epi_2021,
    "fib_4": fib_4,
    "apri": apri,
}
