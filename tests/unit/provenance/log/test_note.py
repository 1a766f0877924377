import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from evaluations.provenance.log.checkpoint import (
    Checkpoint,
    CheckpointError,
    open_checkpoint,
    parse_checkpoint,
)
from evaluations.provenance.log.note import (
    NoteError,
    open_note,
    parse_note,
    parse_vkey,
    sign,
    verifier,
    verifier_key,
)
from evaluations.provenance.log.proof import TlogProof, encode, parse
from evaluations.provenance.log.tree import ProofError
from evaluations.provenance.merkle import EMPTY_ROOT, tree_root
from tests.logs import KEY, ORIGIN, VERIFIER, VKEY, Log, small

OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
#: The example of golang.org/x/mod/sumdb/note.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
NEUMANN_NOTE = (
    f"{NEUMANN_TEXT}\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
NOTE = Log().add(small(5)).note()
TEXT = NOTE.partition("\n\n")[0] + "\n"
LINE = NOTE.partition("\n\n")[2]


def test_gos_example_opens():
    key = parse_vkey(NEUMANN)
    assert open_note(NEUMANN_NOTE, [key]) == NEUMANN_TEXT
    assert verifier_key(key.name, key.public_key) == NEUMANN


def test_the_specifications_examples_parse():
    quasimodo = (
        "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\n"
        "ed è subito sera.\n\n— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5dd"
        "nGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
    )
    assert parse_note(quasimodo).text.endswith("\n\ned è subito sera.\n")
    sofa = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    assert parse_checkpoint(sofa).size == 20_852_163


def test_a_note_opens_with_its_key():
    assert open_note(NOTE, [VERIFIER]) == TEXT
    assert open_note(NOTE.encode(), [verifier("other", OTHER), VERIFIER]) == TEXT
    assert parse_vkey(VKEY) == parse_vkey(f"{VKEY}\n") == VERIFIER


@given(st.integers(0, len(NOTE.encode()) * 8 - 1))
def test_a_flipped_bit_of_a_note_is_refused(bit):
    data = bytearray(NOTE.encode())
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises(NoteError):
        open_note(bytes(data), [VERIFIER])


def test_unknown_signatures_are_passed_over_and_bad_ones_are_not():
    other = sign(TEXT, "example.org/other", OTHER).partition("\n\n")[2]
    assert open_note(NOTE + other, [VERIFIER]) == TEXT
    forged = sign("another text\n", ORIGIN, KEY).partition("\n\n")[2]
    with pytest.raises(NoteError, match="does not verify"):
        open_note(f"{TEXT}\n{other}{forged}", [VERIFIER, verifier("example.org/other", OTHER)])
    with pytest.raises(NoteError, match="two signatures"):
        open_note(NOTE + LINE, [VERIFIER])
    with pytest.raises(NoteError, match="No key that is trusted"):
        open_note(NOTE, [verifier(ORIGIN, OTHER)])
    with pytest.raises(NoteError, match="No key that is trusted"):
        open_note(NOTE, [])


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "\n\n",
        TEXT,
        f"\n\n{LINE}",
        NOTE.removesuffix("\n"),
        f"{NOTE}\n",
        NOTE.replace("\n", "\r\n"),
        NOTE.replace("—", "-"),
        NOTE.replace("— ", "—  "),
        NOTE.replace("=\n", "\n"),
        NOTE.replace("assay\n", "assay\t\n"),
        f"{TEXT}\n{LINE * 65}",
        f"{TEXT}\n— {ORIGIN} AAAA\n",
        f"{TEXT}\n— {ORIGIN} AAAAAB==\n",
        "x" * 200_000 + NOTE,
        NOTE.encode() + b"\xff",
        "\ud800" + NOTE,
    ],
)
def test_malformed_notes_are_refused(note):
    with pytest.raises(NoteError) as caught:
        open_note(note, [VERIFIER])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        VKEY[:-1],
        f"{VKEY}\n\n",
        f" {VKEY}",
        VKEY.replace("localhost", "localhosT"),
        VKEY.replace("+79751b9d+", "+79751b9e+"),
        f"a b+{VKEY.partition('+')[2]}",
        "\ud800" + VKEY,
        "PeterNeumann+c74f20a3+BBpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+AQ==",
    ],
)
def test_malformed_keys_are_refused(text):
    with pytest.raises(NoteError):
        parse_vkey(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b", "a\nb", "x" * 256])
def test_names_that_a_note_cannot_hold_are_refused(name):
    with pytest.raises(NoteError):
        sign(TEXT, name, KEY)


@pytest.mark.parametrize("text", ["", "\n", "no newline", "a\tb\n"])
def test_texts_that_a_note_cannot_hold_are_refused(text):
    with pytest.raises(NoteError):
        sign(text, ORIGIN, KEY)


def test_a_checkpoint_is_read_as_written():
    checkpoint = Checkpoint(ORIGIN, 5, tree_root(small(5)))
    assert open_checkpoint(NOTE, [VERIFIER]) == parse_checkpoint(TEXT) == checkpoint
    assert checkpoint.text() == TEXT
    assert parse_checkpoint(Checkpoint(ORIGIN, 0, EMPTY_ROOT).text()).size == 0


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("5\n", "05\n"),
        TEXT.replace("5\n", "+5\n"),
        TEXT.replace("5\n", "٥\n"),  # noqa: RUF001  a digit that is none here
        TEXT.replace("5\n", f"{2**63}\n"),
        TEXT.replace("5\n", "1" + "0" * 5000 + "\n"),
        TEXT.replace("5\n", "0\n"),
        TEXT.replace("5\n", "\n"),
        TEXT + "an extension\n",
        TEXT + "\n",
        TEXT[:-1],
        TEXT.replace("=", ""),
        TEXT.replace(ORIGIN, ""),
        TEXT.replace(ORIGIN, "a b"),
        "",
    ],
)
def test_malformed_checkpoints_are_refused(text):
    with pytest.raises(CheckpointError):
        parse_checkpoint(text)


