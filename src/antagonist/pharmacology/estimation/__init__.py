"""Random effects of one subject or many, the most probable given their levels (MAP)."""
