"""A made-up program of patients, written through the record's own append."""
