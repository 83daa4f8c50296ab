"""The vocabulary: frozen values and arithmetic. No I/O, no asyncio, imports nothing of ours."""
