"""`manage.py keys create | show | rotate | revoke`."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluations.errors import AssayError
from evaluations.provenance.root import RootVersion
from evaluations.queries import evidence, log
from evaluations.services import keys
from evaluations.services.sequencer import sequence


class Command(BaseCommand):
    """The keys of statements and of the log, and the root of trust over them."""

    help = "Make, show, rotate or revoke the keys that this site signs results and its log with."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what can be done."""
        todo = parser.add_subparsers(dest="todo", required=True, metavar="WHAT")
        create = todo.add_parser("create", help="make the site's keys, once")
        create.add_argument(
            "--origin", default=settings.ASSAY_ORIGIN, help="the log's name, for good"
        )
        todo.add_parser("show", help="show the public keys and the versions of the root")
        for name, what in (("rotate", "that are good"), ("revoke", "that others may have")):
            renew = todo.add_parser(name, help=f"replace keys {what} by new ones")
            renew.add_argument("roles", nargs="+", choices=keys.ROLES, metavar="statement|log")
            renew.add_argument(
                "--root-keys",
                type=Path,
                metavar="DIR",
                help="where at least two of the root's keys are (the folder root/ beside the keys)",
            )

    def handle(self, *_args: object, todo: str, **options: object) -> None:
        """Do it, or say why not."""
        try:
            if todo == "create":
                self._create(str(options["origin"]))
            elif todo == "show":
                self._show()
            else:
                self._renew(todo, options)
        except AssayError as error:
            raise CommandError(f"{error.detail}\n{error.hint}".strip()) from error

    def _create(self, origin: str) -> None:
        there = log.root() is not None
        made = keys.create(origin=origin, folder=_folder())
        if there:
            self.stdout.write("The site has its keys already; nothing was changed.")
        else:
            sequence()
            self.stdout.write(
                f"Made the keys of {made.origin} in {_folder()}, readable by their owner alone.\n"
                f"Move {_folder() / 'root'} to three places of their own: two of its three keys "
                "are needed to rotate or revoke the others, and none for the site's daily work."
            )
        self._show()

    def _show(self) -> None:
        versions = log.roots()
        if not versions:
            raise CommandError("The site has no keys yet. Run manage.py keys create.")
        newest = log.root()
        assert newest is not None  # noqa: S101  told to the type checker
        self.stdout.write(f"log        {evidence.log_vkey().decode().strip()}")
        for role, known in (("statement", newest.statement_keys), ("log", newest.log_keys)):
            self.stdout.write(f"{role:<10} key {' '.join(key.keyid for key in known)}")
        self._tell(newest)
        here = keys.keyring() is not None
        where = f"are in {settings.ASSAY_KEYS}" if here else "are not here"
        self.stdout.write(f"The private keys of statements and log {where}.")

    def _renew(self, todo: str, options: dict[str, object]) -> None:
        folder = _folder()
        given = options["root_keys"]
        root_keys = Path(str(given)) if given else folder / "root"
        reason = "rotated" if todo == "rotate" else "revoked"
        roles = sorted(set(options["roles"]))  # type: ignore[call-overload]
        made = keys.renew(roles=roles, folder=folder, root_keys=root_keys, reason=reason)  # type: ignore[arg-type]
        sequence()
        self._tell(made)

    def _tell(self, version: RootVersion) -> None:
        self.stdout.write(
            f"root       version {version.version}, sha256 {version.sha256}, in force from entry "
            f"{version.log_size} of the log, until {version.expires:%Y-%m-%d}"
        )


def _folder() -> Path:
    if settings.ASSAY_KEYS is None:
        raise CommandError("ASSAY_KEYS is `none`: the keys are another machine's.")
    return Path(settings.ASSAY_KEYS)
