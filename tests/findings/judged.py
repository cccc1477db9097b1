"""Verdicts as a report gives them: by name, corrected together with all that it tests."""

from breakeven.findings.corrected import corrected_findings
from breakeven.findings.scored_results import scored_results
from breakeven.findings.verdicts import Verdict
from breakeven.results.cell_results import Results


def verdicts_of(results: Results) -> dict[str, Verdict]:
    return {one.id: one for one in corrected_findings(scored_results(results)).claims}
