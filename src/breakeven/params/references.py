"""Names in one table of params.yaml that point into another."""

from collections.abc import Iterable, Mapping

from breakeven.errors import did_you_mean


def check_references(
    sources: Iterable[str],
    corpora: Mapping[str, Iterable[str]],
    arms: Mapping[str, str | None],
) -> None:
    """Raise ValueError for a corpus without its source, or an arm without its corpus."""
    for corpus, names in corpora.items():
        for name in names:
            if name not in sources:
                raise ValueError(
                    f"corpora.{corpus}.sources: {name!r} is no source; "
                    f"{did_you_mean(name, sources)}"
                )
    for arm, wanted in arms.items():
        if wanted is not None and wanted not in corpora:
            raise ValueError(
                f"arms.{arm}.corpus: {wanted!r} is no corpus; {did_you_mean(wanted, corpora)}"
            )
