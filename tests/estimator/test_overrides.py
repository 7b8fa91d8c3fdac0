"""An organisation's factor file: what it changes, how it is shown, and how it is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from estimator import DataError, DeviceQuantity, TrainingRun, estimate, load_default
from estimator.__main__ import main
from estimator.overrides import apply, factors, mark, parse_overrides, units

CATALOGUE = load_default()
SOURCE = (
    'source = { title = "Rack meters, hall 2", publisher = "Example Ltd", year = 2026, '
    'url = "https://example.org/meters", licence = "internal" }'
)
POWER = f"""
["H100-SXM5-80GB.power_w"]
value = 500
unit = "W"
basis = "measured"
{SOURCE}
"""
HEADER = "id,value,low,high,unit,basis,title,publisher,year,url,licence,note"
ROW = "measured,Meters,Example Ltd,2026,https://example.org/meters,internal,"
RUN = TrainingRun(
    devices=(DeviceQuantity(device="H100", quantity=8),),
    duration_h=100,
    location="eu-west-1",
    utilisation=1,
)


def test_a_power_is_overridden_and_the_answer_says_so() -> None:
    """8 × 100 h × 500 W = 400 kWh in the accelerators, instead of 560 at 700 W."""
    overrides = parse_overrides(POWER, "ours.toml", CATALOGUE)
    catalogue = apply(CATALOGUE, overrides)
    found = mark(estimate(RUN, catalogue), overrides)

    assert found.breakdown
    assert found.breakdown.accelerator_kwh == pytest.approx(400)
    assert found.catalogue_version == f"{CATALOGUE.version}+{overrides.digest}"
    note = found.assumptions[0]
    assert note.code == "override"
    assert note.text == "H100-SXM5-80GB.power_w = 500 W is taken from ours.toml."
    cited = next(f for f in found.sources if f.id == "H100-SXM5-80GB.power_w")
    assert cited.source.publisher == "Example Ltd"


def test_an_override_that_is_not_used_is_not_shown() -> None:
    overrides = parse_overrides(POWER, "ours.toml", CATALOGUE)
    run = TrainingRun(devices=(DeviceQuantity(device="T4", quantity=8),))
    found = mark(estimate(run, apply(CATALOGUE, overrides)), overrides)

    assert all(a.code != "override" for a in found.assumptions)


def test_grid_pue_and_constants_from_csv() -> None:
    """IT energy 8 × 100 h × (700 + 100) W = 640 kWh; × 1.5 = 960 kWh; × 20 g = 19.2 kg."""
    region = CATALOGUE.regions["eu-west-1"]
    text = "\n".join(
        (
            HEADER,
            f"grid.{region.grid},20,10,30,gCO2e/kWh,{ROW}",
            f"region.eu-west-1.pue,1.5,,,1,{ROW}",
            f"H100-SXM5-80GB.host_power_w,100,,,W,{ROW}",
            f"constant.lifetime_years,5,,,years,{ROW}",
            ",,,,,,,,,,,",
        )
    )
    overrides = parse_overrides(text, "ours.csv", CATALOGUE)
    found = mark(estimate(RUN, apply(CATALOGUE, overrides)), overrides)

    assert found.conditions
    assert found.totals.energy_kwh.value == pytest.approx(960)
    assert found.totals.operational_kgco2e
    assert found.totals.operational_kgco2e.value == pytest.approx(19.2)
    assert found.totals.operational_kgco2e.low < 19.2 < found.totals.operational_kgco2e.high
    assert found.conditions.lifetime_years == 5
    assert (
        found.conditions.intensity_year == CATALOGUE.grids[region.grid].intensity_gco2e_per_kwh.year
    )
    assert sum(a.code == "override" for a in found.assumptions) == 4


def test_the_world_stands_in_where_no_location_is_given() -> None:
    text = f"{HEADER}\ngrid.WORLD,400,,,gCO2e/kWh,{ROW}"
    catalogue = apply(CATALOGUE, parse_overrides(text, "ours.csv", CATALOGUE))
    found = estimate(RUN.model_copy(update={"location": None}), catalogue)

    assert found.conditions
    assert found.conditions.intensity_gco2e_per_kwh == 400
    assert found.totals.operational_kgco2e
    assert found.totals.operational_kgco2e.high > 1.2 * found.totals.operational_kgco2e.value


def test_an_id_may_be_written_as_a_path_with_its_source_below() -> None:
    text = (
        '[H100-SXM5-80GB.power_w]\nvalue = 500\nunit = "W"\nbasis = "measured"\n'
        '[H100-SXM5-80GB.power_w.source]\ntitle = "Meters"\npublisher = "Example"\n'
        'url = "https://example.org"\nlicence = "internal"\n'
    )
    plain = parse_overrides(POWER, "a.toml", CATALOGUE)
    path = parse_overrides(text, "b.toml", CATALOGUE)

    assert path.factors.keys() == plain.factors.keys()
    assert path.digest != plain.digest
    assert parse_overrides(POWER, "c.toml", CATALOGUE).digest == plain.digest


def test_a_figure_that_the_catalogue_lacks_can_be_added() -> None:
    text = POWER.replace("power_w", "peak_tflops.fp4").replace('"W"', '"TFLOP/s"')
    catalogue = apply(CATALOGUE, parse_overrides(text, "ours.toml", CATALOGUE))

    assert catalogue.accelerators["H100-SXM5-80GB"].peak_tflops["fp4"].value == 500


def test_every_factor_has_the_unit_that_the_catalogue_gives_it() -> None:
    known, current = units(CATALOGUE), factors(CATALOGUE)

    assert len(current) > 1000
    assert all(known[key] == factor.unit for key, factor in current.items())
    used = estimate(RUN, CATALOGUE).sources
    assert {f.id for f in used} <= set(known)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("H100-SXM5-80GB.power_w", "H100-SMX5-80GB.power_w"), "did you mean H100-SXM5-80GB.power"),
        (("500", "-500"), "line 3: H100-SXM5-80GB.power_w: value is -500, which is not a number"),
        (("500", "0"), "line 3: H100-SXM5-80GB.power_w: 0 is not above 0"),
        (("500", "nan"), "line 3: H100-SXM5-80GB.power_w: value is nan"),
        (('"W"', '"kW"'), "line 4: H100-SXM5-80GB.power_w is in W, not in kW"),
        (('unit = "W"', ""), "line 2: H100-SXM5-80GB.power_w: unit is missing"),
        ((SOURCE, ""), "line 2: H100-SXM5-80GB.power_w: the source is missing"),
        ((SOURCE, 'source = "meters"'), "line 6: H100-SXM5-80GB.power_w: the source is a table"),
        (('licence = "internal"', ""), "line 6"),
        ((', licence = "internal"', ""), "line 6: H100-SXM5-80GB.power_w: the source's licence"),
        (("https://", "ftp://"), "does not begin with https://"),
        (("measured", "guessed"), "line 5: H100-SXM5-80GB.power_w: the basis 'guessed' is not"),
        (("measured", "assumed"), "needs a note that says why"),
        (("value = 500", "value = 500\nlow = 600"), "low 600.0 is above the value 500.0"),
        (
            ("value = 500", "valeu = 500"),
            "line 3: H100-SXM5-80GB.power_w: unknown key 'valeu'; did",
        ),
        (("value = 500", "value ="), "line 3: Invalid value"),
        ((POWER, ""), "there is no factor in it"),
        ((POWER, "power_w = 3"), "line 1: power_w is not a table"),
        (("power_w", "utilisation"), "H100-SXM5-80GB.utilisation is in 1, not in W"),
    ],
)
def test_a_broken_toml_file_is_refused_with_its_line(
    change: tuple[str, str], complaint: str
) -> None:
    with pytest.raises(DataError) as refused:
        parse_overrides(POWER.replace(*change), "ours.toml", CATALOGUE)

    assert complaint in str(refused.value)
    assert str(refused.value).startswith("ours.toml")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (f"{HEADER}\nH100-SXM5-80GB.power_w,-5,,,W,{ROW}", "line 2: H100-SXM5-80GB.power_w: value"),
        (f"{HEADER}\n\nH100-SXM5-80GB.power,5,,,W,{ROW}", "line 3: unknown factor"),
        (
            f"{HEADER}\nH100-SXM5-80GB.power_w,5,,,kW,{ROW}",
            "line 2: H100-SXM5-80GB.power_w is in W",
        ),
        (f"{HEADER}\nH100-SXM5-80GB.power_w,5,,,W,measured,,,,,,", "the source is missing"),
        (f"{HEADER}\nH100-SXM5-80GB.power_w,5", "line 2: a row with too many or few cells"),
        (
            f"{HEADER}\n" + f"T4.power_w,5,,,W,{ROW}\n" * 2,
            "line 3: T4.power_w is given twice",
        ),
        (f"{HEADER}\nregion.eu-west-1.pue,0.9,,,1,{ROW}", "a PUE lies between 1 and 3"),
        (f"{HEADER}\nconstant.default_utilisation,60,,,1,{ROW}", "60 is above 1"),
        (f"{HEADER.replace('basis', 'bassis')}", "line 1: unknown column 'bassis'; did you mean"),
        ("id,value", "line 1: the column unit is missing"),
        ("", "line 1: the column id is missing"),
    ],
)
def test_a_broken_csv_file_is_refused_with_its_line(text: str, complaint: str) -> None:
    with pytest.raises(DataError) as refused:
        parse_overrides(text, "ours.csv", CATALOGUE)

    assert complaint in str(refused.value)


def test_a_huge_file_is_refused() -> None:
    with pytest.raises(DataError, match="larger than"):
        parse_overrides("#" * 1_000_001, "ours.toml", CATALOGUE)


@pytest.mark.parametrize("form", ["toml", "csv"])
def test_the_examples_of_the_documentation_are_accepted(form: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / "factors.md").read_text(encoding="utf-8")
    (example,) = re.findall(rf"```{form}\n(.*?)```", text, re.DOTALL)

    found = parse_overrides(example, f"ours.{form}", CATALOGUE)
    assert apply(CATALOGUE, found).version != CATALOGUE.version


def test_the_command_line_takes_a_factor_file_and_its_records_need_it_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, record = tmp_path / "ours.toml", tmp_path / "record.json"
    ours.write_text(POWER)
    arguments = ("estimate", "--device", "8xH100", "--factor-file", str(ours))

    assert main((*arguments, "--format", "record")) == 0
    text = capsys.readouterr().out
    record.write_text(text)
    assert json.loads(text)["estimate"]["assumptions"][0]["code"] == "override"
    assert main(("rerun", str(record), "--factor-file", str(ours))) == 0
    assert main(("rerun", str(record))) == 1
    assert "another version" in capsys.readouterr().out
    assert main(arguments) == 0
    assert "500 W is taken from ours.toml" in capsys.readouterr().out
    assert main((*arguments[:3], "--factor-file", str(tmp_path / "none.toml"))) == 2
