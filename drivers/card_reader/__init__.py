"""Readers of chip cards over PC/SC: social-security cards, and the number of any other."""
