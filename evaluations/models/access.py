"""What programs use the API with: tokens, and keys that make a repeated request harmless."""

from django.conf import settings
from django.db import models


class ApiToken(models.Model):
    """A person's token for the API. Only its digest is kept: nobody can read it here again.

    Attributes:
        prefix: the token's first characters, by which its owner knows it.
        sha256: of the whole token, which has 160 random bits, so no salt is needed.
        scopes: names out of `enums.Scope`.
    """

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12)
    sha256 = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"


class IdempotentRequest(models.Model):
    """A POST that named an idempotency key, with the answer that it got.

    Attributes:
        sha256: of method, path and body; the same key for another request is a mistake.
        status: 0 while the first request is still at work.
        body: the answer, as it was sent.
    """

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["by", "key"], name="idempotency_key"),)

    def __str__(self) -> str:
        return self.key
