"""Stage 0: is it a call at all? HTTP/1.1 with strict framing, deadlines and caps."""
