"""What to do next: when a level would tell most, and which regimen to offer."""
