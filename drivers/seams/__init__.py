"""The lines that drivers speak over; only these know pyserial, sockets and PC/SC."""
