"""Rough FLOPs for imported results that state tokens and sizes but no FLOPs.

Two FLOPs a parameter and token for answering and six for training (Kaplan et al. 2020). Attention
is left out, so long traces come out too cheap; the notes say so. Of a mixture of experts only those
parameters count that a token visits, where the student is called as a bundled model is.
"""

from dataclasses import replace

from breakeven.costs.model_shapes import bundled_architectures
from breakeven.results.cell_results import CellResult, Results

ANSWERING_NOTE = (
    "inference FLOPs: derived, 2 FLOPs a parameter and token; attention left out, so long answers "
    "come out too cheap"
)
TRAINING_NOTE = "training FLOPs: derived, 6 FLOPs a parameter and token; attention left out"
MIXTURE_NOTE = (
    "of the mixtures of experts {}, derived FLOPs count the parameters that a token visits"
)


def with_derived_flops(results: Results) -> Results:
    """Fill FLOPs where not one cell has them and tokens and sizes are known; else unchanged."""
    cells, notes = results.cells, list(results.notes)
    # Measured beside derived FLOPs would compare two ways of counting.
    if all(cell.inference_flops is None for cell in cells):
        derived = tuple(replace(cell, inference_flops=_answering(cell)) for cell in cells)
        if derived != cells:
            cells = derived
            notes.append(ANSWERING_NOTE)
    if all(cell.train_flops is None for cell in cells):
        derived = tuple(replace(cell, train_flops=_training(cell)) for cell in cells)
        if derived != cells:
            cells = derived
            notes.append(TRAINING_NOTE)
    mixtures = sorted({cell.student for cell in cells if _visited(cell.student) is not None})
    if mixtures and len(notes) > len(results.notes):
        notes.append(MIXTURE_NOTE.format(", ".join(mixtures)))
    return replace(results, cells=cells, notes=tuple(notes))


def _answering(cell: CellResult) -> float | None:
    size, prompt, output = _multiplied(cell), cell.prompt_tokens, cell.output_tokens
    if size is None or prompt is None or output is None:
        return None
    return 2 * size * (prompt + output)


def _training(cell: CellResult) -> float | None:
    size = _multiplied(cell)
    return None if size is None or cell.train_tokens is None else 6 * size * cell.train_tokens


def _multiplied(cell: CellResult) -> float | None:
    """Parameters that each token is multiplied by."""
    visited = _visited(cell.student)
    return cell.size_parameters if visited is None else visited


def _visited(student: str) -> float | None:
    """Parameters of a bundled mixture that one token visits; None of every other student."""
    shape = bundled_architectures().get(student.lower())
    return None if shape is None or not shape.experts else float(shape.active_parameters)
