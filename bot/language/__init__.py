"""The language of ``/carbon``: command text → specification, and back. Pure."""

from bot.language.errors import LanguageError
from bot.language.parser import Command, is_understood, parse
from bot.language.render import pieces, to_text

__all__ = ["Command", "LanguageError", "is_understood", "parse", "pieces", "to_text"]
