"""An organisation's factor file: what it changes, how it is shown, and how it is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from estimator import DataError, DeviceQuantity, TrainingRun, Workload, estimate, load_default
from estimator.__main__ import main
from estimator.embodied import device_embodied
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
NEW = f"""
[accelerator."ACME-X1"]
name = "ACME X1"
vendor = "ACME"
kind = "GPU"
year = 2026
aliases = ["x1"]

["ACME-X1.power_w"]
value = 500
unit = "W"
basis = "published"
{SOURCE}

["ACME-X1.embodied_kgco2e"]
value = 150
unit = "kgCO2e"
basis = "published"
{SOURCE}

["ACME-X1.peak_tflops.bf16"]
value = 400
unit = "TFLOP/s"
basis = "published"
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
    """8 × 100 h × 500 W × 0.927 (drawn at 100 %) = 370.8 kWh in the accelerators."""
    overrides = parse_overrides(POWER, "ours.toml", CATALOGUE)
    catalogue = apply(CATALOGUE, overrides)
    found = mark(estimate(RUN, catalogue), overrides)

    assert found.breakdown
    assert found.breakdown.accelerator_kwh == pytest.approx(370.8)
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
    """8 × 100 h × (700 × 0.927 + 100) W = 599.12 kWh; × 1.5 = 898.68; × 20 g = 17.9736 kg."""
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
    assert found.totals.energy_kwh.value == pytest.approx(898.68)
    assert found.totals.operational_kgco2e
    assert found.totals.operational_kgco2e.value == pytest.approx(17.9736)
    assert found.totals.operational_kgco2e.low < 17.9736 < found.totals.operational_kgco2e.high
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


def test_a_new_accelerator_is_estimated_by_any_of_its_names() -> None:
    """8 × 100 h × 500 W = 400 kWh; 8 × (150 + its share of the server) kg of manufacturing."""
    overrides = parse_overrides(NEW, "ours.toml", CATALOGUE)
    catalogue = apply(CATALOGUE, overrides)
    run = RUN.model_copy(update={"devices": (DeviceQuantity(device="X1", quantity=8),)})
    found = mark(estimate(run, catalogue), overrides)

    assert found.devices[0].model == "ACME-X1"
    assert found.breakdown
    assert found.breakdown.accelerator_kwh == pytest.approx(400)
    host_kg = CATALOGUE.constants.host_embodied_kgco2e.value
    assert found.totals.embodied_full_kgco2e.value == pytest.approx(8 * (150 + host_kg))
    assert sum(a.code == "override" for a in found.assumptions) == 2
    assert catalogue.device_name("acme x1") == "ACME-X1"
    assert "ACME-X1" in catalogue.nearest_devices("acme-x2")
    assert CATALOGUE.find_device("x1") is None


def test_tokens_give_hours_on_a_new_accelerator() -> None:
    catalogue = apply(CATALOGUE, parse_overrides(NEW, "ours.toml", CATALOGUE))
    work = Workload(parameters=1e9, tokens=1e9, mfu=0.5)
    run = TrainingRun(devices=(DeviceQuantity(device="ACME-X1", quantity=1),), workload=work)

    hours = 6e18 / (400e12 * 0.5) / 3600
    assert estimate(run, catalogue).devices[0].device_hours == pytest.approx(hours)


def test_a_new_accelerator_can_be_modelled_from_its_die_and_memory() -> None:
    figures = "".join(
        f'["ACME-X1.{name}"]\nvalue = {value}\nunit = "{unit}"\nbasis = "published"\n{SOURCE}\n'
        for name, value, unit in (
            ("die_area_mm2", 800, "mm2"),
            ("process_nm", 5, "nm"),
            ("memory_gb", 80, "GB"),
        )
    )
    before, _, after = NEW.partition('["ACME-X1.embodied_kgco2e"]')
    rest = after[after.index('["ACME-X1.peak') :]
    text = before.replace("year = 2026\nal", 'memory_type = "HBM3"\nyear = 2026\nal') + rest
    found = parse_overrides(text + figures, "ours.toml", CATALOGUE).accelerators["ACME-X1"]

    model = CATALOGUE.constants.embodied_model
    expected = 8 * model.die_kgco2e_per_cm2[5].value + 80 * model.memory_kgco2e_per_gb["HBM3"].value
    expected += model.board_kgco2e.value
    assert device_embodied(found, CATALOGUE.constants).kgco2e == pytest.approx(expected)
    with pytest.raises(DataError, match=r"line 2: ACME-X1: no memory factor for 'HBM9'"):
        parse_overrides(text.replace("HBM3", "HBM9") + figures, "ours.toml", CATALOGUE)


