"""Antagonist: decision support for naltrexone therapy."""
