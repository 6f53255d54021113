"""An instructor's own secret, by which a student has an id that leads back to no name."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets

from prodgen_lib.paths import home


def salt() -> bytes:
    """The secret, made once and kept in ``PRODGEN_HOME`` for this user alone.

    With it the same student has the same id in every table; without it nobody can find out whose
    an id is by trying names.
    """
    path = home() / "salt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    return bytes.fromhex(path.read_text(encoding="ascii").strip())


def salted(key: str, secret: bytes) -> str:
    """A student's id: twelve hex digits that only who has the salt can lead back to a name."""
    data = key.encode("utf-8", "replace")
    return hmac.new(secret, data, hashlib.sha256).hexdigest()[:12]
