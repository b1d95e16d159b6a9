"""Instruction: what the label says, as data, and the questions it answers."""
