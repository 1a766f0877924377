import io
import os
import random
import tarfile

import pytest
import zstandard

from evaluations.provenance.members import BundleError, Limits, NotABundleError
from evaluations.provenance.unpack import open_bundle
from tests.bundles import make_tar, pack, write_files

FEW = Limits(
    files=5, file_size=5000, total_size=9000, plain_size=1 << 20, ratio=50, ratio_from=1 << 16,
    line_size=1000, json_size=4000,
)  # fmt: skip


def archive(tmp_path, *members, files=(("manifest.json", b"{}"),), end=b""):
    """A tar of files and of odd members (TarInfo, data), made by the standard library."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as made:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            made.addfile(info, io.BytesIO(data))
        for info in members:
            made.addfile(info, io.BytesIO(b"\0" * info.size))
    path = tmp_path / "bundle.tar"
    path.write_bytes(target.getvalue() + end)
    return path


def member(name, kind=tarfile.REGTYPE, size=0, **facts):
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    for key, value in facts.items():
        setattr(info, key, value)
    return info


HOSTILE = {
    "absolute": (member("/etc/passwd"), "leads out"),
    "traversal": (member("../outside"), "leads out"),
    "traversal inside": (member("a/../../outside"), "leads out"),
    "not normalised": (member("a/./b"), "not normalised"),
    "doubled slash": (member("a//b"), "not normalised"),
    "backslash": (member("a\\b"), "characters"),
    "drive": (member("C:x"), "characters"),
    "control character": (member("a\x1b[31mb"), "characters"),
    "symbolic link": (member("link", tarfile.SYMTYPE, linkname="/etc/passwd"), "a symbolic link"),
    "hard link": (member("link", tarfile.LNKTYPE, linkname="manifest.json"), "a hard link"),
    "character device": (member("device", tarfile.CHRTYPE), "a device"),
    "block device": (member("device", tarfile.BLKTYPE), "a device"),
    "pipe": (member("pipe", tarfile.FIFOTYPE), "a pipe"),
    "folder": (member("folder", tarfile.DIRTYPE), "a folder"),
    "contiguous file": (member("odd", tarfile.CONTTYPE), "of type"),
    "doubled name": (member("manifest.json", size=3), "occurs twice"),
    "file and folder": (member("manifest.json/below"), "is a file and also"),
    "sparse": (member("sparse", pax_headers={"GNU.sparse.major": "1"}), "pax header says"),
    "too large": (member("large", size=6000), "more than 5000"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_open_bundle_refuses_a_hostile_member(tmp_path, name):
    odd, why = HOSTILE[name]
    with pytest.raises(BundleError, match=why) as caught:
        open_bundle(archive(tmp_path, odd), FEW)
    assert caught.value.code == "unsafe_bundle"


def test_open_bundle_refuses_too_many_files_and_too_much_together(tmp_path):
    many = [(f"f{i}", b"") for i in range(5)]
    with pytest.raises(BundleError, match="more than 5 files"):
        open_bundle(archive(tmp_path, files=[("manifest.json", b"{}"), *many]), FEW)
    large = [("a", b"x" * 4900), ("b", b"x" * 4900)]
    with pytest.raises(BundleError, match="9000 bytes together"):
        open_bundle(archive(tmp_path, files=[("manifest.json", b"{}"), *large]), FEW)


def test_open_bundle_refuses_bytes_after_the_end(tmp_path):
    with pytest.raises(BundleError, match="after the end"):
        open_bundle(archive(tmp_path, end=b"\0" * 512 + b"hidden"))


def test_open_bundle_refuses_bytes_in_the_padding(tmp_path):
    path = archive(tmp_path)
    data = bytearray(path.read_bytes())
    data[512 + 100] = 1
    path.write_bytes(data)
    with pytest.raises(BundleError, match="bytes between"):
        open_bundle(path)


CUT = {513: "inside 'manifest", 700: "inside 'manifest", 1024: "its end", 1535: "its end"}


@pytest.mark.parametrize("keep", CUT)
def test_open_bundle_refuses_a_tar_that_is_cut_off(tmp_path, keep):
    path = archive(tmp_path, files=[("manifest.json", b"x" * 400)])
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(BundleError, match="cut off.*" + CUT[keep]) as caught:
        open_bundle(path)
    assert caught.value.code == "unsafe_bundle"


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"\0" * 2048, b"PK" * 700, random.Random(5).randbytes(4096)]
)
def test_open_bundle_says_when_it_is_no_bundle(tmp_path, data):
    path = tmp_path / "bundle.tar"
    path.write_bytes(data)
    with pytest.raises(NotABundleError):
        open_bundle(path)


def test_open_bundle_says_when_there_is_nothing_or_no_manifest(tmp_path):
    with pytest.raises(NotABundleError, match="cannot be read"):
        open_bundle(tmp_path / "missing.tar")
    with pytest.raises(NotABundleError, match=r"no manifest\.json"):
        open_bundle(tmp_path)


def test_open_bundle_refuses_links_in_a_folder(tmp_path):
    write_files(tmp_path, {"manifest.json": b"{}"})
    (tmp_path / "link").symlink_to("/etc/hostname")
    with pytest.raises(BundleError, match="link or a device"):
        open_bundle(tmp_path)


def bundle_with(tmp_path, data):
    write_files(tmp_path, {"manifest.json": b"{}", "x.zst": data})
    return open_bundle(tmp_path, FEW)


BROKEN = {
    "bomb": (zstandard.compress(b"\0" * (1 << 19)), "decompression bomb"),
    "no zstd": (b"no zstd at all", "cannot be decompressed"),
    "cut off": (pack([{"a": os.urandom(40).hex()}])[:-3], "no end"),
    "empty": (b"", "no end"),
    "bytes behind": (zstandard.compress(b"1\n") + b"hidden", "bytes after"),
    "second frame": (zstandard.compress(b"1\n") + zstandard.compress(b"2\n"), "bytes after"),
    "unfinished line": (zstandard.compress(b"1\n2"), "last line"),
    "long second line": (
        zstandard.compress(b"1\n" + os.urandom(700).hex().encode() + b"\n2\n"),
        "line of more",
    ),
    "long line": (zstandard.compress(os.urandom(700).hex().encode() + b"\n"), "line of more"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_lines_refuse_broken_or_hostile_compression(tmp_path, name):
    data, why = BROKEN[name]
    bundle = bundle_with(tmp_path, data)
    with pytest.raises(BundleError, match=why):
        list(bundle.lines("x.zst"))


def test_lines_give_each_line_once_whatever_the_chunks(tmp_path):
    expected = [os.urandom(n % 90).hex().encode() for n in range(6000)]
    data = zstandard.compress(b"".join(x + b"\n" for x in expected))
    write_files(tmp_path, {"manifest.json": b"{}", "x.zst": data})
    assert list(open_bundle(tmp_path).lines("x.zst")) == expected


def test_read_refuses_a_large_file(tmp_path):
    write_files(tmp_path, {"manifest.json": b"x" * 4001})
    with pytest.raises(BundleError, match="more than 4000"):
        open_bundle(tmp_path, FEW).read("manifest.json")


def test_make_tar_is_accepted(tmp_path):
    write_files(tmp_path / "in", {"manifest.json": b"{}", "a/b": b"1"})
    path = tmp_path / "bundle.tar"
    path.write_bytes(make_tar(tmp_path / "in"))
    assert list(open_bundle(path).members) == ["a/b", "manifest.json"]
