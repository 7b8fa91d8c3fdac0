"""The languages of the bot: sentences as templates, and their words in each language."""

from bot.i18n.say import CHINESE, ENGLISH, LANGUAGES, Say, language_of, say_in
from bot.i18n.text import Text, listed, plural_text, text

__all__ = [
    "CHINESE",
    "ENGLISH",
    "LANGUAGES",
    "Say",
    "Text",
    "language_of",
    "listed",
    "plural_text",
    "say_in",
    "text",
]
