"""Passwords are kept as argon2id hashes."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Argon2Passwords:
    """19 MiB and two passes, as OWASP recommends: some 30 ms of one core for each try."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._nobody: str | None = None

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def fits(self, hashed: str | None, password: str) -> bool:
        if hashed is None and self._nobody is None:
            self._nobody = self._hasher.hash("nobody")
        try:
            self._hasher.verify(hashed or self._nobody or "", password)
        except (VerificationError, InvalidHashError):
            return False
        return hashed is not None
