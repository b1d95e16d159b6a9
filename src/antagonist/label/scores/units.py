"""Laboratory units at the edge: scores take SI values, formulas were published in mg/dL."""

from __future__ import annotations

# 10 000 over the molar mass in g/mol: 113.12 (creatinine), 584.66 (bilirubin).
CREATININE_UMOL_PER_MG_DL = 88.4
BILIRUBIN_UMOL_PER_MG_DL = 17.104
G_PER_L_PER_G_DL = 10.0


def creatinine_umol_per_l(mg_per_dl: float) -> float:
    """Creatinine in umol/L from mg/dL. Source: molar mass 113.12 g/mol."""
    return mg_per_dl * CREATININE_UMOL_PER_MG_DL


def creatinine_mg_per_dl(umol_per_l: float) -> float:
    """Creatinine in mg/dL from umol/L. Source: molar mass 113.12 g/mol."""
    return umol_per_l / CREATININE_UMOL_PER_MG_DL


def bilirubin_umol_per_l(mg_per_dl: float) -> float:
    """Bilirubin in umol/L from mg/dL. Source: molar mass 584.66 g/mol."""
    return mg_per_dl * BILIRUBIN_UMOL_PER_MG_DL


def bilirubin_mg_per_dl(umol_per_l: float) -> float:
    """Bilirubin in mg/dL from umol/L. Source: molar mass 584.66 g/mol."""
    return umol_per_l / BILIRUBIN_UMOL_PER_MG_DL


def albumin_g_per_l(g_per_dl: float) -> float:
    """Albumin in g/L from g/dL."""
    return g_per_dl * G_PER_L_PER_G_DL
