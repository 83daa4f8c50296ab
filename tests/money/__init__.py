"""Prices and what calls cost."""
