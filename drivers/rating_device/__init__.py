"""Rating boxes at windows."""
