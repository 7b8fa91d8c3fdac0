"""From a command to the run that is estimated: what it says, and this channel's settings."""

from __future__ import annotations

from dataclasses import dataclass

from bot.asker import Asker
from bot.blocks.calibration import in_force, overhead_in_force
from bot.i18n import Text, text
from bot.language import LanguageError, parse, to_text
from bot.language.normalise import normalise
from bot.language.parser import Command
from bot.live.zones import fits
from estimator import FactorSet, TrainingRun


@dataclass(frozen=True, slots=True)
class Reading:
    """A command as it was understood.

    Attributes:
        run: the run, with this channel's settings where the command says nothing.
        public: whether the channel sees the answer.
        from_settings: what was taken from the settings.
        live: whether the grid as it is now is asked for.
    """

    run: TrainingRun
    public: bool
    from_settings: tuple[Text, ...] = ()
    live: bool = False


def read(command: str, asker: Asker, *, live_too: bool = False) -> Reading:
    """Understand a command.

    Args:
        command: the command.
        asker: who asks, and with which settings.
        live_too: whether the grid as it is now can be asked for.

    Raises:
        LanguageError: it cannot be understood.
    """
    return with_settings(understood(command, asker, live_too=live_too), asker)


def understood(command: str, asker: Asker, *, live_too: bool = False) -> Command:
    """Understand a command, without this channel's settings.

    Raises:
        LanguageError: it cannot be understood.
    """
    said = parse(command, asker.catalogue)
    _check_live(said, command, asker, live_too=live_too)
    return said


def with_settings(said: Command, asker: Asker) -> Reading:
    """What a command said, with this channel's settings where it says nothing."""
    preferences = asker.preferences
    public = said.public or bool(preferences.public)
    run = said.run
    if preferences.is_empty or run.factors is FactorSet.ARTICLE:
        return Reading(run, public, live=said.live)
    article = preferences.factors is FactorSet.ARTICLE and not said.live
    if article and _the_article_knows(run, asker):
        changed = run.model_copy(update={"factors": FactorSet.ARTICLE})
        return Reading(changed, public, (text("factors article"),))
    update: dict[str, object] = {}
    taken: list[Text] = []
    if run.location is None and preferences.location is not None:
        update["location"] = preferences.location
        taken.append(text("in {place}", place=preferences.location))
    # A data centre's PUE goes with its place: not with another that the command names.
    at_home = run.location is None or run.location == preferences.location
    if at_home and run.pue is None and preferences.pue is not None and run.energy_kwh is None:
        update["pue"] = preferences.pue
        taken.append(text("PUE {pue:g}", pue=preferences.pue))
    years = preferences.lifetime_years
    if run.lifetime_years is None and years is not None and run.devices:
        update["lifetime_years"] = years
        taken.append(text("lifetime {years:g} years", years=years))
    calibration = preferences.calibration
    if calibration is not None and run.devices and run.energy_kwh is None:
        if run.utilisation is None:
            # It is among the asker's factors, with its range.
            taken.append(in_force(calibration))
        if run.overhead is None and calibration.overhead is not None:
            update["overhead"] = calibration.overhead
            taken.append(overhead_in_force(calibration))
    return Reading(run.model_copy(update=update), public, tuple(taken), said.live)


def _check_live(said: Command, command: str, asker: Asker, *, live_too: bool) -> None:
    if said.live and not live_too:
        plain = normalise(command)
        raise LanguageError(
            "live_here",
            text("“live” is understood where the estimate of one run is asked for, and not here."),
            plain,
            (0, len(plain)),
            to_text(said.run, public=said.public),
        )
    live = said.run.live
    if live is not None and not fits(live, said.run, asker.catalogue):
        plain = normalise(command)
        without = to_text(said.run.model_copy(update={"live": None}), public=said.public)
        raise LanguageError(
            "live_elsewhere",
            text(
                "The live figure is of zone {zone}, which is not that of {place}: write `live` "
                "alone for the newest one.",
                zone=live.zone,
                place=str(said.run.location),
            ),
            plain,
            (0, len(plain)),
            f"{without} live" if live_too else without,
        )


def _the_article_knows(run: TrainingRun, asker: Asker) -> bool:
    """Whether a run says no more than the article's factors can answer."""
    known = {name.casefold() for name in asker.catalogue.article}
    if not run.devices or any(entry.quantity is None for entry in run.devices):
        return False
    plain = TrainingRun(devices=run.devices)
    return run == plain and all(entry.device.casefold() in known for entry in run.devices)
