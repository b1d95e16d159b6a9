"""The whole calibration of one structure, and the choice of shares between structures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from antagonist.foundation.data import read_yaml
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.agonists import heroin_equivalent
from antagonist.pharmacology.calibration.answers import Point, Problem, answer_study, start
from antagonist.pharmacology.calibration.fit import State, at_bounds, minimise
from antagonist.pharmacology.calibration.left_out import Forecasted, leave_each_out
from antagonist.pharmacology.calibration.observations import Question, load_questions
from antagonist.pharmacology.calibration.scales import off_scale
from antagonist.pharmacology.calibration.variability import Variability, fit_variability
from antagonist.pharmacology.catalogue import formulations, structure
from antagonist.pharmacology.subjects import Estimates, backward, forward

Floats = NDArray[np.float64]
STRUCTURES = ("slow_plasma", "slow_effect", "slow_both", "slow_both_parent_only")
# Parameters whose likelihood is profiled: what the structures disagree on.
PROFILED = ("w_6bn", "ke0", "K_mu", "deep_half_life_h")


@dataclass(frozen=True)
class StructureFit:
    """Everything the calibration knows of one structure."""

    name: str
    state: State
    variability: Variability
    left_out: tuple[Forecasted, ...]
    bounds: tuple[str, ...]
    modes: tuple[float, ...]
    profiles: Mapping[str, tuple[tuple[float, float], ...]]

    @property
    def log_score(self) -> float:
        """Sum of the log scores of every left-out row."""
        return sum(f.log_score for f in self.left_out)


def evidence_folder() -> Path:
    """The published observations that come with the project.

    Raises InputError where the package was installed without them.
    """
    here = Path(__file__).resolve()
    for folder in (here.parents[2] / "evidence", here.parents[4] / "evidence"):
        if (folder / "observations.csv").exists():
            return folder
    raise InputError("evidence", "", None, "the project's evidence folder (run from a clone)")


def evidence_questions(folder: Path | None = None) -> tuple[Question, ...]:
    """Every row of the evidence as a question."""
    folder = folder or evidence_folder()
    files = ("observations.csv", "label_rows.csv")
    return tuple(
        q
        for file in files
        for q in load_questions(folder / file, formulations(), folder / "rows.yaml")
    )


def problem(name: str, questions: Sequence[Question]) -> Problem:
    """A structure with the rows that calibrate it."""
    kept = tuple(q for q in questions if q.use == "calibrates")
    return Problem(structure(name), formulations(), heroin_equivalent, kept)


def _jittered(p: Problem, rng: np.random.Generator) -> Point:
    point, parameters = start(p), p.parameters
    theta = {
        n: x + 0.7 * parameters[n].prior_sd * rng.standard_normal() for n, x in point.theta.items()
    }
    return replace(point, theta=theta)


def _profile(p: Problem, state: State, name: str) -> tuple[tuple[float, float], ...]:
    """Value and rise of the cost with one parameter held, the others refitted briefly."""
    names = list(state.point.theta)
    i = names.index(name)
    sd = float(np.sqrt(np.linalg.inv(state.hessian)[i, i]))
    definition = p.parameters[name]
    found = []
    for step in (-2.0, -1.0, 1.0, 2.0):
        phi = state.point.theta[name] + step * sd
        value = float(backward(np.array(phi), definition.transform))
        fixed = definition.model_copy(update={"value": value, "prior_sd": 0.0, "bounds": None})
        held = p.structure.model_copy(
            update={"parameters": {**p.structure.parameters, name: fixed}}
        )
        theta = {n: x for n, x in state.point.theta.items() if n != name}
        refit = minimise(
            replace(p, structure=held), replace(state.point, theta=theta),
            rounds=1, steps=25,
        )  # fmt: skip
        prior = ((phi - forward(definition.value, definition.transform)) / definition.prior_sd) ** 2
        found.append((value, refit.cost + prior / 2 - state.cost))
    return tuple(found)


def calibrate_structure(
    name: str,
    questions: Sequence[Question],
    *,
    seed: int = 2026,
    starts: int = 2,
    left_out: bool = True,
    watch: Callable[[str], None] | None = None,
) -> StructureFit:
    """Fit one structure: mode from several starts, variability, left-out studies, profiles.

    seed: for the jittered starts. watch: told what is being done.
    """

    def tell(text: str) -> None:
        if watch:
            watch(f"{name}: {text}")

    p = problem(name, questions)
    rng = np.random.default_rng(seed)
    tell("mode")
    states = [minimise(p, start(p))]
    for n in range(starts - 1):
        tell(f"mode from start {n + 2}")
        states.append(minimise(p, _jittered(p, rng)))
    state = min(states, key=lambda s: s.cost)
    tell("variability")
    for _ in range(2):
        variability = fit_variability(p.structure, p.parameters, state.answers)
        point = replace(state.point, between_subject=variability.sd)
        state = minimise(p, point, rounds=2, steps=8)
    forecasts: list[Forecasted] = []
    profiles: dict[str, tuple[tuple[float, float], ...]] = {}
    if left_out:
        for n, study in enumerate(p.studies):
            tell(f"left out {n + 1}/{len(p.studies)}")
            forecasts += leave_each_out(p, state.point, [study])
        for parameter in (n for n in PROFILED if n in state.point.theta):
            tell(f"profile of {parameter}")
            profiles[parameter] = _profile(p, state, parameter)
    costs = tuple(round(s.cost, 3) for s in states)
    return StructureFit(
        name, state, variability, tuple(forecasts), at_bounds(p, state.point), costs, profiles
    )


def estimates_of(fit: StructureFit) -> Estimates:
    """The normal posterior of the typical parameters."""
    names = tuple(fit.state.point.theta)
    inverse = np.asarray(np.linalg.inv(fit.state.hessian), dtype=np.float64)
    covariance = inverse[: len(names), : len(names)]
    mean = np.array(list(fit.state.point.theta.values()), dtype=np.float64)
    return Estimates(names, mean, covariance, fit.variability.sd, fit.variability.log_sd)


def shares(
    fits: Sequence[StructureFit], targets: Mapping[str, Sequence[TargetResult]]
) -> dict[str, float]:
    """Share of each structure in every printed interval.

    A structure takes part if its left-out log score is within two standard errors of the best
    one's (paired over rows) or it meets every target; those that take part share equally. Without
    left-out predictions all do.
    """
    best = max(fits, key=lambda f: f.log_score)
    if not best.left_out:
        return {fit.name: 1 / len(fits) for fit in fits}
    kept = []
    for fit in fits:
        gap = np.array(
            [b.log_score - f.log_score for b, f in zip(best.left_out, fit.left_out, strict=True)]
        )
        error = float(np.std(gap, ddof=1) * np.sqrt(len(gap)))
        near = float(gap.sum()) <= 2 * error
        meets = all(t.met for t in targets[fit.name])
        if fit is best or near or meets:
            kept.append(fit.name)
    return {fit.name: (1 / len(kept) if fit.name in kept else 0.0) for fit in fits}


@dataclass(frozen=True)
class TargetResult:
    """One thing that must come out. in_study: with the study's effects; average: without."""

    id: str
    what: str
    low: float
    high: float
    in_study: float
    average: float
    source: str

    @property
    def met(self) -> bool:
        """Whether the value with the study's own effects lies in the bounds."""
        return self.low <= self.in_study <= self.high


def target_results(fit: StructureFit, questions: Sequence[Question]) -> list[TargetResult]:
    """Every target of evidence/targets.yaml under one structure."""
    by_id = {q.row_id: q for q in questions}
    p = problem(fit.name, questions)
    lone = replace(fit.state.point, effects={})
    results = []
    targets: list[dict[str, Any]] = read_yaml(evidence_folder() / "targets.yaml")["targets"]
    for target in targets:
        seen: dict[str, float] = {}
        for label, point in (("in_study", fit.state.point), ("average", lone)):
            values = []
            for row in target["rows"]:
                q = by_id[row]
                if "at_h" in target:
                    q = q.model_copy(update={"time_h": target["at_h"]})
                one = replace(p, questions=(q,))
                answer = answer_study(one, q.study, point)[0]
                values.append(float(off_scale(np.asarray(answer.typical), q.scale)))
            seen[label] = float(np.mean(values))
        results.append(
            TargetResult(
                target["id"], target["what"], target["low"], target["high"],
                seen["in_study"], seen["average"], target["source"],
            )
        )  # fmt: skip
    return results
