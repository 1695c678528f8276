"""Cities to talk to."""
