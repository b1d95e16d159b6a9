"""A record for each test, on both databases, in a place that other processes can open."""

from tests.support.record_fixtures import backend, clock, keys, record, record_url

__all__ = ["backend", "clock", "keys", "record", "record_url"]
