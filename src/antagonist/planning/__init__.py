"""Plans: where the label's limits and the pharmacology's hours meet."""
