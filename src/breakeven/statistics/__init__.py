"""Uncertainty of accuracies and of differences between them, on plain numpy arrays.

`intervals` one accuracy or mean; `paired` two styles on the same items; `strata` the means of
several tasks and seeds that both build on; `signflip` an exact test for what McNemar's does not
cover; `bootstrap` anything that is not linear; `multiple` many comparisons; `power` what a task
can show; `chance` accuracy beyond guessing. Arrays hold one value an item (0 or 1, or the mean
over the samples of that item). What is undefined is None with a reason.
"""
