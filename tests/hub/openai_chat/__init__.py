"""Chat completions read into the hub and written from it."""
