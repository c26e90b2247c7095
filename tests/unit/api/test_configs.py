from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amorsize import (
    ConfigData,
    ExtraMissingError,
    FileMissingError,
    FileThereError,
    UsageError,
    execute,
    get_default_config_dir,
    list_configs,
    load_config,
    save_config,
)
from amorsize.api import configs as module
from amorsize.engines.reaper import REAPER
from tests.unit.api.test_result import LONG, advised

GOOD: dict[str, Any] = {"n_jobs": 2, "chunksize": 10}

BAD: dict[str, tuple[Any, ...]] = {
    "n_jobs": (0, -1, 4097, 2.0, True, "2", None, [2]),
    "chunksize": (0, 1.5, False, "10", None, 2**63),
    "executor_type": ("fork", "", None, 1, ["process"]),
    "estimated_speedup": (-1.0, "fast", True, None),
    "function_name": (7, "x" * 1001),
    "data_size": (-1, 1.5, True),
    "avg_execution_time": (-1e-9, 1e13, "1 s"),
    "notes": (3, "x" * 10_001),
    "system_info": ([], "linux", {"a": []}, {"a": {}}, {str(n): n for n in range(51)}),
    "timestamp": ("yesterday", 5, "2026-13-01T00:00:00", "x" * 99),
    "source": (None, 3),
}

FIELDS_OF_0_1 = {
    "n_jobs": 4,
    "chunksize": 25,
    "executor_type": "thread",
    "estimated_speedup": 3.2,
    "function_name": "fetch",
    "data_size": 1000,
    "avg_execution_time": 0.02,
    "notes": None,
    "source": "tune",
    "system_info": {
        "platform": "Linux",
        "platform_version": "#1 SMP",
        "python_version": "3.10.4",
        "physical_cores": 4,
        "available_memory": 8_000_000_000,
        "start_method": "fork",
    },
    "timestamp": "2025-03-01T12:00:00.123456",
    "amorsize_version": "0.1.0",
}

texts = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=200)
facts = st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | texts
floats = st.floats(min_value=0, max_value=1e9)
configs = st.builds(
    ConfigData,
    n_jobs=st.integers(1, 4096),
    chunksize=st.integers(1, 2**63 - 1),
    executor_type=st.sampled_from(["process", "thread", "serial"]),
    estimated_speedup=floats,
    function_name=st.none() | texts,
    data_size=st.none() | st.integers(0, 2**63 - 1),
    avg_execution_time=st.none() | floats,
    notes=st.none() | texts,
    system_info=st.none() | st.dictionaries(texts, facts | floats, max_size=9),
    timestamp=st.none() | st.datetimes().map(lambda moment: moment.isoformat()),
    source=texts,
)


