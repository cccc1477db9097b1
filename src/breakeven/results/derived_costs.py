"""Rough FLOPs for imported results that state tokens and sizes but no FLOPs.

Two FLOPs a parameter and token for answering and six for training (Kaplan et al. 2020). Attention
is left out, so long traces come out too cheap; the notes say so.
"""

from dataclasses import replace

from breakeven.results.cell_results import CellResult, Results

ANSWERING_NOTE = (
    "inference FLOPs: derived, 2 FLOPs a parameter and token; attention left out, so long answers "
    "come out too cheap"
)
TRAINING_NOTE = "training FLOPs: derived, 6 FLOPs a parameter and token; attention left out"


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
    return replace(results, cells=cells, notes=tuple(notes))


def _answering(cell: CellResult) -> float | None:
    size, prompt, output = cell.size_parameters, cell.prompt_tokens, cell.output_tokens
    if size is None or prompt is None or output is None:
        return None
    return 2 * size * (prompt + output)


def _training(cell: CellResult) -> float | None:
    if cell.size_parameters is None or cell.train_tokens is None:
        return None
    return 6 * cell.size_parameters * cell.train_tokens
