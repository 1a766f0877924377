"""`run/requirements.lock`: the packages of the process that planned, as pip takes them."""

from collections.abc import Mapping


def lock_text(packages: Mapping[str, str]) -> str:
    """Return the file, a line for each package, sorted: PostgreSQL's JSON keeps no order.

    Local labels such as `+cpu` are left out: no package index offers them, and the plan has
    torch's. Assay itself is left out: it is not what answered.
    """
    versions = {name: v.partition("+")[0] for name, v in packages.items() if name != "assay"}
    return "".join(f"{name}=={version}\n" for name, version in sorted(versions.items()))
