"""The clinic: a web app where the record, the label and the forecast meet."""
