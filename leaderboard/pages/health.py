"""For load balancers: is the process alive, and can it serve?"""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from leaderboard.pages import probes


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that the process answers; touches nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether the database and the artefact store answer, and name what doesn't."""
    checks = {"database": probes.database, "store": probes.artefacts}
    away = [name for name, answers in checks.items() if not answers()]
    text = f"unavailable: {', '.join(away)}\n" if away else "ready\n"
    return HttpResponse(text, content_type="text/plain", status=503 if away else 200)
