"""The hall admin's back office: what only admins may see and give out."""