@pytest.fixture
def needs_yaml() -> Any:
    return pytest.importorskip("yaml")


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def written(folder: Path, document: Any, name: str = "c.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(document))
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(config=configs)
def test_what_is_saved_as_json_comes_back(tmp_path: Path, config: ConfigData) -> None:
    save_config(config, tmp_path / "c.json", overwrite=True)

    assert load_config(tmp_path / "c.json") == config


@pytest.mark.usefixtures("needs_yaml")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(config=configs)
def test_what_is_saved_as_yaml_comes_back(tmp_path: Path, config: ConfigData) -> None:
    save_config(config, tmp_path / "c.yml", overwrite=True)

    assert load_config(tmp_path / "c.yml") == config


@pytest.mark.usefixtures("needs_yaml")
def test_the_ending_tells_the_format_unless_it_is_said(tmp_path: Path) -> None:
    config = ConfigData(2, 10)
    for name, kind in (("a.json", "auto"), ("b.yaml", "auto"), ("c", "auto"), ("d.json", "yaml")):
        save_config(config, tmp_path / name, kind)

    assert (tmp_path / "a.json").read_text() == (tmp_path / "c").read_text()
    assert (tmp_path / "b.yaml").read_text() == (tmp_path / "d.json").read_text()
    assert (tmp_path / "b.yaml").read_text().startswith("n_jobs: 2\nchunksize: 10\n")
    assert load_config(tmp_path / "d.json", format="yaml") == config
    with pytest.raises(UsageError, match=r"Unsupported format: toml\. Use 'json' or 'yaml'"):
        save_config(config, tmp_path / "e", format="toml")


@pytest.mark.parametrize(("name", "value"), [(name, bad) for name in BAD for bad in BAD[name]])
def test_a_value_out_of_range_is_neither_read_nor_written(
    tmp_path: Path, name: str, value: Any
) -> None:
    if not (name == "executor_type" and value is None):  # a field that may be missing
        with pytest.raises(ValueError, match=f"Invalid configuration file: .*Invalid {name}: "):
            load_config(written(tmp_path, GOOD | {name: value}))
    with pytest.raises(ValueError, match=f"Invalid {name}: "):
        save_config(replace(ConfigData(2, 10), **{name: value}), tmp_path / "out.json")
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "9" * 5000])
def test_odd_numbers_are_refused(tmp_path: Path, name: str, number: str) -> None:
    other = next(iter(GOOD.keys() - {name}))
    (tmp_path / "c.json").write_text(f'{{"{name}": {number}, "{other}": 2}}')

    with pytest.raises(UsageError, match="Invalid configuration file"):
        load_config(tmp_path / "c.json")


def test_every_mistake_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        load_config(written(tmp_path, {"n_jobs": 5000, "executor_type": "gpu"}))

    assert "Invalid n_jobs: 5000 (must be <= 4096)" in str(refused.value)
    assert "Missing required field: chunksize" in str(refused.value)
    assert "Invalid executor_type: 'gpu'" in str(refused.value)


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "3", "null", '"text"', "[" * 100_000, "\x00", '{"n_jobs": 2}']
)
@pytest.mark.parametrize("ending", ["json", "yaml"])
def test_what_is_no_configuration_is_refused(tmp_path: Path, text: str, ending: str) -> None:
    if ending == "yaml":
        pytest.importorskip("yaml")
        text = text[:1000]  # PyYAML takes seconds to find out how deep it is
    (tmp_path / f"c.{ending}").write_text(text)

    with pytest.raises(ValueError, match="Invalid configuration file"):
        load_config(tmp_path / f"c.{ending}")


@pytest.mark.usefixtures("needs_yaml")
@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['touch pwned']",
        "n_jobs: !!python/name:os.getcwd\nchunksize: 1",
        "!!int ''",
        "!!bool x",
        "!!timestamp x",
        "{[]: 1}",
        "a: &a [*a]\nn_jobs: *a\nchunksize: 1",
        "n_jobs: yes\nchunksize: 1",
        "&a {n_jobs: 2, chunksize: 1, system_info: *a}",
    ],
)
def test_yaml_runs_nothing_and_gives_plain_values_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("c.yaml").write_text(text)

    with pytest.raises(UsageError, match="Invalid configuration file"):
        load_config("c.yaml")
    assert names_in(tmp_path) == ["c.yaml"]


@pytest.mark.usefixtures("needs_yaml")
def test_yaml_written_by_hand_may_have_a_date_without_quotes(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("n_jobs: 2\nchunksize: 1\ntimestamp: 2026-01-31 12:00:00\n")

    assert load_config(tmp_path / "c.yaml").timestamp == "2026-01-31T12:00:00"


def test_a_file_of_0_1_is_read(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, FIELDS_OF_0_1))

    assert (config.n_jobs, config.chunksize, config.executor_type) == (4, 25, "thread")
    assert (config.notes, config.source) == (None, "tune")
    assert config.system_info == FIELDS_OF_0_1["system_info"]
    assert ConfigData(2, 10).to_dict().keys() == FIELDS_OF_0_1.keys()


