"""A row more in a table of `params.yaml`: one line of text, checked before it is written.

The file is a person's: its comments, order and spacing stay as they are, which a parser that writes
all of it anew would not promise.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar, get_args

from pydantic import BaseModel

from breakeven.core.errors import InputError, did_you_mean
from breakeven.core.files import write_text
from breakeven.params.load import load_params
from breakeven.params.reading import parse_yaml, read_yaml
from breakeven.params.schema import Params

if TYPE_CHECKING:
    from ruamel.yaml.nodes import MappingNode

Kind = Literal["student", "arm", "task", "source", "corpus", "decoding"]
KINDS: tuple[Kind, ...] = get_args(Kind)
TABLES: dict[Kind, tuple[str, ...]] = {
    "student": ("students",),
    "arm": ("arms",),
    "task": ("tasks",),
    "source": ("sources",),
    "corpus": ("corpora",),
    "decoding": ("answering", "decodings"),
}
_FOLDER = Path(".work")
Section = TypeVar("Section", bound=BaseModel)


class NewRow(NamedTuple):
    """A study as it would be with a row more, and the text that says so; nothing is written yet."""

    kind: Kind
    name: str
    params: Params
    text: str
    path: Path

    @property
    def alone(self) -> Params:
        """The study with no other row in this table, to look at what this one names."""
        return _only(self.params, self.name, *TABLES[self.kind])

    def write(self) -> None:
        """Put the text in the place of the file."""
        write_text(self.path, self.text)


def new_row(
    kind: Kind,
    name: str,
    settings: Sequence[str],
    *,
    like: str | None = None,
    note: str | None = None,
    path: Path = Path("params.yaml"),
) -> NewRow:
    """A row `name` of `key=value` settings in its table, below the last one.

    A key may have dots, `base.path=assets/x`. `like` names a row of the same table whose values it
    has where no setting says otherwise; `note` becomes a comment above it. Without one the comment
    says what the row was taken from, and how its rates are tuned.

    Raises:
        InputError: the name is taken, `like` is no row, a setting is no `key=value`, or the study
            with the row is not in order.
    """
    load_params(path)  # what is wrong already is told as that
    table = _table(read_yaml(path), kind)
    if name in table:
        raise InputError(f"{path}: {'.'.join(TABLES[kind])}: {name!r} is there already")
    row: dict[str, Any] = {}
    if like is not None:
        if like not in table:
            raise InputError(f"--like: {like!r} is no {kind}; {did_you_mean(like, table)}")
        row = _copy(table[like])
    for setting in settings:
        _set(row, setting)
    with path.open(encoding="utf-8", newline="") as file:
        text = file.read()  # with the ends of its lines, which may be those of Windows
    told = note or _origin(kind, name, settings, like, row)
    lines = [f"# {line}" for line in told.splitlines()]
    lines.append(f"{_flow(name)}: {_flow(row)}")
    changed = _inserted(text, TABLES[kind], lines)
    return NewRow(kind, name, _checked(changed, path), changed, path)


def _origin(
    kind: Kind, name: str, settings: Sequence[str], like: str | None, row: Mapping[str, Any]
) -> str:
    """Where the values of a row come from, which the row itself does not show."""
    given = list(dict.fromkeys(setting.partition("=")[0] for setting in settings))
    if like is None:
        origin = "By `breakeven new`; what is not given here has its default (docs/params.md)"
    else:
        origin = f"As {like}" + (f", but for {', '.join(given)}" if given else "")
    key = {"student": "learning_rates", "arm": "learning_rate"}.get(kind, "")
    if not row.get(key):
        return f"{origin}."
    rates = key.removeprefix("learning_")
    own = [one for one in given if one.split(".")[0] == key]
    whose = "given" if key in own or like is None else f"taken from {like}"
    if own and whose != "given":
        whose += f", but for {', '.join(own)}"
    return f"{origin}. {rates.capitalize()} {whose}; `breakeven tune --{kind} {name}` tries others."


def _table(tree: Mapping[str, Any], kind: Kind) -> Mapping[str, Any]:
    found: Any = tree
    for key in TABLES[kind]:
        found = found[key]
    return found


def _only(section: Section, name: str, key: str, *deeper: str) -> Section:
    """A section whose table, `key` or deeper in it, has this row alone."""
    value = getattr(section, key)
    kept = _only(value, name, *deeper) if deeper else {name: value[name]}
    return section.model_copy(update={key: kept})


def _copy(value: Any) -> Any:  # noqa: ANN401 - what a row holds
    """A copy in which nothing is shared, so that a changed key changes no other row."""
    if isinstance(value, Mapping):
        return {key: _copy(one) for key, one in value.items()}
    return [_copy(one) for one in value] if isinstance(value, list) else value


def _set(row: dict[str, Any], setting: str) -> None:
    key, equals, value = setting.partition("=")
    if not key or not equals:
        raise InputError(f"{setting!r}: use key=value, such as reasoning_share=0.5")
    *parents, last = key.split(".")
    place = row
    for parent in parents:
        place = place.setdefault(parent, {})
        if not isinstance(place, dict):
            raise InputError(f"{setting!r}: {parent} is {place!r} and has no keys")
    place[last] = parse_yaml(value, f"{key}={value}")


def _flow(value: Any) -> str:  # noqa: ANN401 - what a row holds
    """A value on one line, as people write rows: `{kind: procedural, items: 250}`."""
    from io import StringIO

    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = True
    yaml.width = 10_000  # one line, whatever it takes
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    written = StringIO()
    yaml.dump(value, written)
    return written.getvalue().removesuffix("...\n").strip()


def _inserted(text: str, table: Sequence[str], lines: Sequence[str]) -> str:
    """The text with the lines below the last row of a table, indented as its rows are."""
    from ruamel.yaml import YAML

    node: MappingNode = YAML(typ="safe", pure=True).compose(text)
    for key in table:
        node = next(value for name, value in node.value if name.value == key)
    if node.flow_style:
        raise InputError(
            f"params.yaml: {'.'.join(table)}: is written in braces; give each row a line of its own"
        )
    column = node.value[0][0].start_mark.column
    written = text.splitlines(keepends=True)
    # The mark of a block's end is that of what follows it, beyond blank lines and comments.
    last = max(node.value[-1][0].start_mark.line, node.value[-1][1].end_mark.line - 1)
    while not written[last].strip() or written[last].lstrip().startswith("#"):
        last -= 1
    end = "\r\n" if written[last].endswith("\r\n") else "\n"
    written[last] = written[last].rstrip("\r\n") + end  # the file may end without one
    added = [f"{' ' * column}{line}{end}" for line in lines]
    return "".join([*written[: last + 1], *added, *written[last + 1 :]])


def _checked(text: str, path: Path) -> Params:
    """The study that the text holds; mistakes are told of the file that it will be."""
    trial = _FOLDER / f"{path.stem}.new.yaml"
    write_text(trial, text)
    try:
        return load_params(trial)
    except InputError as error:
        raise InputError(str(error).replace(str(trial), str(path))) from error
    finally:
        trial.unlink(missing_ok=True)
