"""Letters on tables of answers; the first is the policy in docs/grading.md."""

import re
import time
from pathlib import Path

import pytest

from breakeven.grading.letter import named_letter

GREEK = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa")
DIGITS = ("5", "7", "9", "11")
SKY = ("the sun", "the moon", "Both A and B", "None of the above")
VITAMINS = ("Vitamin A", "Vitamin C", "Vitamin D", "Vitamin K")
PLANS = ("Plan B", "Plan A", "Plan C", "Plan D")
PRICES = ("$11", "$12", "$13", "$14")


def policy() -> list[tuple[tuple[str, ...], str, str | None]]:
    """The rows of the table under "Letters" in docs/grading.md."""
    page = (Path(__file__).parents[2] / "docs/grading.md").read_text()
    section = page.split("### Letters\n")[1].split("\n#")[0]
    rows = re.findall(r"^\| (.+?) \| `(.+)` \| ([A-Z–]) \|$", section, re.MULTILINE)
    return [
        (
            GREEK if choices == "alpha to kappa" else tuple(choices.split("; ")),
            answer.replace("⏎", "\n"),
            None if letter == "–" else letter,
        )
        for choices, answer, letter in rows
    ]


@pytest.mark.parametrize(("choices", "answer", "letter"), policy())
def test_an_answer_names_the_letter_that_the_policy_says(choices, answer, letter):
    assert named_letter(answer, choices) == letter


def test_the_policy_has_both_directions():
    letters = [letter for _, _, letter in policy()]
    assert len(letters) > 50
    assert letters.count(None) > 15


