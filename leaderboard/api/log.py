"""The log's newest checkpoint as data; tiles are files, see docs/log.md."""

from django.http import HttpRequest
from django.urls import reverse
from ninja import Router, Schema

from evaluations.errors import AssayError
from evaluations.queries import evidence, log

router = Router(tags=["log"])


class CheckpointOut(Schema):
    """The log at its newest checkpoint.

    Attributes:
        root: the tree's hash, in hexadecimal.
        note: the signed checkpoint as it stands at `/checkpoint`.
        vkey: what verifies its signature.
        tiles: the address below which the tiles are.
    """

    origin: str
    size: int
    root: str
    note: str
    vkey: str
    tiles: str


@router.get("checkpoint", response=CheckpointOut, operation_id="get_checkpoint")
def get_checkpoint(request: HttpRequest) -> CheckpointOut:
    """Return the log's newest checkpoint."""
    newest, trusted = log.latest(), log.root()
    if newest is None or trusted is None:
        raise AssayError("log_empty", "Nothing is logged yet.", "Come back after a submission.")
    return CheckpointOut(
        origin=trusted.origin,
        size=newest.size,
        root=newest.root,
        note=newest.note,
        vkey=evidence.log_vkey().decode().strip(),
        tiles=request.build_absolute_uri(f"{reverse('home')}tile/"),
    )
