"""The kernel's inner loops as machine code: written in Python, compiled once at set-up."""
