"""Keys that tokens are encrypted with where they are kept.

`TOKEN_KEYS` has one or more, the newest first: all are tried to read, the newest writes. What is
encrypted carries whose it is, so that a row's token is of no use in another row.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final, Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.store.errors import WrongKey

_BETWEEN: Final = "\n"
"""Between whose a secret is and the secret; neither has a line break."""


class TokenKeys:
    """Encrypts with the newest key and decrypts with any (AES-128-CBC with HMAC-SHA256)."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take the keys, the newest first.

        Raises:
            ValueError: there is none, or one of them is no key; the message says which.
        """
        if not keys:
            msg = "there is no key; `python -m bot new-key` makes one"
            raise ValueError(msg)
        found = []
        for number, key in enumerate(keys, 1):
            try:
                found.append(Fernet(key))
            except ValueError:
                msg = f"key {number} of {len(keys)} is no key; `python -m bot new-key` makes one"
                raise ValueError(msg) from None
        self._newest, self._all = found[0], MultiFernet(found)

    @classmethod
    def parse(cls, setting: str) -> Self:
        """Read the setting: keys with commas or spaces between them.

        Raises:
            ValueError: as above.
        """
        return cls(setting.replace(",", " ").split())

    def seal(self, secret: str, of: str) -> str:
        """Encrypt a secret of somebody."""
        return self._newest.encrypt(f"{of}{_BETWEEN}{secret}".encode()).decode()

    def open(self, sealed: str, of: str) -> str:
        """Decrypt a secret of somebody.

        Raises:
            WrongKey: it was sealed with a key that is not there, or for somebody else.
        """
        try:
            whose, _, secret = self._all.decrypt(sealed).decode().partition(_BETWEEN)
        except (InvalidToken, UnicodeDecodeError):
            msg = "none of the keys in TOKEN_KEYS opens a token that is kept"
            raise WrongKey(msg) from None
        if whose != of:
            msg = "a token that is kept was sealed for another workspace"
            raise WrongKey(msg)
        return secret

    def reseal(self, sealed: str, of: str) -> str:
        """Encrypt anew with the newest key; the same where that was done already.

        Raises:
            WrongKey: as above.
        """
        secret = self.open(sealed, of)
        try:
            self._newest.decrypt(sealed)
        except InvalidToken:
            return self.seal(secret, of)
        return sealed

    def ticket(self, purpose: str, now: float) -> str:
        """Something that only who has the keys can make, good for one purpose."""
        nonce = secrets.token_urlsafe(16)
        made = self._newest.encrypt_at_time(f"{purpose} {nonce}".encode(), int(now)).decode()
        # Without the padding, which addresses and cookies would have to escape.
        return made.rstrip("=")

    def is_ticket(self, ticket: str, purpose: str, now: float, life_s: int) -> bool:
        """Whether it was made here, for this purpose, and not longer ago than ``life_s``."""
        try:
            whole = ticket + "=" * (-len(ticket) % 4)
            found = self._all.decrypt_at_time(whole.encode(), life_s, int(now)).decode()
        except (InvalidToken, UnicodeError):
            return False
        return found.startswith(f"{purpose} ")


def new_key() -> str:
    """A new key, by the system's random numbers."""
    return Fernet.generate_key().decode()
