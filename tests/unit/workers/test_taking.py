"""What a worker takes out of `out/`: plain files within limits, whatever lies there."""

import os
from pathlib import Path

import pytest

from evaluations.errors import AssayError
from workers.taking import take, take_folder, weigh

_SECRET = "of the host"


@pytest.fixture
def slot(tmp_path: Path) -> Path:
    (tmp_path / "slot" / "out" / "pack").mkdir(parents=True)
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").write_text(_SECRET)
    return tmp_path / "slot"


def test_a_file_is_moved_into_the_slot(slot: Path) -> None:
    (slot / "out" / "pack" / "a.jsonl").write_text("{}\n")
    taken = take(slot, "pack/a.jsonl", "pack/b.jsonl", limit=3)
    assert taken == slot / "pack" / "b.jsonl"
    assert taken.read_text() == "{}\n"
    assert list((slot / "out" / "pack").iterdir()) == []
    assert [path.name for path in (slot / "pack").iterdir()] == ["b.jsonl"]


def test_what_is_taken_cannot_be_changed_by_who_holds_it_open(slot: Path) -> None:
    with (slot / "out" / "answers").open("w") as held:
        held.write("first")
        held.flush()
        taken = take(slot, "answers", "answers", limit=100)
        held.write(", and then some")
    assert taken.read_text() == "first"


def test_a_file_is_taken_again_in_place_of_the_first(slot: Path) -> None:
    for text in ("one", "two"):
        (slot / "out" / "answers").write_text(text)
        take(slot, "answers", "answers", limit=100)
    assert (slot / "answers").read_text() == "two"


def _link(place: Path, secret: Path) -> None:
    place.symlink_to(secret / "key")


def _dangling(place: Path, secret: Path) -> None:
    place.symlink_to(secret / "nothing")


def _hard_link(place: Path, secret: Path) -> None:
    place.hardlink_to(secret / "key")


def _pipe(place: Path, secret: Path) -> None:
    os.mkfifo(place)


def _folder(place: Path, secret: Path) -> None:
    place.mkdir()


def _nothing(place: Path, secret: Path) -> None:
    pass


@pytest.mark.parametrize("plant", [_link, _dangling, _hard_link, _pipe, _folder, _nothing])
def test_what_is_no_plain_file_is_refused(slot: Path, plant: object) -> None:
    assert callable(plant)
    plant(slot / "out" / "pack" / "a.jsonl", slot.parent / "secret")
    with pytest.raises(AssayError, match=r"^The runner left no plain file at 'pack/a\.jsonl'\.$"):
        take(slot, "pack/a.jsonl", "pack/a.jsonl", limit=100)
    assert not (slot / "pack" / "a.jsonl").exists()
    assert (slot.parent / "secret" / "key").read_text() == _SECRET


@pytest.mark.parametrize("plant", [_link, _dangling, _hard_link, _pipe])
def test_what_is_no_plain_file_is_refused_within_a_folder(slot: Path, plant: object) -> None:
    assert callable(plant)
    plant(slot / "out" / "pack" / "a.jsonl", slot.parent / "secret")
    with pytest.raises(AssayError, match="no plain file"):
        take_folder(slot, "pack", "pack", limit=100)
    assert list((slot / "pack").iterdir()) == []


def test_a_folder_that_is_a_link_is_not_entered(slot: Path) -> None:
    (slot / "out" / "way").symlink_to(slot.parent / "secret")
    (slot / "out" / "pack" / "way").symlink_to(slot.parent / "secret")
    with pytest.raises(AssayError, match="no folder at 'way'"):
        take(slot, "way/key", "key", limit=100)
    with pytest.raises(AssayError, match="no folder at 'way'"):
        take_folder(slot, "way", "all", limit=100)
    # Listed as what it is: not a folder.
    with pytest.raises(AssayError, match="no plain file at 'pack/way'"):
        take_folder(slot, "pack", "pack", limit=100)


def test_a_file_over_the_limit_is_refused_and_leaves_nothing(slot: Path) -> None:
    (slot / "out" / "exact").write_bytes(bytes(100))
    (slot / "out" / "large").write_bytes(bytes(101))
    with (slot / "out" / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    take(slot, "exact", "exact", limit=100)
    for name in ("large", "sparse"):
        with pytest.raises(AssayError, match="a file that is too large"):
            take(slot, name, name, limit=100)
    assert sorted(path.name for path in slot.iterdir()) == ["exact", "out"]


def test_a_folder_is_taken_with_the_folders_in_it(slot: Path) -> None:
    results = slot / "out" / "results"
    (results / "samples").mkdir(parents=True)
    (results / "results.json").write_text("{}")
    (results / "samples" / "task.jsonl").write_text("{}\n")
    taken = take_folder(slot, "results", "results", limit=5)
    names = ["results/results.json", "results/samples/task.jsonl"]
    assert [str(path.relative_to(slot)) for path in taken] == names


def test_the_limit_of_a_folder_is_of_all_files_together(slot: Path) -> None:
    for name in "abc":
        (slot / "out" / "pack" / name).write_bytes(bytes(40))
    with pytest.raises(AssayError, match="a file that is too large at 'pack/c'"):
        take_folder(slot, "pack", "pack", limit=100)


def test_folders_without_end_are_refused(slot: Path) -> None:
    place = slot / "out" / "pack"
    for _ in range(40):
        place = place / "d"
    place.mkdir(parents=True)
    with pytest.raises(AssayError, match="folders in folders without end"):
        take_folder(slot, "pack", "pack", limit=100)


def test_files_without_end_are_refused(slot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.taking._MOST_FILES", 3)
    for name in "abcd":
        (slot / "out" / "pack" / name).touch()
    with pytest.raises(AssayError, match="too many files"):
        take_folder(slot, "pack", "pack", limit=100)


@pytest.mark.parametrize("name", [b"new\nline", b"\xff\xfe", b"\x1b[2J"])
def test_names_that_cannot_be_printed_are_refused(slot: Path, name: bytes) -> None:
    Path(os.fsdecode(os.fsencode(slot / "out" / "pack") + b"/" + name)).touch()
    with pytest.raises(AssayError, match="a name that can't be printed"):
        take_folder(slot, "pack", "pack", limit=100)


@pytest.mark.parametrize("path", ["../slot/out/x", "/etc/passwd", "", "a/../../b"])
def test_paths_out_of_the_slot_are_a_mistake_of_the_caller(slot: Path, path: str) -> None:
    (slot / "out" / "x").touch()
    with pytest.raises(ValueError, match="no path within a slot"):
        take(slot, path, "x", limit=1)
    with pytest.raises(ValueError, match="no path within a slot"):
        take(slot, "x", path, limit=1)


def test_weighing_counts_blocks_and_follows_nothing(slot: Path) -> None:
    out = slot / "out"
    (out / "pack" / "full").write_bytes(bytes(1 << 20))
    with (out / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    (out / "link").symlink_to("/usr")
    assert 1 << 20 <= weigh(out, enough=1 << 30) < (1 << 20) + (1 << 16)


def test_weighing_sees_a_flood_of_empty_files_and_stops_when_it_has_enough(slot: Path) -> None:
    for number in range(100):
        (slot / "out" / str(number)).touch()
    assert weigh(slot / "out", enough=1 << 30) >= 100 * 4096
    assert weigh(slot / "out", enough=8192) == 8192