NEIGHBOURS = [
    (GREEK, "I", "I"),
    (GREEK, "(I)", "I"),
    (GREEK, "I.", "I"),
    (GREEK, "The answer is I.", "I"),
    (GREEK, "The answer is I", "I"),
    (GREEK, "I) iota", "I"),
    (GREEK, "I. iota", "I"),
    (GREEK, "option I", "I"),
    (GREEK, "I choose I.", "I"),
    (GREEK, "I would say (I).", "I"),
    (GREEK, "I think none of these is right.", None),
    (GREEK, "It is C because I computed the integral.", "C"),
    (GREEK, "I'm not sure.", None),
    (GREEK, "I am sure that it is J", "J"),
    (GREEK, "The answer is I think C", "C"),
    (GREEK, "I, for one, do not know", None),
    (GREEK, "As I said, the answer is D.", "D"),
    (GREEK, "I believe the correct answer is (J).", "J"),
    (GREEK, "iota", "I"),
    (GREEK, "I computed 5.", None),
    (GREEK, "So I am done.", None),
    (GREEK, "\\boxed{I}", "I"),
    (GREEK, "\\boxed{I do not know}", None),
    (GREEK, "Answer: I", "I"),
    (GREEK, "Answer: I do not know", None),
    (GREEK, "The answer is I do not know", None),
    (VITAMINS, "The answer is vitamin C.", "B"),
    (VITAMINS, "vitamin c", "B"),
    (VITAMINS, "B) Vitamin C", "B"),
    (VITAMINS, "The answer is C", "C"),
    (VITAMINS, "C. Vitamin D", "C"),
    (VITAMINS, "The vitamin is C.", "C"),
    (VITAMINS, "Vitamin C deficiency causes scurvy, so B.", "B"),
    (PLANS, "Plan A", "B"),
    (PLANS, "The best choice is Plan C", "C"),
    (SKY, "It cannot be B.", None),
    (SKY, "Not B", None),
    (SKY, "B is incorrect", None),
    (SKY, "The answer is B, the moon", "B"),
    (SKY, "B isn't right", None),
    (SKY, "The answer is definitely not B", None),
    (SKY, "The answer could not be B", None),
    (SKY, "The correct answer can't be B.", None),
    (SKY, "not A but B", "B"),
    (SKY, "The answer is not A. It is B.", "B"),
    (SKY, "I rule out B", None),
    (SKY, "B can be ruled out", None),
    (SKY, "everything except B", None),
    (SKY, "The answer is neither A nor B", None),
    (SKY, "It is neither A nor B.", None),
    (SKY, "B is not the answer", None),
    (SKY, "B cannot be right", None),
    (SKY, "The answer is never B", None),
    (SKY, "B does not work", None),
    (SKY, "I would not choose B", None),
    (SKY, "I don't think it is B", None),
    (SKY, "The answer is B, which is not A", "B"),
    (SKY, "B, not A.", "B"),
    (SKY, "Other than B", None),
    (SKY, "Is it B?", None),
    (SKY, "If the answer is B, then the moon shines.", None),
    (DIGITS, "Option B is too small, so the answer is C", "C"),
    (DIGITS, "Option A is correct.", "A"),
    (DIGITS, "Option B.", "B"),
    (DIGITS, "(B) is correct.", "B"),
    (DIGITS, "Option B is the answer", "B"),
    (DIGITS, "\\text{B}", "B"),
    (DIGITS, "\\boxed{\\mathrm{(B)}}", "B"),
    (DIGITS, "$\\textbf{(B)}$", "B"),
    (DIGITS, "\\boxed{\\text{B) 7}}", "B"),
    (DIGITS, "\\boxed{\\textbf{(B)}\\ 7}", "B"),
    (DIGITS, "\\[\\text{The answer is (B)}\\]", "B"),
    (DIGITS, "\\boxed{\\text{Option B}}", "B"),
    (DIGITS, "\\boxed{B. 7}", "B"),
    (DIGITS, "\\boxed{b}", "B"),
    (PRICES, "\\boxed{12}", "B"),
    (PRICES, "$12", "B"),
    (PRICES, "The answer is $12.", "B"),
    (PRICES, "It costs $12.", None),
    (("$\\frac12$", "$\\frac13$"), "\\boxed{\\dfrac{1}{3}}", "B"),
    (("1,000", "2,000"), "\\boxed{2{,}000}", "B"),
    (("30 cm", "45 cm"), "\\boxed{45\\text{ cm}}", "B"),
    (("\\pi", "2\\pi"), "\\boxed{2π}", "B"),
    (("x^2", "x^3"), "\\boxed{x^{3}}", "B"),
    (("-1", "1"), "\\boxed{−1}", "A"),
    (("3 × 10^8", "2"), "\\boxed{3\\times 10^{8}}", "A"),
    (DIGITS, "b", "B"),
    (DIGITS, "(b)", "B"),
    (DIGITS, "b)", "B"),
    (DIGITS, "answer: b", "B"),
    (DIGITS, "option b", "B"),
    (DIGITS, "the answer is a.", "A"),
    (DIGITS, "a dog", None),
    (DIGITS, "La réponse est (B).", "B"),
    (DIGITS, "Die richtige Antwort ist B.", "B"),
    (DIGITS, "Die Antwort lautet B.", "B"),
    (DIGITS, "Antwort: B", "B"),
    (DIGITS, "答案：B", "B"),
    (DIGITS, "因此，正确答案是 (B)。", "B"),
    (DIGITS, "故选B。", "B"),
    (DIGITS, "答えはBです", "B"),
    (DIGITS, "정답은 B입니다", "B"),
    (DIGITS, "Правильный ответ: B", "B"),
    (DIGITS, "الإجابة الصحيحة هي B", "B"),
    (DIGITS, "सही उत्तर B है", "B"),
    (DIGITS, "La risposta è B", "B"),
    (DIGITS, "A resposta correta é B", "B"),
    (DIGITS, "Đáp án: B", "B"),
    (DIGITS, "La respuesta no es B", None),
    (DIGITS, "Jawaban yang benar adalah B", "B"),
    (DIGITS, "答案是A或B", None),
    (DIGITS, "La respuesta es A o B", None),
    (DIGITS, "La réponse n'est pas B", None),
    (DIGITS, "Die Antwort ist nicht B", None),
    (DIGITS, "**B**", "B"),
    (DIGITS, "**Answer:** B", "B"),
    (DIGITS, "The answer is **B**.", "B"),
    (DIGITS, "The answer is **B) 7**", "B"),
    (DIGITS, "__B__", "B"),
    (DIGITS, "_B_", "B"),
    (DIGITS, "`B`", "B"),
    (DIGITS, "### Answer\nB", "B"),
    (DIGITS, "The answer is:\n\n**B**", "B"),
    (DIGITS, "Therefore, the correct option is:\n\nThe answer is (D).", "D"),
    (DIGITS, "A and B", None),
    (DIGITS, "A, B", None),
    (DIGITS, "The answer is A or B", None),
    (DIGITS, "The answer is either A or B", None),
    (DIGITS, "(A) and (B)", None),
    (DIGITS, "The answer is (A), (B)", None),
    (DIGITS, "A/B", None),
    (DIGITS, "Both A and B", None),
    (DIGITS, "\\boxed{A, B}", None),
    (DIGITS, "A or B, I cannot tell", None),
    (DIGITS, "The answer is A, B and C", None),
    (DIGITS, "B and C are right", None),
    (DIGITS, "B. Wait, no: C.", "C"),
    (DIGITS, "B. No, C.", "C"),
    (DIGITS, "The answer is B. Wait, it is C.", "C"),
    (DIGITS, "B... no, C", "C"),
    (DIGITS, "The answer is A. Hmm, wait, that is wrong. The answer is B.", "B"),
    (DIGITS, "B. Correction: C", "C"),
    (DIGITS, "B — sorry, C", "C"),
    (DIGITS, "No, B.", "B"),
    (DIGITS, "Wait, B", "B"),
    (DIGITS, "The force F is large.", None),
    (DIGITS, "The point B is on the line.", None),
    (DIGITS, "B-cells are right", None),
    (DIGITS, "The answer is B-cells", None),
    (DIGITS, "The answer to this question is B", "B"),
    (DIGITS, "The best option is B.", "B"),
    (DIGITS, "I'd go with B.", "B"),
    (DIGITS, "My final answer is B!", "B"),
    (DIGITS, "Final answer: B", "B"),
    (DIGITS, "FINAL ANSWER: B", "B"),
    (DIGITS, "Answer B", "B"),
    (DIGITS, "ANSWER: B", "B"),
    (DIGITS, "B.", "B"),
    (DIGITS, "B because 7", "B"),
    (DIGITS, "B - 7", "B"),
    (DIGITS, "B – 7", "B"),
    (DIGITS, "Thus, (B).", "B"),
    (DIGITS, "So the answer must be B.", "B"),
    (DIGITS, "Choice B", "B"),
    (DIGITS, "Among the options, B is the best.", "B"),
    (DIGITS, "The option that fits best is (B)", "B"),
    (DIGITS, "The answer would therefore be B.", "B"),
    (DIGITS, "The answer is 7.", "B"),
    (DIGITS, "The answer is 8.", None),
    (DIGITS, "It is 7.", "B"),
    (DIGITS, "So 7.", "B"),
    (DIGITS, "The answer is B (7).", "B"),
    (DIGITS, "The answer is B (9).", None),
    (DIGITS, "The answer is 7 (B).", "B"),
    (DIGITS, "7 (B)", "B"),
    (DIGITS, "The answer is (B) 7.", "B"),
    (DIGITS, "The answer is (B) 9.", None),
]


@pytest.mark.parametrize(("choices", "answer", "letter"), NEIGHBOURS)
def test_its_neighbours_are_read_alike(choices, answer, letter):
    assert named_letter(answer, choices) == letter


@pytest.mark.parametrize(
    "piece",
    [
        *(",", "\n", "<<", ", ", "\n,", "<", "(", "so ", "is ", "the option that ", "answer "),
        *("not ", "B is ", "(B) or ", "答案", "wait, ", "_a", "*", "\\frac{", "\\sqrt", " \n"),
        *("A\n", "B) ", "therefore the is ", "Option B is not ", "\\boxed{", "\\text{(B)", "$1,"),
    ],
)
def test_a_hundred_thousand_characters_take_a_moment(piece):
    text = piece * (100_000 // len(piece))
    started = time.process_time()
    named_letter(text, GREEK)
    assert time.process_time() - started < 1.0
