"""What the gateway says about itself: metrics, the log, never content and never secrets."""
