"""``/carbon devices [search]``: the accelerators, and what holds several, that can be named."""

from __future__ import annotations

from bot.asker import Asker
from bot.blocks import parts
from bot.blocks.listing import list_message, nothing_found_message
from bot.i18n import text
from bot.message import Message
from estimator.catalogue import device_key


def answer(search: str, asker: Asker) -> Message:
    """A table of what holds ``search`` in its name, its vendor or an alias."""
    catalogue, say = asker.catalogue, asker.say
    wanted = device_key(search)
    rows = [
        [general.name, f"= {general.means}", ""]
        for general in catalogue.general_names.values()
        if any(wanted in device_key(name) for name in (general.name, *general.aliases))
    ]
    for model in catalogue.accelerators.values():
        names = (model.id, model.name, model.vendor, *model.aliases)
        if any(wanted in device_key(name) for name in names):
            embodied = model.embodied_kgco2e
            made = f"{embodied.value:g} kg" if embodied else say("modelled")
            rows.append([model.id, f"{model.power_w.value:g} W", made])
    if search:
        # Without a search the models are more than enough.
        rows += [
            [instance.id, f"= {instance.device_count} × {instance.device}", ""]
            for instance in catalogue.instances.values()
            if any(
                wanted in device_key(name)
                for name in (instance.id, instance.provider, *instance.aliases)
            )
        ]
    if not rows:
        why = text("No device matches “{search}”.", search=parts.cut(search, 40))
        nearest = catalogue.nearest_devices(search)
        return nothing_found_message(why, nearest, "devices h100", say)
    heading = (say("Name"), say("Power"), say("Made with"))
    return list_message(say("Devices"), heading, rows, "devices nvidia", say)
