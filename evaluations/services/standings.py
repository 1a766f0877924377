"""Keeping what is computed about boards up to date."""

from django.db import transaction
from django.db.models.functions import Now

from evaluations.models import BoardState
from evaluations.models.identifiers import new_public_id


def touch(board_id: int) -> None:
    """Note, in the transaction that changes what a board shows, that it has changed.

    Readers see it as soon as that is committed; rank ranges follow.
    """
    with transaction.atomic():
        BoardState.objects.update_or_create(
            board_id=board_id, defaults={"version": new_public_id(), "changed_at": Now()}
        )
