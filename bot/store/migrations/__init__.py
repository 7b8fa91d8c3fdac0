"""The history of the schema, a module each in ``versions``; Alembic runs them."""

from __future__ import annotations

from typing import Final

HEAD: Final = "0004"
"""The newest revision, known without importing Alembic; a test compares it with the scripts."""
