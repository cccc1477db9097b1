"""Local data sets with the columns and types that each benchmark's data set has on the hub.

The rows are invented. Where the types come from: the `dataset_info` of each data set's card, or its
Parquet files as public evaluation code reads them (docs/tasks.md).
"""

from pathlib import Path
from typing import Any, NamedTuple

from datasets import ClassLabel, Dataset, Features, List, Value

TEXT, INT32, INT64 = Value("string"), Value("int32"), Value("int64")
TEXTS = List(TEXT)


class Schema(NamedTuple):
    """Features and rows of one split; a right and a wrong answer to its first item."""

    features: Features
    rows: list[dict[str, Any]]
    right: str
    wrong: str


def texts(*names: str) -> Features:
    return Features(dict.fromkeys(names, TEXT))


MMLU = Features(
    {
        "question": TEXT,
        "subject": TEXT,
        "choices": TEXTS,
        "answer": ClassLabel(names=["A", "B", "C", "D"]),
    }
)
MMLU_PRO = Features(
    {
        "question_id": INT64,
        "question": TEXT,
        "options": TEXTS,
        "answer": TEXT,
        "answer_index": INT64,
        "cot_content": TEXT,
        "category": TEXT,
        "src": TEXT,
    }
)
TURNS = {
    "span_start": List(INT32),
    "span_end": List(INT32),
    "span_text": TEXTS,
    "input_text": TEXTS,
    "turn_id": List(INT32),
}
COQA = Features(
    {
        "id": TEXT,
        "source": TEXT,
        "story": TEXT,
        "questions": {"input_text": TEXTS, "turn_id": List(INT32)},
        "answers": TURNS,
        "additional_answers": {"0": TURNS, "1": TURNS, "2": TURNS},
    }
)
IFEVAL_ARGUMENTS = {
    "num_highlights": INT64,
    "relation": TEXT,
    "num_words": INT64,
    "keywords": TEXTS,
    "language": TEXT,
}
THE_VAULT = texts(
    *("hexsha", "repo", "path", "license", "language", "identifier", "return_type"),
    *("original_string", "original_docstring", "docstring", "code", "short_docstring"),
)


def mmlu(question: str, subject: str, answer: int) -> dict[str, Any]:
    choices = ["1", "2", "3", "4"]
    return {"question": question, "subject": subject, "choices": choices, "answer": answer}


def mmlu_pro(question: str, category: str, answer: str) -> dict[str, Any]:
    return {
        "question_id": 70,
        "question": question,
        "options": [f"choice {number}" for number in range(10)],
        "answer": answer,
        "answer_index": "ABCDEFGHIJ".index(answer),
        "cot_content": "",
        "category": category,
        "src": "made up",
    }


def turns(*answers: str) -> dict[str, Any]:
    count = len(answers)
    return {
        "span_start": [0] * count,
        "span_end": [1] * count,
        "span_text": list(answers),
        "input_text": list(answers),
        "turn_id": list(range(1, count + 1)),
    }


STORY = "Mira has a grey goat. The goat eats the blue gate on Monday."
COQA_ROW = {
    "id": "made-up",
    "source": "made up",
    "story": STORY,
    "questions": {"input_text": ["What does Mira have?", "When is it fed?"], "turn_id": [1, 2]},
    "answers": turns("a goat", "Monday"),
    "additional_answers": {
        "0": turns("a grey goat", "on Monday"),
        "1": turns("a goat", "Monday"),
        "2": turns("goat", "Monday"),
    },
}
PRO_ROWS = [
    mmlu_pro(f"Which choice is the sixth of {subject}?", subject, "F")
    for subject in ("math", "law", "computer science", "physics", "health")
]

