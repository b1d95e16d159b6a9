"""Every route of an app with the door that it has, and routes of ours that try the doors."""

# no annotations from the future: FastAPI reads those of ``_add``, which name what is local to it
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.routing import iter_route_contexts

from antagonist.web.forms import Form, form
from antagonist.web.permissions import actions
from antagonist.web.visit import Visit, page, program

# What an address has to ask to be answered, by path.
ASKED = {
    "/patients/{patient}/plan/regimens.svg": "?what=oral&start=2030-01-07&clock=09:00&months=6"
    "&clinic_days%5B%5D=mon&clinic_days%5B%5D=thu&jurisdiction=us&prescriber=named"
}


@dataclass(frozen=True)
class Door:
    """A route. action, face: of its door, None where it has none; face: page or program."""

    method: str
    path: str
    action: str | None
    face: str | None

    @property
    def of_patient(self) -> bool:
        """Whether the route is about one patient."""
        return "{patient}" in self.path

    @property
    def asked(self) -> str:
        """The query without which nothing is shown."""
        return ASKED.get(self.path, "")

    def address(self, patient: str) -> str:
        """A path to send a request to."""
        path = self.path.replace("{patient}", patient)
        return re.sub(r"{[^}]*}", str(uuid.UUID(int=7)), path)


def doors(app: Any) -> Iterator[Door]:
    """Every method of every route, files apart."""
    for route in iter_route_contexts(app.routes):
        if route.methods is None:
            continue
        found = _door(getattr(route, "dependant", None))
        for method in sorted(route.methods - {"HEAD"}):
            yield Door(method, str(route.path), *found)


def _door(dependant: Any) -> tuple[str | None, str | None]:
    if dependant is None:
        return None, None
    for each in dependant.dependencies:
        if hasattr(each.call, "action"):
            return each.call.action, each.call.face
    return next((f for f in map(_door, dependant.dependencies) if f[0]), (None, None))


def try_doors(app: Any) -> None:
    """Add a page and an endpoint for every action, and of a patient one that reads and writes."""
    pages, api = APIRouter(prefix="/try"), APIRouter(prefix="/api/v1/try")
    for action in actions():
        _add(pages, action, page(action))
        _add(api, action, program(action))
    app.include_router(pages, include_in_schema=False)
    app.include_router(api, include_in_schema=False)


def _add(router: APIRouter, action: str, door: Any) -> None:
    def read(visit: Annotated[Visit, Depends(door)]) -> dict[str, str]:
        return {"name": visit.account.name}

    def write(
        visit: Annotated[Visit, Depends(door)], sent: Annotated[Form, Depends(form)]
    ) -> dict[str, Any]:
        return {"name": visit.account.name, "sent": sent, "lists": sent.lists}

    router.get(f"/{action}", name=f"{action} read")(read)
    if action == "record.write":
        router.get("/of/{patient}", name="of a patient")(read)
        router.post("/of/{patient}", name="write of a patient")(write)
        router.post(f"/{action}", name="write")(write)
