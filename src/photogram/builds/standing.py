"""Whether an index is of the table as it is now."""

from photogram.dataset import Dataset
from photogram.finding.local import FORMAT
from photogram.finding.port import Manifest
from photogram.step import digest


def hash_of(opened: Dataset) -> str:
    """The hash of all that an index is made of: filled cells of wanted rows, and what was asked of them."""
    brief = opened.brief
    asked = (brief.annotate.asked if brief.annotate else {}, brief.measure, brief.judge)
    splits = [(row.id, row.label, row.split, row.group) for row in opened.ledger.rows()]
    return digest(FORMAT, list(opened.ledger.current_cells()), splits, asked, opened.vectors())


def is_older(opened: Dataset, manifest: Manifest) -> bool:
    """Whether the table has changed since; told at once where nothing can have."""
    return opened.ledger.stamp() != manifest.stamp and hash_of(opened) != manifest.made_of