SCHEMAS: dict[str, Schema] = {
    "winogrande": Schema(
        texts("sentence", "option1", "option2", "answer"),
        [
            {
                "sentence": "The crate fits under the bench because the _ is low.",
                "option1": "crate",
                "option2": "bench",
                "answer": "1",
            }
        ],
        r"\boxed{A}",
        r"\boxed{B}",
    ),
    "openbookqa": Schema(
        Features(
            {
                "id": TEXT,
                "question_stem": TEXT,
                "choices": {"text": TEXTS, "label": TEXTS},
                "answerKey": TEXT,
            }
        ),
        [
            {
                "id": "0-1",
                "question_stem": "A kettle on a stove gets",
                "choices": {"text": ["hot", "wet", "old", "sad"], "label": list("ABCD")},
                "answerKey": "A",
            }
        ],
        r"It heats up, so \boxed{A}",
        r"\boxed{D}",
    ),
    "mmlu-misc": Schema(
        MMLU,
        [mmlu("How many wheels has a unicycle?", "miscellaneous", 0)],
        r"\boxed{A}",
        r"\boxed{B}",
    ),
    "mmlu-math": Schema(
        MMLU,
        [
            mmlu("How many wheels has a bicycle?", "miscellaneous", 1),
            mmlu("What is 1 + 2?", "elementary_mathematics", 2),
        ],
        r"\boxed{C}",
        r"\boxed{B}",
    ),
    "aqua-rat": Schema(
        Features({"question": TEXT, "options": TEXTS, "rationale": TEXT, "correct": TEXT}),
        [
            {
                "question": "A cart makes 6 km in 2 hours. How many km is that an hour?",
                "options": ["A)2", "B)3", "C)4", "D)6", "E)12"],
                "rationale": "6 / 2 = 3",
                "correct": "B",
            }
        ],
        r"\boxed{B}",
        r"\boxed{12}",
    ),
    "mmlu-pro-math": Schema(MMLU_PRO, PRO_ROWS, r"\boxed{F}", r"\boxed{J}"),
    "mmlu-pro-law": Schema(MMLU_PRO, PRO_ROWS, r"\boxed{F}", r"\boxed{A}"),
    "mmlu-pro-code": Schema(MMLU_PRO, PRO_ROWS, r"\boxed{F}", r"\boxed{B}"),
    "mmlu-pro-physics": Schema(MMLU_PRO, PRO_ROWS, r"\boxed{F}", r"\boxed{C}"),
    "squad": Schema(
        Features(
            {
                "id": TEXT,
                "title": TEXT,
                "context": TEXT,
                "question": TEXT,
                "answers": {"text": TEXTS, "answer_start": List(INT32)},
            }
        ),
        [
            {
                "id": "1",
                "title": "Goats",
                "context": STORY,
                "question": "Which day does the goat eat?",
                "answers": {
                    "text": ["Monday", "on Monday", "Monday"],
                    "answer_start": [51, 48, 51],
                },
            },
            {
                "id": "2",
                "title": "Goats",
                "context": STORY,
                "question": "What colour is the gate?",
                "answers": {"text": ["blue"], "answer_start": [37]},
            },
        ],
        r"\boxed{On Monday}",
        r"\boxed{Tuesday}",
    ),
    "coqa": Schema(COQA, [COQA_ROW], r"\boxed{a grey goat}", r"\boxed{a cow}"),
    "ifeval": Schema(
        Features(
            {
                "key": INT64,
                "prompt": TEXT,
                "instruction_id_list": TEXTS,
                "kwargs": List(IFEVAL_ARGUMENTS),
            }
        ),
        [
            {
                "key": 1,
                "prompt": "Tell me of goats. Use no commas, and use the word gate.",
                "instruction_id_list": ["punctuation:no_comma", "keywords:existence"],
                "kwargs": [
                    dict.fromkeys(IFEVAL_ARGUMENTS),
                    {**dict.fromkeys(IFEVAL_ARGUMENTS), "keywords": ["gate"]},
                ],
            }
        ],
        "A goat may eat a gate.",
        "A goat, if hungry, may eat a gate.",
    ),
    "gsm8k": Schema(
        texts("question", "answer"),
        [
            {
                "question": "Ada has 3 boxes of 400 nails. How many nails are there?",
                "answer": "3 * 400 = <<3*400=1200>>1200 nails.\n#### 1,200",
            }
        ],
        r"\boxed{1200}",
        r"\boxed{403}",
    ),
    "math-500": Schema(
        Features(
            {
                "problem": TEXT,
                "solution": TEXT,
                "answer": TEXT,
                "subject": TEXT,
                "level": INT64,
                "unique_id": TEXT,
            }
        ),
        [
            {
                "problem": "What is half of $\\frac{3}{2}$?",
                "solution": "It is $\\boxed{\\frac{3}{4}}$.",
                "answer": "\\frac{3}{4}",
                "subject": "Prealgebra",
                "level": 1,
                "unique_id": "test/prealgebra/0.json",
            }
        ],
        r"\boxed{0.75}",
        r"\boxed{\frac{4}{3}}",
    ),
    "aime": Schema(
        texts("problem", "answer", "id"),
        [{"problem": "Find $7 \\cdot 11$.", "answer": "77", "id": "0"}],
        r"\boxed{077}",
        r"\boxed{18}",
    ),
    "consumer-qa": Schema(
        texts("index", "contract", "question", "answer"),
        [
            {
                "index": "0",
                "contract": "You may end this contract on any day.",
                "question": "May I end the contract on a Sunday?",
                "answer": "Yes",
            }
        ],
        r"\boxed{Yes}",
        r"\boxed{No}",
    ),
    "c-summarization": Schema(
        THE_VAULT,
        [
            {
                **dict.fromkeys(THE_VAULT, ""),
                "code": "int twice(int n) { return 2 * n; }",
                "docstring": "Returns twice the number.",
            }
        ],
        "",  # only a judge can tell
        "",
    ),
    "scibench": Schema(
        texts(
            *("problem_text", "answer_latex", "answer_number", "unit"),
            *("source", "problemid", "comment", "solution"),
        ),
        [
            {
                **dict.fromkeys(("answer_latex", "comment", "solution", "source"), ""),
                "problem_text": "A stone falls 20 m. How long does it fall?",
                "answer_number": "2.02",
                "unit": "s",
                "problemid": "1.1",
            }
        ],
        r"\boxed{2.0}",  # within five per cent
        r"\boxed{4.5}",
    ),
}


def write_dataset(
    folder: Path, features: Features, rows: list[dict[str, Any]], config: str | None, split: str
) -> Path:
    """A data set as the hub keeps one: Parquet files, and a card that names configs and splits."""
    import datasets

    datasets.disable_progress_bars()
    folder.mkdir(parents=True)
    name = config or "default"
    Dataset.from_list(rows, features=features).to_parquet(folder / f"{name}/{split}-0.parquet")
    card = (
        f"---\nconfigs:\n- config_name: {name}\n  data_files:\n"
        f"  - split: {split}\n    path: {name}/{split}-*\n---\n"
    )
    (folder / "README.md").write_text(card)
    return folder