def test_what_a_new_accelerator_is_called_is_in_the_digest() -> None:
    one = parse_overrides(NEW, "ours.toml", CATALOGUE)
    other = parse_overrides(NEW.replace("ACME X1", "ACME Y1"), "ours.toml", CATALOGUE)

    assert one.factors == other.factors
    assert one.digest != other.digest


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (('vendor = "ACME"\n', ""), "line 2: ACME-X1: vendor is missing"),
        (("vendor =", "vendr ="), "line 4: ACME-X1: unknown key 'vendr'; did you mean vendor?"),
        (("year = 2026\nal", "year = 1826\nal"), "line 6: ACME-X1: year is '1826', which is not"),
        (("aliases = [", 'host = "laptop"\naliases = ['), "line 7: ACME-X1: the host 'laptop' is"),
        (('"x1"]', '"H100"]'), "line 7: ACME-X1: the name 'H100' is already taken by H100"),
        (('"x1"]', '"v3-8"]'), "line 7: ACME-X1: the name 'v3-8' is already taken by v3-8"),
        (('"x1"]', '"v3-9"]'), "line 7: ACME-X1: the name 'v3-9' is already taken by a slice"),
        (('["x1"]', '"x1"'), "line 7: ACME-X1: aliases is 'x1', which is not accepted"),
        (("ACME-X1", "T4"), "line 2: T4 is in the data already; give the figures alone"),
        (("ACME-X1", "ACME_X1"), "line 2: ACME_X1: its name is letters and digits, in parts"),
        (("ACME-X1.power_w", "ACME-X1.idle_power_w"), 'power is missing: ["ACME-X1.power_w"]'),
        (
            ("ACME-X1.embodied_kgco2e", "ACME-X1.host_embodied_kgco2e"),
            "line 2: ACME-X1: give embodied_kgco2e with its source, or all of die_area_mm2",
        ),
        (
            ("year = 2026\nal", "power_w = 500\nyear = 2026\nal"),
            'line 6: ACME-X1: a figure is a table of its own: ["ACME-X1.power_w"]',
        ),
        (
            ('[accelerator."ACME-X1"]', "[accelerator]"),
            "line 2: a new accelerator is a table of its own: [accelerator.",
        ),
        (
            ('"ACME-X1"', '"ACME-X9"'),
            "unknown factor 'ACME-X1.power_w'; did you mean ACME-X9",
        ),
    ],
)
def test_a_broken_new_accelerator_is_refused_with_its_line(
    change: tuple[str, str], complaint: str
) -> None:
    with pytest.raises(DataError) as refused:
        parse_overrides(NEW.replace(*change), "ours.toml", CATALOGUE)

    assert complaint in str(refused.value)
    assert str(refused.value).startswith("ours.toml line ")


def test_two_new_accelerators_do_not_share_a_name() -> None:
    second = NEW.replace("ACME-X1", "ACME-Y1")

    with pytest.raises(DataError, match="ACME-Y1: the name 'x1' is already taken by ACME-X1"):
        parse_overrides(NEW + second, "ours.toml", CATALOGUE)


def test_figures_of_an_unknown_accelerator_say_how_it_is_added() -> None:
    text = f"{HEADER}\nZZZZ-9000.power_w,5,,,W,{ROW}"

    with pytest.raises(DataError, match=r'in TOML, in \[accelerator\."ZZZZ-9000"\]'):
        parse_overrides(text, "ours.csv", CATALOGUE)


def test_every_factor_has_the_unit_that_the_catalogue_gives_it() -> None:
    known, current = units(CATALOGUE), factors(CATALOGUE)

    assert len(current) > 1000
    assert all(known[key] == factor.unit for key, factor in current.items())
    used = estimate(RUN, CATALOGUE).sources
    # A share of power follows from a load curve: the power is what can be replaced.
    assert {f.id for f in used if not f.id.endswith(".power_share")} <= set(known)


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
        ('id,"value"x', "line 1: ',' expected after"),
        (f"{HEADER}\n{'x' * 200_000},5,,,W,{ROW}", "field larger than field limit"),
    ],
)
def test_a_broken_csv_file_is_refused_with_its_line(text: str, complaint: str) -> None:
    with pytest.raises(DataError) as refused:
        parse_overrides(text, "ours.csv", CATALOGUE)

    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("value = " + "9" * 5000, "a number with thousands of digits"),
        ("value = " + "[" * 5000, "nested too deep"),
        ("value" + ".a" * 5000 + " = 1", "nested too deep"),
        (f"[grid{'.a' * 5000}]\nvalue = 1", "nested too deep"),
        ('"\ud800" = 1', "no text in UTF-8"),
        ("".join(f'[accelerator."X{n}"]\n' for n in range(5000)), "more than 500 accelerators"),
    ],
)
def test_what_no_file_needs_is_refused_in_a_line(text: str, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        parse_overrides(text, "ours.toml", CATALOGUE)


def test_a_long_unknown_name_is_shortened_and_meant_as_nothing() -> None:
    text = f"{HEADER}\n{'grid.' * 20_000},5,,,W,{ROW}"
    with pytest.raises(DataError) as refused:
        parse_overrides(text, "ours.csv", CATALOGUE)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("region.eu-wst-1.pue", "region.eu-west-1.pue"), ("grid.FR.watr_l_per_kwh", "grid.FR.water")],
)
def test_an_unknown_factor_names_the_nearest(typed: str, meant: str) -> None:
    with pytest.raises(DataError, match=f"did you mean {meant}"):
        parse_overrides(f"{HEADER}\n{typed},5,,,W,{ROW}", "ours.csv", CATALOGUE)


def test_a_huge_file_is_refused() -> None:
    with pytest.raises(DataError, match="larger than"):
        parse_overrides("#" * 1_000_001, "ours.toml", CATALOGUE)


@pytest.mark.parametrize("form", ["toml", "csv"])
def test_the_examples_of_the_documentation_are_accepted(form: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / "factors.md").read_text(encoding="utf-8")
    examples = re.findall(rf"```{form}\n(.*?)```", text, re.DOTALL)

    assert examples
    for example in examples:
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