def test_what_a_file_does_not_tell_is_not_taken_from_here(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, GOOD | {"later": ["versions", "add fields"]}))

    assert (config.system_info, config.timestamp, config.source) == (None, None, "unknown")
    assert (config.executor_type, config.estimated_speedup) == ("process", 1.0)
    assert ConfigData(2, 10).system_info is not None


def test_a_file_that_is_there_is_left_alone_unless_it_may_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    save_config(ConfigData(2, 10), path)
    with pytest.raises(FileExistsError, match=r"(?s)already exists: .*overwrite=True"):
        save_config(ConfigData(3, 10), path)
    assert load_config(path).n_jobs == 2

    save_config(ConfigData(3, 10), path, overwrite=True)

    assert load_config(path).n_jobs == 3
    assert names_in(tmp_path) == ["c.json"]


def test_a_file_that_appears_while_another_is_saved_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, check = tmp_path / "c.json", module.checked_place

    def checked_too_early(*args: Any, **options: Any) -> Path:
        found = check(*args, **options)
        path.write_text("somebody else's")
        return found

    monkeypatch.setattr(module, "checked_place", checked_too_early)

    with pytest.raises(FileThereError):
        save_config(ConfigData(2, 10), path)
    assert path.read_text() == "somebody else's"
    assert names_in(tmp_path) == ["c.json"]


def test_without_links_it_is_saved_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    save_config(ConfigData(2, 10), tmp_path / "c.json")

    assert load_config(tmp_path / "c.json").n_jobs == 2
    assert names_in(tmp_path) == ["c.json"]


def test_a_failed_write_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "c.json"
    save_config(ConfigData(2, 10), path)

    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space left"):
            save_config(ConfigData(3, 10), path, overwrite=True)

    assert load_config(path).n_jobs == 2
    assert names_in(tmp_path) == ["c.json"]


