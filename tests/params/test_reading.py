"""YAML is read as DVC reads it, and what neither should read is refused quickly with its line."""

import time
from pathlib import Path

import pytest
from dvc.utils.serialize import parse_yaml as dvc_reads

from breakeven.core.errors import InputError
from breakeven.params.reading import parse_yaml, read_yaml

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1e6", {"a": 1_000_000.0}),
        ("1e6: a", {1_000_000.0: "a"}),
        ("a: 1e-3", {"a": 0.001}),
        ("a: 1:30", {"a": "1:30"}),
        ("a: [yes, no, on, off, y, n]", {"a": ["yes", "no", "on", "off", "y", "n"]}),
        ("a: [true, False]", {"a": [True, False]}),
        ("a: 0o10", {"a": 8}),
        ("a: 0x10", {"a": 16}),
        ("a: '010'", {"a": "010"}),
        ("a: [~, null, ]", {"a": [None, None]}),
        ("a: 1_000", {"a": 1000}),
        ("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}", {"a": {"p": 1, "q": 2}, "b": {"p": 1, "q": 3}}),
        ("a: &x {p: 1}\nb: &y {q: 2}\nc: {<<: [*x, *y]}", None),
        ("a: &x [1, 2]\nb: [*x, *x]", {"a": [1, 2], "b": [[1, 2], [1, 2]]}),
        ("%YAML 1.1\n---\na: [yes, 1:30]", {"a": [True, 90]}),
    ],
)
def test_values_are_those_that_dvc_reads(text: str, value: object) -> None:
    found = parse_yaml(text, "f.yaml")
    assert found == dvc_reads(text, "f.yaml")
    assert value is None or repr(found) == repr(value)


@pytest.mark.parametrize("path", sorted((ROOT / "profiles").glob("*.yaml")), ids=lambda p: p.stem)
def test_profiles_are_read_as_dvc_reads_them(path: Path) -> None:
    assert read_yaml(path) == dvc_reads(path.read_text(encoding="utf-8"), str(path))


def laughs(last: str) -> str:
    """Ten levels of ten aliases each: 10^10 values in twelve lines."""
    lines = ["l0: &l0 {k: v}" if last == "merge" else "l0: &l0 [v, v]"]
    for level in range(1, 11):
        inner = ", ".join([f"*l{level - 1}"] * 10)
        value = f"{{<<: [{inner}]}}" if last == "merge" else f"[{inner}]"
        lines.append(f"l{level}: &l{level} {value}")
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", "f.yaml: not valid YAML: line 3: key 'a' is given twice; remove one"),
        ("x: 1\ns: {a: 1,\n  a: 2}", "f.yaml: not valid YAML: line 3: key 'a' is given twice"),
        ("a: 1\nb: [1", "f.yaml: not valid YAML: line 2: "),
        ("a: 1\n\tb: 2", "f.yaml: not valid YAML: line 2: "),
        ("a: 1\nb: !!python/object:os.system x", "f.yaml: not valid YAML: line 2: could not"),
        ("a: *b", "f.yaml: not valid YAML: line 1: found undefined alias 'b'"),
        ("a: 1\n---\nb: 2", "f.yaml: not valid YAML: line 2: another document begins; a study"),
        ("a: 1\nb: 010", "f.yaml: line 2: 010 starts with a zero"),
        ("a: [1, -08]", "f.yaml: line 1: -08 starts with a zero"),
        ("a: 1\nb: 2026-13-45", "f.yaml: line 2: '2026-13-45' looks like a date and is none"),
        ("a: 1\nb: !!int x", "f.yaml: line 2: 'x' looks like a number and is none"),
        (f"a: {'9' * 5000}", "f.yaml: line 1: '9999999999999999999999999999999999999999…' looks"),
        ("a: &x [1, *x]", "f.yaml: line 1: an alias holds itself; remove it"),
        ("a: &x {b: {c: *x}}", "f.yaml: line 1: an alias holds itself; remove it"),
        ("[" * 5000, "f.yaml: line 1: is nested too deeply; use fewer levels"),
        (laughs("list"), "comes to more than 20,000 values with its aliases; use fewer"),
        (laughs("merge"), "comes to more than 20,000 values with its aliases; use fewer"),
        ("a: [" + "1," * 60_000, "f.yaml: line 1: comes to more than 20,000 values; use fewer"),
        ("- " * 100_000, "f.yaml: "),
        ("- a\n" * 60_000, "f.yaml: line 20000: comes to more than 20,000 values; use fewer"),
        ("a: \x00", "f.yaml: not valid YAML: unacceptable character"),
    ],
    ids=lambda text: text[:20],
)
def test_what_neither_should_read_is_refused_in_one_line(text: str, message: str) -> None:
    before = time.process_time()
    with pytest.raises(InputError) as caught:
        parse_yaml(text, "f.yaml")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert time.process_time() - before < 5


def test_many_uses_of_one_alias_are_no_reason_to_refuse() -> None:
    found = parse_yaml("a: &x {p: 1}\n" + "\n".join(f"k{n}: *x" for n in range(500)), "f.yaml")
    assert len(found) == 501


def test_text_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(InputError, match=r"f\.yaml: line 2: is not UTF-8"):
        read_yaml(tmp_path / "f.yaml")


def test_a_file_that_is_too_long_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_bytes(b"a: 1\n# " + b"x" * 2**24)
    with pytest.raises(InputError, match=r"f\.yaml: is longer than 262,144 bytes"):
        read_yaml(tmp_path / "f.yaml")
