"""What a person fills in to question a result. The service decides; this only reads."""

from django import forms
from django.utils.translation import gettext_lazy as _

from evaluations.errors import AssayError
from evaluations.services.reasons import LEAST, MOST


class DisputeForm(forms.Form):
    """A dispute as it comes from the page.

    Attributes:
        refusal: why the service refused it, None before that.
    """

    reason = forms.CharField(
        label=_("What seems wrong"),
        strip=False,
        error_messages={"required": _("Say what seems wrong with this result.")},
    )
    least, most = LEAST, MOST
    refusal: AssayError | None = None

    def refuse(self, refusal: AssayError) -> None:
        """Keep a refusal, to be shown above the field."""
        self.refusal = refusal
        self.add_error("reason", refusal.detail)
