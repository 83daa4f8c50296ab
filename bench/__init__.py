"""Measures Octogate beside nginx and LiteLLM, in one run, on one machine, against one upstream."""
