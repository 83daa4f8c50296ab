"""Stage 7: try the plan's targets until one answers."""
