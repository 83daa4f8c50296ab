"""The Gemini dialect as a room of the hub."""
