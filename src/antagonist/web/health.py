"""Health: whether the process lives, and whether it can serve. No sign-in, no details."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from antagonist.feedback.database import check_revision, reading
from antagonist.feedback.handover import check_keys
from antagonist.foundation.errors import InputError
from antagonist.web.accounts.tables import CLINIC
from antagonist.web.visit import clinic_of

router = APIRouter(prefix="/health", include_in_schema=False)


@router.get("/live")
def live() -> JSONResponse:
    """The process answers."""
    return JSONResponse({"status": "ok"})


@router.get("/ready")
def ready(request: Request) -> JSONResponse:
    """The database answers, its tables are of this version and its keys are ours."""
    clinic = clinic_of(request)
    try:
        check_revision(clinic.engine)
        check_revision(clinic.engine, CLINIC)
        with reading(clinic.engine) as connection:
            check_keys(connection, clinic.record.keys)
    except InputError:
        return JSONResponse({"status": "not ready"}, 503)
    return JSONResponse({"status": "ok"})
