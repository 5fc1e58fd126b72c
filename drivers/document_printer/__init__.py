"""Printers of A4 pages, reached through CUPS or by IPP."""
