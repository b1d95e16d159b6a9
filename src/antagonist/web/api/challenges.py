"""The challenge test for programs: begun where it is permitted, stepped, aborted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field, model_validator

from antagonist.feedback.database import reading
from antagonist.foundation.errors import InputError
from antagonist.web.actions import challenge_rows, challenges
from antagonist.web.actions.challenge_rows import Challenge, Entry
from antagonist.web.api.common import Key, PatientId, Sent, Text
from antagonist.web.forms import once
from antagonist.web.visit import Visit, program

router = APIRouter(tags=["challenge test"])
Reading = Annotated[Visit, Depends(program("screening.read"))]
Running = Annotated[Visit, Depends(program("challenge.run"))]
ChallengeId = Annotated[str, Path(description="The test's id.", max_length=36)]
Version = Annotated[int, Field(ge=1, le=10_000, description="As read; another since is a 409.")]
LONGEST_S = 4 * 3600.0
REFUSED = "refused "  # before the id of the decision, in what a request came to


class Begin(Sent):
    """Which test, for which product."""

    protocol: Literal["iv", "sc", "confirm"]
    product: Text
    jurisdiction: Text | None = None
    never_tested: bool = Field(
        default=False,
        description="Asked: no naloxone test was ever done. It goes on the record.",
    )


class Step(Sent):
    """What was done or seen now. signs: before the test those that are there; during it those that
    appeared or grew worse, where none seen is an empty list and no word is refused. route,
    observe_s: only where the protocol names none, by a prescriber.
    """

    version: Version
    kind: Literal["baseline", "given", "observed", "interrupted", "resumed"]
    signs: tuple[Text, ...] = Field(default=(), max_length=60, strict=False)
    step: int | None = Field(default=None, ge=0, le=20, description="Of a dose: which, from 0.")
    route: Literal["iv", "sc", "im"] | None = None
    observe_s: float | None = Field(default=None, gt=0, le=LONGEST_S)

    @model_validator(mode="after")
    def _looked(self) -> Step:
        if self.kind == "observed" and "signs" not in self.model_fields_set:
            allowed = "the signs of what was observed; none seen is an empty list"
            raise InputError("", "signs", None, allowed)
        return self


class Abort(Sent):
    """Why a test is ended without a result."""

    version: Version
    reason: Text


class Done(BaseModel):
    """One thing that was done."""

    kind: str
    at: datetime
    by: str
    signs: tuple[str, ...]
    step: int | None
    note: str | None


class ChallengeState(BaseModel):
    """A test and where it stands. state: of the protocol; until: of the watching or to resume."""

    challenge: str
    protocol: str
    product: str
    decision: str
    status: Literal["under_way", "finished", "aborted"]
    version: int
    state: str
    step: int
    until: datetime | None
    new_signs: tuple[str, ...]
    repeat_from: datetime | None
    done: tuple[Done, ...]


@router.post("/patients/{patient}/challenges", status_code=201)
def begin(visit: Running, patient: PatientId, sent: Begin, key: Key) -> ChallengeState:
    """Screen for the test, keep the decision, and begin; 422 names the decision that refuses."""
    with once(visit, key) as claim:
        if claim.location is None:
            decision, made = challenges.begin(
                claim.visit, patient, sent.product, sent.protocol, sent.jurisdiction,
                never_tested=sent.never_tested,
            )  # fmt: skip
            claim.location = f"{REFUSED}{decision.event_id}" if made is None else made.challenge
    if claim.location.startswith(REFUSED):  # not sooner: the decision that refuses is kept
        allowed = "a patient for whom the screening kept under this id permits the test"
        raise InputError("", "decision", claim.location.removeprefix(REFUSED), allowed)
    return _state(visit, challenges.challenge_of(visit, patient, claim.location))


@router.get("/patients/{patient}/challenges")
def list_challenges(visit: Reading, patient: PatientId) -> list[ChallengeState]:
    """Tests of a patient, newest first."""
    with reading(visit.clinic.engine) as connection:
        found = challenge_rows.of_patient(connection, patient)
    return [_state(visit, one) for one in found]


@router.get("/patients/{patient}/challenges/{challenge}")
def one_challenge(visit: Reading, patient: PatientId, challenge: ChallengeId) -> ChallengeState:
    """A test, and where it stands now."""
    return _state(visit, challenges.challenge_of(visit, patient, challenge))


@router.post("/patients/{patient}/challenges/{challenge}/steps")
def step(
    visit: Running, patient: PatientId, challenge: ChallengeId, sent: Step, key: Key
) -> ChallengeState:
    """Write down what was done now; the server keeps the time and refuses a skipped step."""
    challenges.challenge_of(visit, patient, challenge)
    fields = sent.model_dump(exclude={"version"})
    entry = Entry(at=datetime(1970, 1, 1, tzinfo=UTC), by="", **fields)
    with once(visit, key) as claim:
        if claim.location is None:
            made = challenges.step(claim.visit, patient, challenge, sent.version, entry)
            claim.location = made.challenge
    return _state(visit, challenges.challenge_of(visit, patient, challenge))


@router.post("/patients/{patient}/challenges/{challenge}/abort")
def abort(
    visit: Running, patient: PatientId, challenge: ChallengeId, sent: Abort, key: Key
) -> ChallengeState:
    """End a test without a result."""
    challenges.challenge_of(visit, patient, challenge)
    with once(visit, key) as claim:
        if claim.location is None:
            made = challenges.abort(claim.visit, patient, challenge, sent.version, sent.reason)
            claim.location = made.challenge
    return _state(visit, challenges.challenge_of(visit, patient, challenge))


def _state(visit: Visit, found: Challenge) -> ChallengeState:
    here = challenge_rows.state(found, visit.clinic.now())
    return ChallengeState(
        challenge=found.challenge, protocol=found.protocol, product=found.product,
        decision=found.decision, status=cast("Any", found.status), version=found.version,
        state=here.name, step=here.step, until=here.until, new_signs=here.new_signs,
        repeat_from=here.repeat_from,
        done=tuple(
            Done(kind=e.kind, at=e.at, by=e.by, signs=e.signs, step=e.step, note=e.note)
            for e in found.entries
        ),
    )  # fmt: skip
