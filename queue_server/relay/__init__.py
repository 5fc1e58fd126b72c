"""What follows from an event: pages, signs, voices and time-outs."""
