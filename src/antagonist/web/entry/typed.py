"""What stands in a form before anybody types: defaults, or the event that is corrected."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from antagonist.feedback.state_model import PatientState, PlannedOnRecord
from antagonist.label.formulary import products
from antagonist.web.entry.model import FormField
from antagonist.web.entry.reading import NONE
from antagonist.web.entry.subjects import VALUES

OCCURRED = "occurred_at"
ROUTE_OF = {"dose": "oral", "dispensed": "oral", "injection": "im_xr", "implant_in": "implant"}
OTHER_SIDE = {"left": "right", "right": "left"}
# The planned dose that a dose stands for is looked for within this of now; a project value.
NEAR = timedelta(hours=36)
# A planned dose is due this long before its time, and without a plan the next one this long after
# the last: what is not due gets no button that records it at once. Project values.
EARLY, APART = timedelta(hours=4), timedelta(hours=12)
CTCAE = "5.0"  # the version in force, US National Cancer Institute, November 2017


@dataclass(frozen=True)
class Known:
    """What defaults are taken from. now: aware, in the reader's zone. of: as in ``fields_of``."""

    kind: str
    state: PatientState
    now: datetime
    me: str
    of: str | None = None

    @property
    def minute(self) -> datetime:
        """Now, to the minute: nobody means the second."""
        return self.now.replace(second=0, microsecond=0)

    @property
    def route(self) -> str | None:
        """Route of the kind; None where it has none."""
        return ROUTE_OF.get(self.kind)

    def planned(self) -> Sequence[PlannedOnRecord]:
        """Planned doses of the route near now that no recorded dose stands for, nearest first."""
        plan = self.state.plan
        if plan is None or plan.document.get("route") != self.route:
            return ()
        had = {datetime.fromisoformat(d.planned_at) for d in self.state.doses if d.planned_at}
        near = [d for d in plan.doses if abs(d.at - self.now) <= NEAR and d.at not in had]
        return sorted(near, key=lambda dose: abs(dose.at - self.now))

    def due(self) -> PlannedOnRecord | None:
        """The planned dose that is due now; None where none is."""
        return next((dose for dose in self.planned() if dose.at <= self.now + EARLY), None)

    def may_be_at_once(self) -> bool:
        """Whether a dose now is what anybody would expect."""
        plan = self.state.plan
        if plan is not None and plan.document.get("route") == self.route:
            return self.due() is not None
        last = [d.at for d in self.state.taken if d.route == self.route]
        return bool(last) and self.now - last[-1] >= APART

    def product(self) -> str | None:
        """Product of the plan, else the one that was last given by the route."""
        plan = self.state.plan
        if plan is not None and self.route in (None, plan.document.get("route")):
            return str(plan.document.get("product"))
        given = [d for d in self.state.doses if d.product and self.route in (None, d.route)]
        return given[-1].product if given else None

    def dose_mg(self) -> float | None:
        """The planned dose, else what was last given by the route, else one unit of a depot."""
        planned = self.due() or next(iter(self.planned()), None)
        if planned is not None:
            return planned.dose_mg
        given = [d for d in self.state.taken if d.route == self.route]
        if given:
            return given[-1].dose_mg
        known = products().get(self.product() or "")
        return known.strength_mg if known is not None and self.route != "oral" else None

    def unit(self, units: Collection[str]) -> str | None:
        """The only unit there is, else the one of the patient's last value; None = to be asked."""
        if len(units) == 1:
            return next(iter(units))
        last = self.state.fact(self.of or "")
        found = None if last is None else last.entry.get("unit")
        return found if found in units else None

    def side(self) -> str | None:
        """The side opposite to the last injection's; None where that is not on record."""
        sides = [d.side for d in self.state.taken if d.side is not None]
        return OTHER_SIDE.get(sides[-1]) if sides else None


def local(at: datetime) -> str:
    """A moment for an input of date and time; with its offset where the clock shows it twice."""
    wall = at.replace(tzinfo=None)
    clear = wall.replace(tzinfo=at.tzinfo, fold=1 - at.fold).utcoffset() == at.utcoffset()
    text = wall.isoformat() if wall.second or wall.microsecond else wall.isoformat("T", "minutes")
    return text if clear else text + at.isoformat()[-len("+00:00") :]


def defaults(fields: Mapping[str, FormField], known: Known) -> dict[str, str]:
    """Text of each input that has a default, by name."""
    found = {OCCURRED: local(known.minute)}
    for name, field in fields.items():
        text = None if field.default is None else _default(field.default, known)
        if name == "unit":
            text = known.unit(field.values)
        if text is not None:
            found[name] = text
    return found


def _default(name: str, known: Known) -> str | None:
    match name:
        case "me" | "source":
            return known.me
        case "now":
            return local(known.minute)
        case "today":
            return known.now.date().isoformat()
        case "product":
            return known.product()
        case "planned_dose":
            dose = known.dose_mg()
            return None if dose is None else f"{dose:g}"
        case "planned_at":
            due = known.due()
            return None if due is None else due.at.isoformat()
        case "other_side":
            return known.side()
        case "ctcae_version":
            return CTCAE
        case _:
            return name


def typed_of(
    fields: Mapping[str, FormField], payload: Mapping[str, Any], now: datetime, prefix: str = ""
) -> dict[str, str]:
    """A payload as the inputs' texts: what reading gives back the same payload.

    now: gives the zone of times.
    """
    found: dict[str, str] = {}
    for name, field in fields.items():
        inside = payload.get("values", {}) if name.startswith(VALUES) else payload
        value = inside.get(name.removeprefix(VALUES))
        if value is not None:
            found |= _typed(field, prefix + name, value, now)
    return found


def _typed(field: FormField, name: str, value: Any, now: datetime) -> dict[str, str]:
    if field.type in ("lines", "rows") and not value:
        return {name + NONE: "yes"}
    match field.type:
        case "yes_no":
            return {name: "yes" if value else "no"}
        case "time":
            return {name: _moment(str(value), now)}
        case "approximate" if isinstance(value, Mapping):
            return {name: f"{value['from']}..{value['to']}"}
        case "lines":
            return {name: "\n".join(map(str, value))}
        case "words":
            return {name: ", ".join(map(str, value))}
        case "several":
            chosen = [value] if isinstance(value, str) else value
            return {f"{name}.{one}": "yes" for one in chosen}
        case "results":
            return {f"{name}.{key}": str(one) for key, one in value.items()}
        case "rows":
            found: dict[str, str] = {}
            for n, row in enumerate(value):
                found |= typed_of(field.fields, row, now, f"{name}.{n}.")
            return found
        case _:
            return {name: _decimal(value) if isinstance(value, float) else str(value)}


def _decimal(value: float) -> str:
    """A number with all its digits and no exponent."""
    return f"{Decimal(repr(value)):f}".removesuffix(".0")


def _moment(text: str, now: datetime) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if at.tzinfo is None else local(at.astimezone(now.tzinfo))
