"""The clinic in the browser: pages and a JSON API over one record."""
