"""What a dose does: levels, receptor blockade and what would break through."""
