"""The data plane. Open `pipeline.py` first."""
