"""Outcomes: what treatment achieved, for a patient and for a program, each figure with its rule."""
