"""Tell which texts each corpus and the answers read, and that all prompts fit the students.

`python stages/texts.py`
"""

from breakeven.answer.prompt_fit import check_prompts_fit
from breakeven.params import Params
from breakeven.pipeline.command import run_stage
from breakeven.pipeline.inputs import write_texts


def run(params: Params) -> None:
    """Before anything is trained, and after all that prompts are made of has been written."""
    check_prompts_fit(params)
    write_texts(params)


if __name__ == "__main__":
    run_stage(run)
