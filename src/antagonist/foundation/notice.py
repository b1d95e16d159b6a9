"""The plain statement that every document carries."""

STATEMENT = "Decision support for professionals, not a certified medical device."
