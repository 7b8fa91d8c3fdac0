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


def program(directory: Path, name: str, script: str = "") -> Path:
    """Make an executable file."""
    path = directory / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
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


def test_without_any_the_set_up_goes_on(programs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert list(programs.iterdir()) == []
    assert browser.main() == 0
    assert "Chromium is missing" in capsys.readouterr().out


def test_apt_get_is_left_alone_by_others_than_root(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(programs, "apt-get")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert browser.install(*browser.PACKAGES) is False


@pytest.mark.parametrize(("status", "said"), [(0, ""), (100, "no font has Chinese characters")])
def test_a_chinese_font_is_installed_where_there_is_none(
    programs: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    status: int,
    said: str,
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    program(programs, "chromium")
    program(programs, "fc-list")
    program(programs, "apt-get", f'echo "$@" >> {programs}/asked; exit {status}')
    assert browser.main() == 0
    assert said in capsys.readouterr().out
    asked = (programs / "asked").read_text(encoding="utf-8")
    assert asked.startswith("update")
    assert (browser.CHINESE_FONT in asked) is (status == 0)


@pytest.mark.parametrize("has_fontconfig", [True, False])
def test_no_font_is_installed_where_one_is_or_nobody_can_tell(
    programs: Path, *, has_fontconfig: bool
) -> None:
    program(programs, "chromium")
    if has_fontconfig:
        program(programs, "fc-list", "echo /usr/share/fonts/some.ttc:")
    program(programs, "apt-get", f"echo >> {programs}/asked")
    assert browser.main() == 0
    assert not (programs / "asked").exists()
