"""The server's face: JSON for terminals and integrators, an event stream, pages and files."""
