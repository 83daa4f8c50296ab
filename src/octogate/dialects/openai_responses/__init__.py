"""OpenAI Responses: native pass-through, and the mappings to and from the hub."""
