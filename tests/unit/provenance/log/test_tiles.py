import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.provenance.log.tiles import (
    TileError,
    Tiles,
    decode_bundle,
    encode_bundle,
    entries_path,
    grow,
    tile_path,
)
from evaluations.provenance.log.tree import ProofError, verify_consistency, verify_inclusion
from evaluations.provenance.merkle import leaf_hash, tree_root
from tests.logs import Log, small

SIZES = [0, 1, 2, 255, 256, 257, 511, 512, 600, 65_535, 65_536, 65_537, 70_000]


def complete(files):
    return {path: content for path, content in files.items() if path.startswith("tile/")}


def at_the_edge(log):
    """The files of a log but for partial ones of smaller sizes."""
    made: dict[str, bytes] = {}
    made.update(grow(0, log.tiles.entries(0, log.size), made.__getitem__))
    return made


def test_paths_are_those_of_the_specification():
    assert tile_path(0, 1_234_067) == "tile/0/x001/x234/067"
    assert tile_path(2, 0, 1) == "tile/2/000.p/1"
    assert entries_path(273, 112) == "tile/entries/273.p/112"
    assert entries_path(1000) == "tile/entries/x001/000"
    for width in (0, 257):
        with pytest.raises(TileError):
            tile_path(0, 0, width)


def test_files_of_70000_entries_are_the_specifications_example():
    log = Log().add(small(70_000))
    partial = sorted(path for path in complete(log.files) if ".p/" in path)
    assert partial == [
        "tile/0/273.p/112",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
        "tile/entries/273.p/112",
    ]
    assert len(complete(log.files)) == 273 + 1 + 1 + 1 + 1 + 273 + 1
    assert sorted(complete(Log().add(small(256)).files)) == [
        "tile/0/000",
        "tile/1/000.p/1",
        "tile/entries/000",
    ]


@pytest.mark.parametrize("size", SIZES)
def test_tiles_give_root_entries_and_proofs(size):
    entries = small(size)
    log = Log().add(entries)
    tiles = log.tiles
    assert tiles.root() == log.root == tree_root(entries)
    assert list(tiles.entries(0, size)) == entries
    for index in {0, size // 3, size - 1} if size else ():
        proof = tiles.inclusion(index)
        verify_inclusion(leaf_hash(entries[index]), index, size, proof, log.root)
    for old in {0, min(1, size), size // 2, max(0, size - 1), size}:
        proof = tiles.consistency(old)
        verify_consistency(old, tree_root(entries[:old]), size, log.root, proof)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 700), max_size=6))
def test_growth_in_any_steps_makes_the_same_files(steps):
    log, entries = Log(), small(sum(steps))
    for step in steps:
        growth = grow(log.size, entries[log.size : log.size + step], log.read)
        assert growth.old_root == log.root
        log.add(entries[log.size : log.size + step])
    made = at_the_edge(log)
    assert {path: log.files[path] for path in made} == made
    assert log.root == tree_root(entries)
    # All else is partial, and holds the beginning of the full file.
    for path, content in complete(log.files).items():
        if path not in made:
            whole = path.partition(".p/")[0]
            later = next(made[name] for name in made if name.partition(".p/")[0] == whole)
            assert later.startswith(content)


def test_growth_across_levels_makes_the_same_files():
    log, entries = Log(), small(66_000)
    for last in (65_000, 65_536, 65_537, 66_000):
        log.add(entries[log.size : last])
    made = at_the_edge(log)
    assert {path: log.files[path] for path in made} == made


def test_growth_by_nothing_changes_nothing():
    log = Log().add(small(300))
    assert list(grow(300, [], log.read)) == []


def test_growth_holds_no_more_than_the_edge():
    tracemalloc.start()
    try:
        for _ in grow(0, (b"%0300d" % n for n in range(100_000)), Log().read):
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * 2**20


def test_growth_from_a_spoiled_edge_is_refused_or_seen():
    log = Log().add(small(300))
    spoiled = log.files | {"tile/entries/001.p/44": log.files["tile/entries/001.p/44"][:-1] + b"x"}
    with pytest.raises(TileError, match="do not belong"):
        grow(300, [], spoiled.__getitem__)
    spoiled = log.files | {"tile/1/000.p/1": bytes(32)}
    assert grow(300, [], spoiled.__getitem__).old_root != log.root
    for path in ("tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"):
        missing = {name: content for name, content in log.files.items() if name != path}
        with pytest.raises(TileError, match="is missing"):
            grow(300, [], missing.__getitem__)


def test_full_files_stand_in_for_partial_ones():
    log = Log().add(small(300))
    old_root = log.root
    log.add(small(512)[300:])
    full = {path: content for path, content in log.files.items() if ".p/44" not in path}
    tiles = Tiles(full.__getitem__, 300)
    assert tiles.root() == old_root
    assert list(tiles.entries(256, 44)) == small(300)[256:]


def test_entries_of_a_range():
    tiles = Log().add(small(600)).tiles
    entries = small(600)
    for first, count in ((0, 0), (0, 600), (255, 2), (256, 256), (599, 1), (600, 0), (300, 17)):
        assert list(tiles.entries(first, count)) == entries[first : first + count]
    for first, count in ((0, 601), (-1, 1), (600, 1)):
        with pytest.raises(ProofError):
            list(tiles.entries(first, count))


def test_a_subtree_that_is_not_complete_has_no_hash():
    tiles = Log().add(small(5)).tiles
    for level, index in ((0, 5), (1, 2), (3, 0), (0, -1), (-1, 0)):
        with pytest.raises(ProofError):
            tiles.hash(level, index)


@given(st.lists(st.binary(max_size=300), max_size=40))
def test_bundles_are_read_as_written(entries):
    data = encode_bundle(entries)
    assert decode_bundle(data, len(entries)) == entries
    for width in (len(entries) - 1, len(entries) + 1):
        with pytest.raises(TileError):
            decode_bundle(data, width)


@given(st.data())
def test_cut_or_lengthened_bundles_are_refused(data):
    entries = data.draw(st.lists(st.binary(max_size=9), min_size=1, max_size=9))
    whole = encode_bundle(entries)
    cut = data.draw(st.integers(0, len(whole) - 1))
    for spoiled in (whole[:cut], whole + b"\0", whole + b"\0\0"):
        with pytest.raises(TileError):
            decode_bundle(spoiled, len(entries))


def test_an_entry_is_at_most_65535_bytes():
    assert len(encode_bundle([bytes(65_535)])) == 65_537
    with pytest.raises(TileError, match="too long"):
        list(grow(0, [bytes(65_536)], Log().read))


@pytest.mark.parametrize("change", [lambda tile: tile[:-1], lambda tile: tile + b"\0"])
def test_tiles_of_another_length_are_refused(change):
    log = Log().add(small(10))
    log.files["tile/0/000.p/10"] = change(log.files["tile/0/000.p/10"])
    with pytest.raises(TileError, match="instead of 320"):
        log.tiles.root()
