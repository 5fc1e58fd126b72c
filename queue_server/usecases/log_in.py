"""An officer or admin logs in."""

from __future__ import annotations

from datetime import datetime

from queue_server.contract.refusals import Code, Refusal
from queue_server.usecases.accounts import SESSION, Account, Holder, Passwords, new_token
from queue_server.usecases.ports import IssuedToken


def log_in(account: Account | None, password: str, passwords: Passwords, now: datetime) -> IssuedToken:
    """A session token. Raises ``UNAUTHENTICATED``, with the same words for a wrong name and a wrong password."""
    if not passwords.fits(account.password if account else None, password) or account is None:
        raise Refusal(Code.UNAUTHENTICATED, "name or password is wrong")
    return new_token(Holder(account.hall, account.name, account.role, None, now + SESSION))
