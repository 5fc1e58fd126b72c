"""What is spoken: words, their sounds, clips and the engine that makes new ones."""
