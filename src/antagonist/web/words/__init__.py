"""What the record, the alarms and the plans say, in the reader's words: one module a subject."""
