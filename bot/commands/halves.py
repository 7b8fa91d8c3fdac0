"""A mistake in a part of a command, shown in the whole command."""

from __future__ import annotations

from bot.i18n import Text, text
from bot.i18n.estimates import error_text
from bot.language import LanguageError
from bot.language.normalise import normalise
from estimator import EstimatorError


def within(  # noqa: PLR0913 - the pieces of one sentence
    error: LanguageError,
    *,
    before: str,
    half: str,
    after: str,
    correction: str | None,
    example: str,
) -> LanguageError:
    """The mistake with the rest of the command around it.

    Args:
        error: the mistake in ``half``.
        before: what stands before the half.
        half: the half as it was read.
        after: what stands after it.
        correction: the whole command, corrected.
        example: a whole command that works.
    """
    shown = error.text.removeprefix("…").removesuffix("…")
    # A long command is shown around its mistake alone: find where that piece begins.
    first = max(half.find(shown), 0) - (len(error.text) - len(error.text.removeprefix("…")))
    shift = len(before) + first
    whole = LanguageError(
        error.code,
        error.message,
        f"{before}{half}{after}",
        (error.start + shift, error.end + shift),
        correction,
    )
    whole.example = example
    return whole


def after_word(error: LanguageError, word: str, half: str) -> LanguageError:
    """A mistake in what follows a word such as ``cut``, shown with the word before it."""
    return within(
        error,
        before=word,
        half=normalise(half),
        after="",
        correction=f"{word}{error.correction}" if error.correction else None,
        example=f"{word}{error.example}",
    )


def _why(error: Exception) -> Text | str:
    return error_text(error) if isinstance(error, EstimatorError) else str(error)


def not_computable(error: Exception, said: str) -> LanguageError:
    """A command that is understood, but whose run cannot be estimated."""
    return LanguageError(
        "cannot_estimate",
        text("This cannot be estimated: {why}.", why=_why(error)),
        said,
        (0, len(said)),
        None,
    )
