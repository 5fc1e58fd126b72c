"""LED bars above windows."""
