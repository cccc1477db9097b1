"""The part of params.yaml that a stage takes, as its record tells it: by a digest.

A record tells so what it was made from. Whoever finds it beside another params.yaml, as after
another profile was copied over it, can tell that it is none of this study.
"""

from breakeven.files import digest_json
from breakeven.params.names import Section
from breakeven.params.schema import Params
from breakeven.stage import pick


def digest_of_part(params: Params, stage: str, name: str) -> str:
    """Digest of what a stage's cell takes of params.yaml beside its input files.

    `name` is the cell's first: of `distill`, whose teacher is the same for all, the source.
    Defaults are in it, so that a key that says the default is no change.

    Raises:
        InputError: params.yaml has no such row.
    """
    part: list[Section]
    match stage:
        case "tasks":
            part = [pick(params.tasks, "tasks", name)]
        case "prompts":
            part = [pick(params.sources, "sources", name)]
        case "distill":
            part = [params.teacher]
        case "pairs":  # kept apart from every task
            part = [pick(params.corpora, "corpora", name), *params.tasks.values()]
        case "base":
            part = [pick(params.students, "students", name).base]
        case _:
            raise ValueError(f"stage: value is {stage!r}; its settings are in its record")
    return digest_json([one.model_dump(mode="json") for one in part])
