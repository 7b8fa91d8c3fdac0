"""Where the tests' browser comes from."""

from pathlib import Path

import pytest

from deploy import browser


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that is the whole path, and no playwright."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(browser.VARIABLE, raising=False)
    monkeypatch.setattr(browser, "_of_playwright", lambda: None)
    return tmp_path


def program(directory: Path, name: str) -> Path:
    """Make an executable file."""
    path = directory / name
    path.touch(mode=0o755)
    return path


def test_the_variable_comes_first(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(programs, "chromium")
    named = program(programs, "mine")
    monkeypatch.setenv(browser.VARIABLE, str(named))
    assert browser.find_chromium() == named


def test_a_variable_that_names_nothing_is_not_papered_over(
    programs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program(programs, "chromium")
    monkeypatch.setenv(browser.VARIABLE, str(programs / "missing"))
    assert browser.find_chromium() is None
    assert browser.main() == 0
    assert "CARBON_CHROMIUM names no program" in capsys.readouterr().out


def test_then_the_path_is_searched_in_order(programs: Path) -> None:
    chrome = program(programs, "google-chrome")
    assert browser.find_chromium() == chrome
    chromium = program(programs, "chromium")
    assert browser.find_chromium() == chromium


def test_without_any_the_set_up_goes_on(
    programs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert list(programs.iterdir()) == []
    monkeypatch.setattr(browser, "install_chromium", lambda: False)
    assert browser.main() == 0
    assert "Chromium is missing" in capsys.readouterr().out


def test_apt_get_is_left_alone_by_others_than_root(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(programs, "apt-get")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert browser.install_chromium() is False
