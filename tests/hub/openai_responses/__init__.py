"""OpenAI Responses to and from the hub."""
