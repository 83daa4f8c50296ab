"""Anthropic messages read into the hub and written from it."""
