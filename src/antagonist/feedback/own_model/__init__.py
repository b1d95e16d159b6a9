"""The patient's own model: what levels and evidence of intake say of one patient."""
