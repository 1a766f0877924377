import io
import tarfile
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.provenance.unpack import open_bundle
from tests.bundles import make_tar, write_files

NAME = st.text("abcé-_0", min_size=1, max_size=40)
PATH = st.lists(NAME, min_size=1, max_size=4).map(lambda parts: "/".join(["f", *parts, "x.bin"]))
FILES = st.dictionaries(PATH, st.binary(max_size=1500), max_size=6)


@settings(max_examples=40, deadline=None)
@given(FILES)
def test_tar_depends_on_contents_alone_and_reads_back(files):
    files |= {"manifest.json": b"{}"}
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        write_files(Path(one), files)
        write_files(Path(two), dict(reversed(files.items())))
        packed = make_tar(Path(one))
        assert make_tar(Path(two)) == packed
        source = Path(one) / "bundle.tar"
        source.write_bytes(packed)
        bundle = open_bundle(source)
        assert {path: bundle.read(path) for path in bundle.members} == files


def test_tar_is_read_by_the_standard_library_too(tmp_path):
    files = {"a/b.txt": b"1" * 700, "long/" + "n" * 150 + "/x": b"", "manifest.json": b"{}"}
    write_files(tmp_path, files)
    with tarfile.open(fileobj=io.BytesIO(make_tar(tmp_path))) as archive:
        contents = [(member.name, archive.extractfile(member)) for member in archive]
        read = {name: file.read() for name, file in contents if file}
        facts = {(m.mode, m.mtime, m.uid, m.gid, m.uname, m.gname) for m in archive}
    assert (read, facts) == (files, {(0o644, 0, 0, 0, "", "")})
