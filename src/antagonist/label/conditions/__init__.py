"""Conditions of rules: three-valued, compiled once, for one patient or a table of them."""
