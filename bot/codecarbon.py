"""What CodeCarbon tells of a run, as JSON over HTTP and as a row of ``emissions.csv``.

It tells when the run is over, and at every ``flush()`` what was measured up to then, in total.

The fields are those of its ``EmissionsData``: energy in kWh, emissions in kgCO2e, duration in s.
https://github.com/mlco2/codecarbon/blob/master/codecarbon/output_methods/emissions_data.py
"""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.i18n import Text, text
from bot.i18n.documents import field_text
from bot.store.measurements import Measurement

_KEPT: Final = (
    "timestamp",
    "duration",
    "emissions",
    "energy_consumed",
    "cpu_energy",
    "gpu_energy",
    "ram_energy",
    "country_iso_code",
    "cloud_provider",
    "cloud_region",
    "gpu_count",
    "gpu_model",
    "pue",
    "tracking_mode",
    "codecarbon_version",
)
"""What is kept of it. Who ran it, on which machine and where on the map is nobody's business."""
_LONGEST: Final = 255


class NoMeasurement(Exception):
    """What arrived is no measurement; the message says which field is wrong.

    Attributes:
        why: the message, to be worded in the language of who reads it.
    """

    def __init__(self, why: Text) -> None:
        super().__init__(str(why))
        self.why = why


_NO_CHARACTERS: Final = re.compile("[\0\ud800-\udfff]")
"""What JSON can say and no database keeps: NUL, and halves of a character."""


def _plain(value: object) -> object:
    return _NO_CHARACTERS.sub("", value).strip() if isinstance(value, str) else value


def _blank(value: object) -> object:
    return None if value == "" else value


_Figure = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]


class _EmissionsData(BaseModel):
    """The fields that the ledger needs."""

    model_config = ConfigDict(extra="ignore")

    run_id: Annotated[str, BeforeValidator(_plain), Field(min_length=1, max_length=64)]
    project_name: Annotated[str, BeforeValidator(_plain), Field(max_length=_LONGEST)] = ""
    energy_consumed: _Figure
    emissions: Annotated[_Figure | None, BeforeValidator(_blank)] = None
    duration: Annotated[_Figure | None, BeforeValidator(_blank)] = None


def measurement_in(document: object) -> Measurement:
    """The measurement in what arrived.

    Raises:
        NoMeasurement: a field is missing or wrong.
    """
    if not isinstance(document, dict):
        raise NoMeasurement(text("send one JSON object: CodeCarbon's EmissionsData"))
    try:
        found = _EmissionsData.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise NoMeasurement(field_text(first)) from None
    return Measurement(
        external_id=found.run_id,
        project=found.project_name,
        energy_kwh=found.energy_consumed,
        emissions_kgco2e=found.emissions,
        duration_s=found.duration,
        document=_kept(document),
    )


def _kept(document: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name in _KEPT:
        value = _plain(document.get(name))
        if isinstance(value, str):
            value = value[:_LONGEST]
        # Python's JSON reads NaN and numbers of any length; others, and databases, do not.
        if isinstance(value, str) or (isinstance(value, int | float) and _is_number(value)):
            kept[name] = value
    return kept


def _is_number(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
