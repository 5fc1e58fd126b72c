"""The rules of a service hall as functions of values: no clock, no SQL, no network."""
