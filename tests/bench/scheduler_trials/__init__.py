"""What the tests and the measurements of the scheduler share: a hall that calls by our rules, and second opinions."""
