"""A demo clinic: invented patients, told relative to now, written by the record's own calls."""

from antagonist.web.demo.making import DEMO, PROGRAM, make_demo
from antagonist.web.demo.story import DemoClinic, DemoPatient, demo_clinic

__all__ = ["DEMO", "PROGRAM", "DemoClinic", "DemoPatient", "demo_clinic", "make_demo"]
