"""What a person fills in to submit a model. The service decides; this only reads."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from evaluations.enums import Precision
from evaluations.models.identifiers import new_public_id
from evaluations.services.submissions import RefusedError

_YES, _NO = "yes", "no"


class SubmissionForm(forms.Form):
    """A submission as it comes from the page.

    Attributes:
        refusal: why the service refused it, None before that.
    """

    model = forms.CharField(
        label=_("Model"),
        max_length=300,
        error_messages={"required": _("Name a model, such as org/name or local:name.")},
    )
    board = forms.CharField(
        label=_("Board"),
        max_length=50,
        error_messages={"required": _("Choose a board.")},
    )
    precision = forms.CharField(
        label=_("Precision"),
        max_length=10,
        error_messages={"required": _("Choose a precision.")},
    )
    chat_template = forms.TypedChoiceField(
        label=_("Chat template"),
        choices=((_NO, _("not applied")), (_YES, _("taken from the model"))),
        coerce=lambda value: value == _YES,
        error_messages={
            "required": _("Say whether the chat template is applied."),
            "invalid_choice": _("Choose yes or no."),
        },
    )
    intended_use = forms.CharField(label=_("Intended use"), max_length=1000, required=False)
    #: Made anew with each form, so that one that is sent twice is one submission.
    key = forms.CharField(max_length=64, required=False)

    refusal: RefusedError | None = None

    @classmethod
    def blank(cls, *, model: str = "", board: str = "") -> "SubmissionForm":
        """Return an empty form, filled in as far as the address says."""
        return cls(
            initial={
                "model": model,
                "board": board,
                "precision": Precision.FLOAT32,
                "chat_template": _NO,
                "key": new_public_id() + new_public_id(),
            }
        )

    def refuse(self, refusal: RefusedError) -> None:
        """Put a refusal beside its field."""
        self.refusal = refusal
        self.add_error(refusal.field if refusal.field in self.fields else None, refusal.detail)

    def request(self) -> dict[str, Any]:
        """Return what the service is asked for; only after the form was found valid."""
        return dict(self.cleaned_data)
