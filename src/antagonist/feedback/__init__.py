"""Feedback: what comes back from a patient, kept, alarmed and answered for."""
