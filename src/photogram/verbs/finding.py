"""Making pictures findable, and finding them."""

from pathlib import Path

from photogram.dataset import Dataset, Watch
from photogram.results import Ran
from photogram.running import fill
from photogram.surveying import Folder, unwatched


def embed(
    dataset: Folder = ".",
    budget: float | None = None,
    force_eol: bool = False,
    watch: Watch = unwatched,
) -> Ran:
    """Fill the column `vector`: pictures, or what is said of them, as numbers to be found by.

    Without a key it is colours, edges and layout. Where the brief names several spaces under
    [embed.by], each is a column of its own.

    budget: the most dollars this run may spend, beside the budget of the brief.
    force_eol: ask a model whose life has ended, where the account still may.
    """
    with Dataset(Path(dataset)) as opened:
        opened.asking.force_eol = force_eol
        return fill(opened, opened.vectors(), budget, watch)
