"""Face check, one to one."""
