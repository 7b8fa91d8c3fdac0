"""The data that ships: complete, sourced, and refused when it is broken."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from estimator import Basis, DataError, Factor, load, load_default
from estimator.catalogue import device_key
from estimator.datafiles import DATA
from estimator.embodied import device_embodied

CATALOGUE = load_default()


def all_factors() -> list[Factor]:
    found: list[Factor] = []
    for accelerator in CATALOGUE.accelerators.values():
        found += [v for v in vars(accelerator).values() if isinstance(v, Factor)]
    constants = vars(CATALOGUE.constants)
    found += [v for v in constants.values() if isinstance(v, Factor)]
    model = CATALOGUE.constants.embodied_model
    found += [*model.die_kgco2e_per_cm2.values(), *model.memory_kgco2e_per_gb.values()]
    found.append(model.board_kgco2e)
    for place in (*CATALOGUE.grids.values(), *CATALOGUE.regions.values()):
        found += [v for v in vars(place).values() if isinstance(v, Factor)]
    for grid in CATALOGUE.grids.values():
        found += grid.history.values()
    return found


def test_every_factor_has_a_citable_source() -> None:
    for factor in all_factors():
        source = factor.source
        assert source.title, factor.id
        assert source.publisher, factor.id
        assert source.year is not None, factor.id
        assert source.url.startswith(("https://", "docs/")), factor.id
        assert source.licence, factor.id


def test_every_assumed_factor_says_why() -> None:
    silent = [f.id for f in all_factors() if f.basis is Basis.ASSUMED and not f.note]

    assert silent == []


def test_the_accelerators_people_ask_for_are_there() -> None:
    typed = [
        "v100",
        "a100",
        "a100-80gb",
        "a100-40gb",
        "h100",
        "h200",
        "b200",
        "a10",
        "l4",
        "l40",
        "l40s",
        "t4",
        "4090",
        "rtx4090",
        "3090",
        "5090",
        "mi250x",
        "mi300x",
        "tpuv2",
        "tpu-v3",
        "tpuv4",
        "tpu-v5e",
        "tpu-v5p",
        "tpu-v6e",
        "gaudi2",
        "gaudi-3",
        "trainium",
        "gpu",
        "tpu",
    ]

    for name in typed:
        CATALOGUE.device_name(name)
    assert len(CATALOGUE.accelerators) >= 25


def test_every_country_of_the_united_nations_has_a_grid() -> None:
    countries = [g for g in CATALOGUE.grids.values() if g.scope == "country"]

    assert len(countries) >= 193


@pytest.mark.parametrize(
    ("provider", "least", "some"),
    [
        ("AWS", 30, ("eu-west-1", "us-east-1", "ap-northeast-1")),
        ("Google Cloud", 35, ("us-central1", "europe-west1", "asia-east1")),
        ("Azure", 45, ("westeurope", "eastus", "swedencentral")),
    ],
)
def test_the_cloud_regions_are_there(provider: str, least: int, some: tuple[str, ...]) -> None:
    found = {r.id for r in CATALOGUE.regions.values() if r.provider == provider}

    assert len(found) >= least
    assert set(some) <= found


def test_figures_are_physically_plausible() -> None:
    for accelerator in CATALOGUE.accelerators.values():
        assert 5 <= accelerator.power_w.value <= 30_000, accelerator.id
        made = device_embodied(accelerator, CATALOGUE.constants).kgco2e
        assert 5 <= made <= 5_000, accelerator.id
    for grid in CATALOGUE.grids.values():
        assert 0 <= grid.intensity_gco2e_per_kwh.value <= 1_400, grid.id
    for region in CATALOGUE.regions.values():
        assert region.pue is None or 1 <= region.pue.value <= 2, region.id


def test_every_alias_finds_its_own_model() -> None:
    for accelerator in CATALOGUE.accelerators.values():
        for alias in (accelerator.id, *accelerator.aliases):
            assert CATALOGUE.device_name(alias) == accelerator.id


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def break_file(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_same_files_give_the_same_version(folder: Path) -> None:
    assert load(folder).version == CATALOGUE.version

    break_file(folder / "article.toml", "energy_kwh = 1000", "energy_kwh = 1001")

    assert load(folder).version != CATALOGUE.version


def test_adding_an_accelerator_is_one_file(folder: Path) -> None:
    text = (folder / "accelerators" / "t4.toml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("aliases")]
    new = "\n".join(lines).replace('id = "T4"', 'id = "T4-NEXT"')
    (folder / "accelerators" / "t4-next.toml").write_text(new, encoding="utf-8")

    catalogue = load(folder)

    assert catalogue.device_name("t4 next") == "T4-NEXT"
    assert catalogue.accelerators["T4-NEXT"].power_w.id == "T4-NEXT.power_w"


def test_adding_a_region_is_one_row(folder: Path) -> None:
    path = folder / "cloud" / "aws.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    row = next(line for line in lines if line.startswith("eu-west-1,"))
    aliases = load(folder).regions["eu-west-1"].aliases
    new = row.replace("eu-west-1,", "eu-west-99,").replace(";".join(aliases), "")
    path.write_text("\n".join([*lines, new]) + "\n", encoding="utf-8")

    assert load(folder).regions["eu-west-99"].provider == "AWS"


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        ("accelerators/t4.toml", "value = ", "value = -", "t4.toml"),
        ("accelerators/t4.toml", "[power_w]", "[powerw]", "t4.toml: power_w: Field required"),
        ("accelerators/t4.toml", 'id = "T4"', 'id = "T5"', "is to be called t5.toml"),
        ("accelerators/t4.toml", 'source = "', 'source = "no-', "unknown source 'no-"),
        ("accelerators/t4.toml", "id = ", "id = = ", "t4.toml"),
        ("generic_names.toml", 'means = "', 'means = "NO-', "unknown model NO-"),
        ("grid/countries.csv", "WORLD,", "WORLDLY,", "figures for an unknown grid WORLD"),
        ("grid/countries.csv", "\nFR,", "\nDE,", "already taken"),
        ("cloud/aws.csv", "eu-west-1,", "eu-west-2,", "already taken"),
        ("cloud/aws.csv", ",AWS,", ",AWS,,", "too many or few cells"),
        ("cloud/aws.csv", ",IE,IE,", ",IE,XX,", "region eu-west-1: unknown grid XX"),
        ("cloud/aws.csv", ",aws-regions,", ",no-regions,", "unknown source 'no-regions'"),
        ("sources/locations.toml", "[ember-2025]", "[act]", "already taken"),
        ("sources/accelerators.toml", '"primary"', '"secondary"', "a secondary reading names"),
        ("accelerators/rtx-4090.toml", 'type = "', 'type = "NO-', "no memory factor for"),
        ("accelerators/t4.toml", "memory_type", "memory_kind", "Extra inputs are not permitted"),
        ("accelerators/rtx-4090.toml", 'memory_type = "GDDR6X"', "", "give embodied_kgco2e"),
        ("accelerators/rtx-4090.toml", "\nvalue = 5\n", "\nvalue = 9\n", "no die factor for 9 nm"),
        ("accelerators/h100-sxm5-80gb.toml", "low = 150", "low = 400", "is above the value"),
        ("accelerators/h100-sxm5-80gb.toml", "high = 350", "high = 200", "is below the value"),
        ("constants.toml", "[lifetime_years]", "[lifetime_decades]", "[lifetime_years] is missing"),
    ],
)
def test_broken_data_is_refused_with_file_and_reason(
    folder: Path, file: str, old: str, new: str, complaint: str
) -> None:
    break_file(folder / file, old, new)

    with pytest.raises(DataError) as error:
        load(folder)

    assert complaint in str(error.value)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "constants.toml").unlink()

    with pytest.raises(DataError, match=r"constants\.toml: the file cannot be read"):
        load(folder)


def test_names_that_two_models_claim_are_refused(folder: Path) -> None:
    path = folder / "accelerators" / "t4.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("aliases")]
    path.write_text("\n".join(['aliases = ["L4"]', *kept]), encoding="utf-8")

    with pytest.raises(DataError, match="is already taken by"):
        load(folder)


def test_names_compare_without_case_and_joints() -> None:
    assert device_key("RTX 4090") == device_key("rtx-4090") == device_key("ＲＴＸ_4090")
