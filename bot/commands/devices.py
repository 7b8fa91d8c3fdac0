"""``/carbon devices [search]``: the accelerators that can be named."""

from __future__ import annotations

from bot.blocks.listing import list_message, nothing_found_message
from bot.message import Message
from estimator import Catalogue
from estimator.catalogue import device_key


def answer(search: str, catalogue: Catalogue) -> Message:
    """A table of the models whose name, vendor or alias holds ``search``."""
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
            made = f"{embodied.value:g} kg" if embodied else "modelled"
            rows.append([model.id, f"{model.power_w.value:g} W", made])
    if not rows:
        nearest = catalogue.nearest_devices(search)
        return nothing_found_message("device", search, nearest, "devices h100")
    return list_message("Devices", ("Name", "Power", "Made with"), rows, "devices nvidia")
