"""What every room stands on: errors, units, time, content hashes."""
