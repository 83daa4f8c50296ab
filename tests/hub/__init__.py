"""Every dialect into the hub and out of it."""
