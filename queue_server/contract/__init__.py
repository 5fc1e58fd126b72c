"""The words on the wire: all that kiosks and pages may know of the server."""
