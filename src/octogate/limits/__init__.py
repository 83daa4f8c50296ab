"""How much: exact limits as pure transitions over a state and a moment, and the stores that keep such states."""