def test_a_checkpoint_is_signed_by_the_log_that_it_names():
    note = sign(TEXT, "example.org/other", OTHER)
    with pytest.raises(CheckpointError, match="can't be trusted"):
        open_checkpoint(note, [verifier("example.org/other", OTHER), VERIFIER])


@pytest.mark.parametrize("size", [1, 2, 5, 300])
def test_a_proof_is_read_as_written(size):
    log = Log().add(small(size))
    for index in {0, size // 2, size - 1}:
        proof = log.proof(index)
        assert parse(encode(proof)) == proof


PROOF = encode(Log().add(small(5)).proof(2))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        PROOF[:-1],
        PROOF + b"\n",
        PROOF.replace(b"@v1", b"@v2"),
        PROOF.replace(b"index 2", b"index 02"),
        PROOF.replace(b"index 2", b"index -2"),
        PROOF.replace(b"index 2", b"index " + b"9" * 5000),
        PROOF.replace(b"index 2", b"index 9999999999999999999"),
        PROOF.replace(b"index 2\n", b"index 2\n\n"),
        PROOF.replace(b"index", b"extra AAAA\nindex"),
        PROOF.replace(b"=\n", b"\n", 1),
        PROOF.replace(b"\n", b"\r\n"),
        PROOF.replace(b"index 2\n", b"index 2\n" + b"A" * 43 + b"=\n" * 64),
        b"x" * 200_000,
        b"\xff" + PROOF,
    ],
)
def test_malformed_proofs_are_refused(data):
    with pytest.raises(ProofError):
        parse(data)


@given(st.integers(0, len(PROOF) * 8 - 1))
def test_a_flipped_bit_never_makes_an_equal_proof(bit):
    data = bytearray(PROOF)
    data[bit // 8] ^= 1 << bit % 8
    try:
        found = parse(bytes(data))
    except ProofError:
        return
    assert found != parse(PROOF)
    assert encode(found) == bytes(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_words(data):
    with pytest.raises(ProofError):
        parse(data)
    with pytest.raises(NoteError):
        parse_note(data)


def test_a_long_path_is_encoded_and_read():
    proof = TlogProof(2**62, (bytes(32),) * 63, NOTE)
    assert parse(encode(proof)) == proof
    with pytest.raises(ProofError):
        parse(encode(TlogProof(0, (bytes(32),) * 64, NOTE)))