def test_through_a_link_its_file_is_replaced_and_what_is_no_file_never(tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to("there.json")
    with pytest.raises(FileThereError):
        save_config(ConfigData(2, 10), tmp_path / "link.json")

    save_config(ConfigData(2, 10), tmp_path / "link.json", overwrite=True)

    assert (tmp_path / "link.json").is_symlink()
    assert load_config(tmp_path / "there.json").n_jobs == 2
    os.mkfifo(tmp_path / "pipe")  # no real device: a test that fails must do no harm
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(UsageError, match="not a file"):
            save_config(ConfigData(2, 10), path, overwrite=True)
    assert (tmp_path / "pipe").is_fifo()


def test_folders_on_the_way_are_made(tmp_path: Path) -> None:
    save_config(ConfigData(2, 10), tmp_path / "a" / "b" / "c.json")

    assert load_config(tmp_path / "a" / "b" / "c.json").n_jobs == 2


@pytest.mark.parametrize("path", ["", "a\0b", 3, None])
def test_what_is_no_path_is_refused(path: Any) -> None:
    for call in (load_config, list_configs, lambda path: save_config(ConfigData(2, 1), path)):
        with pytest.raises(UsageError, match="filepath must be a path"):
            call(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    written(tmp_path, GOOD | {"later": "x" * (1 << 18)}, "large.json")

    with pytest.raises(FileNotFoundError, match="Configuration file not found: "):
        load_config(tmp_path / "none.json")
    with pytest.raises(FileMissingError):
        load_config(tmp_path / "large.json" / "below.json")
    for name in ("pipe.json", "large.json"):
        with pytest.raises(UsageError, match="Invalid configuration file"):
            load_config(tmp_path / name)


def test_only_a_configuration_can_be_saved(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="config must be a ConfigData, got dict"):
        save_config(GOOD, tmp_path / "c.json")  # type: ignore[arg-type]  # that is the mistake
    with pytest.raises(UsageError, match="overwrite must be a boolean"):
        save_config(ConfigData(2, 1), tmp_path / "c.json", overwrite="no")  # type: ignore[arg-type]  # likewise


def test_configurations_of_a_folder_are_listed_and_other_files_are_not(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    for name in ("b.json", "a.yaml", "c.yml", "D.JSON"):
        save_config(ConfigData(2, 10), tmp_path / name)
    save_config(ConfigData(2, 10), tmp_path / "e.txt")
    written(tmp_path, {"name": "package"}, "package.json")
    (tmp_path / "folder.json").mkdir()
    os.mkfifo(tmp_path / "pipe.json")

    assert [path.name for path in list_configs(tmp_path)] == ["D.JSON", "a.yaml", "b.json", "c.yml"]
    assert list_configs(tmp_path / "nowhere") == list_configs(tmp_path / "b.json") == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_has_no_configurations(tmp_path: Path) -> None:
    save_config(ConfigData(2, 10), tmp_path / "closed" / "c.json")
    (tmp_path / "closed").chmod(0)

    assert list_configs(tmp_path / "closed") == []


@pytest.fixture
def without_yaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)


@pytest.mark.usefixtures("without_yaml")
def test_without_pyyaml_the_error_names_the_extra(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("n_jobs: 2\nchunksize: 1\n")

    for call in (
        lambda: load_config(tmp_path / "c.yaml"),
        lambda: save_config(ConfigData(2, 1), tmp_path / "new.yaml"),
    ):
        with pytest.raises(ExtraMissingError, match=r"pip install 'amorsize\[yaml\]'") as refused:
            call()
        assert isinstance(refused.value, ImportError)
    assert list_configs(tmp_path) == []
    assert names_in(tmp_path) == ["c.yaml"]


def test_json_needs_no_pyyaml() -> None:
    code = "import sys, amorsize; amorsize.save_config; print('yaml' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout == "False\n"


def test_the_default_folder_is_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = get_default_config_dir()
    assert folder == tmp_path / "amorsize" / "configs"
    assert folder.stat().st_mode & 0o777 == 0o700

    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert get_default_config_dir() == tmp_path / "home" / ".config" / "amorsize" / "configs"

    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    assert get_default_config_dir() == tmp_path / "file" / "amorsize" / "configs"


def test_a_result_is_kept_with_what_it_was_found_out_from(tmp_path: Path) -> None:
    result = advised(LONG)
    result.save_config(tmp_path / "c.json", function_name="f", notes="on a quiet machine")

    config = load_config(tmp_path / "c.json")
    assert (config.n_jobs, config.chunksize) == (result.n_jobs, result.chunksize)
    assert (config.function_name, config.notes) == ("f", "on a quiet machine")
    assert (config.data_size, config.avg_execution_time) == (1, LONG.mean_s)
    assert (config.estimated_speedup, config.source) == (result.estimated_speedup, "optimize")
    with pytest.raises(FileExistsError):
        result.save_config(tmp_path / "c.json")


def test_a_result_over_an_iterator_has_no_size(tmp_path: Path) -> None:
    result = advised(LONG)
    result.data = iter([1])
    result.save_config(tmp_path / "c.json")

    assert load_config(tmp_path / "c.json").data_size is None


@pytest.mark.parametrize(
    ("config", "keywords"),
    [
        (ConfigData(2, 10), {"n_jobs": 2, "chunksize": 10, "backend": "processes"}),
        (ConfigData(9, 1, "thread"), {"n_jobs": 9, "chunksize": 1, "backend": "threads"}),
        (ConfigData(1, 10), {"backend": "serial"}),
        (ConfigData(4, 10, "serial"), {"backend": "serial"}),
    ],
)
def test_execute_runs_as_a_configuration_says(config: ConfigData, keywords: dict[str, Any]) -> None:
    assert config.keywords == keywords
    assert execute(abs, [-1, 2, -3], **config.keywords) == [1, 2, 3]
    REAPER.reap(patience_s=5)
