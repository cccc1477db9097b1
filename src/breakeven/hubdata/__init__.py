"""Data sets of the Hugging Face hub, or of a folder, row by row.

The hub is asked for one commit and that commit is read; nothing of a data set is ever run as code.
"""

from breakeven.hubdata.fields import field_of
from breakeven.hubdata.jsonl import Count, WholeText, Written, jsonl_rows
from breakeven.hubdata.row_samples import sample
from breakeven.hubdata.stream import Rows, stream_rows

__all__ = [
    "Count",
    "Rows",
    "WholeText",
    "Written",
    "field_of",
    "jsonl_rows",
    "sample",
    "stream_rows",
]
