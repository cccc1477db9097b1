"""Which items of the bill are paid by the token: a teacher or a judge behind a priced endpoint."""

from breakeven.costs.token_prices import TokenPrices
from breakeven.params import Params
from breakeven.serving.study_hardware import study_token_prices


def paid_services(params: Params) -> dict[str, TokenPrices]:
    """The prices of the teacher's and of the judge's tokens, where the study states them.

    The tokens of a jury are recorded together: they are priced where one judge is all of it, or all
    of them ask one price.
    """
    stated = params.costs.token_prices or {}
    models = {"judging": [judge.model for judge in params.grading.judges.values()]}
    if params.teacher.kind == "openai":
        models["teacher"] = [params.teacher.model]
    found = {}
    for item, names in models.items():
        rows = [stated.get(name) for name in names]
        if rows and rows[0] is not None and all(row == rows[0] for row in rows):
            found[item] = study_token_prices(params.costs, names[0])
    return found
