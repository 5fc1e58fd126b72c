"""ID-card readers: the resident card and its three relatives."""
