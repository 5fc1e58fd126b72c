"""The front door: the command ``hall``, above every other package."""
