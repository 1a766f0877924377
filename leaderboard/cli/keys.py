"""The person's own key, which signs replications; made when it is needed first."""

from pathlib import Path

from securesystemslib.signer import CryptoSigner

from evaluations.errors import AssayError
from evaluations.provenance.signing import load_key, new_key, save_key
from leaderboard.cli import credentials
from leaderboard.cli.terminal import say


def path() -> Path:
    """Return where the key lies, beside the tokens."""
    return credentials.path().with_name("replication-key.pem")


def own_key(given: Path | None) -> CryptoSigner:
    """Return the person's key.

    Args:
        given: its file, if it is not the usual one; made if it isn't there.

    Raises:
        AssayError: `key_unusable`, or `not_saved` if none could be made.
    """
    target = given or path()
    if target.exists():
        return load_key(target)
    signer = new_key()
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        save_key(target, signer)
    except FileExistsError:
        return load_key(target)
    except OSError as error:
        raise AssayError("not_saved", f"The key could not be saved: {error}") from None
    say(f"Made your key {signer.public_key.keyid[:16]}… in {target}. Keep it: it is your name.")
    return signer
