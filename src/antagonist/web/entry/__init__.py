"""Forms of events as data: what is asked, what may be answered, how answers become a payload."""
