"""The line to the queue server: asking, telling, keeping up, and knowing when it is away."""
