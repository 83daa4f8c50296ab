"""Limits: what is admitted, and what never is."""
