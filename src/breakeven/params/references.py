"""Names in one table of params.yaml that point into another."""

from collections.abc import Iterable, Mapping

from breakeven.errors import did_you_mean


def check_references(
    sources: Iterable[str],
    corpora: Mapping[str, Iterable[str]],
    arms: Mapping[tuple[str, str], str | None],
) -> None:
    """Raise ValueError for a corpus without its source, or an arm without its corpora.

    `arms` maps an arm and one of its keys to the corpus that the key names.
    """
    for corpus, names in corpora.items():
        for name in names:
            if name not in sources:
                raise ValueError(
                    f"corpora.{corpus}.sources: {name!r} is no source; "
                    f"{did_you_mean(name, sources)}"
                )
    for (arm, key), wanted in arms.items():
        if wanted is not None and wanted not in corpora:
            raise ValueError(
                f"arms.{arm}.{key}: {wanted!r} is no corpus; {did_you_mean(wanted, corpora)}"
            )
