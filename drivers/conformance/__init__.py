"""What every driver has to stand, asked of the real driver with a simulated device; other makers' drivers, too.

A driver brings a ``Rig`` (rig.py); ``checks.CHECKS`` are asked one by one, ``schedules.run`` plays one random evening
of faults. None of this needs a test framework: whatever is not as it should be raises ``NotConformingError``.
"""
