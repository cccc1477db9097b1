"""What is promised of each interval and test, and the bounds within which that holds."""

from breakeven.statistics.promises import Promise
from coverage_studies.law import LAW_SIZE_SDS

INTERVAL, TEST, POWER = (0.93, 0.97), (0.0, 0.05), (0.77, 0.83)
# Where runs spread alike more is known of it than two prior degrees of freedom use.
MODERATED = (0.93, 0.99)
# Three sizes leave one degree of freedom for how far sizes depart from the law: a variance on one
# is often too small, and where runs alone scatter they are counted between seeds and sizes.
OF_LAW = (0.88, 1.0)
# Unpaired errors on shared items are never too small.
BOUND = (0.93, 1.0)

PROMISES = {
    "accuracy": Promise("accuracy of a cell", "Wilson", *INTERVAL),
    "passages": Promise("accuracy, items share passages", "clustered t", *INTERVAL),
    "family": Promise("family accuracy", "mean of Wilson intervals", *INTERVAL),
    "unequal": Promise(
        "accuracy, tasks of 1319, 500 and 30", "mean of Wilson intervals", *INTERVAL
    ),
    "unequal gain": Promise("paired gain, same tasks", "sum of task variances", *INTERVAL),
    "runs": Promise("accuracy, same tasks without items", "mean of Wilson intervals", *INTERVAL),
    "runs gain": Promise("gain, same tasks, unrelated items not known", "bound", *INTERVAL),
    "runs bound": Promise("gain, same tasks, shared items not known", "bound", *BOUND),
    "gain": Promise("paired gain, one task", "Bonett-Price", *INTERVAL),
    "passage gain": Promise("paired gain, items share passages", "clustered t", *INTERVAL),
    "family gain": Promise("family gain", "sum of task variances", *INTERVAL),
    "family bootstrap": Promise("family gain", "bootstrap", *INTERVAL),
    "seeds gain": Promise("paired gain, three seeds", "seeds then items", *INTERVAL),
    "moderated gain": Promise("paired gain, three seeds", "moderated by other runs", *MODERATED),
    "uneven gain": Promise(
        "paired gain, three seeds, one style five times as far apart",
        "moderated by other runs",
        *MODERATED,
    ),
    "crossing": Promise("size where reasoning overtakes", "bootstrap", *INTERVAL),
    "equivalent": Promise("IFT-equivalent size, 3B reasoning", "bootstrap", *INTERVAL),
    "band": Promise("curve of five sizes, three seeds", "pointwise band", *INTERVAL),
    **{
        f"law {size_sd}": Promise(
            f"law of the gain, a size that it has not seen, sizes apart by {size_sd:g} log-odds",
            "random effects, Welch-Satterthwaite",
            *OF_LAW,
        )
        for size_sd in LAW_SIZE_SDS
    },
    "margin": Promise("margin over cheaper cells", "bootstrap", *INTERVAL),
    "place": Promise("cell placed wrongly on or off the frontier", "P > 0.975 or < 0.025", *TEST),
    "hull": Promise("cell placed wrongly on or off the hull", "P > 0.975 or < 0.025", *TEST),
    "pass": Promise("cost of a right answer", "bootstrap", *INTERVAL),
    "worth": Promise("times as dear without a style", "bootstrap", *INTERVAL),
    "null gain": Promise("false positive, one task", "exact McNemar", *TEST),
    "null passages": Promise(
        "false positive, items share passages", "sign flips of clusters", *TEST
    ),
    "null family": Promise("false positive, family", "sign flips of items", *TEST),
    "null seeds": Promise("false positive, three seeds", "seeds then items", *TEST),
    "null moderated": Promise("false positive, three seeds", "moderated by other runs", *TEST),
    "null uneven": Promise(
        "false positive, three seeds, one style five times as far apart",
        "moderated by other runs",
        *TEST,
    ),
    "null holm": Promise("any false positive among ten", "exact McNemar, Holm", *TEST),
    "power": Promise("smallest detectable difference found", "exact McNemar", *POWER),
}
