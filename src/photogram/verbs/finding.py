"""Making pictures findable, and finding them."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from photogram.dataset import Dataset, Watch
from photogram.results import Evaluated, Indexed, Ran, Searched
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


def index(dataset: Folder = ".") -> Indexed:
    """Make the pictures findable: rows, words, fields and vectors as they are now, in one index.

    Needs nothing but this computer. Whoever searches meanwhile finds what was there before. Of a table
    that has not changed nothing is made anew.
    """
    with Dataset(Path(dataset), make=False) as opened:
        return import_module("photogram.builds.index").index(opened)


def search(  # noqa: PLR0913 (what a verb can be told are its options)
    dataset: Folder = ".",
    words: Sequence[str] = (),
    like: list[str] | None = None,
    where: str = "",
    limit: int = 10,
    space: str = "",
    fold: bool = False,
    plain: bool = False,
    evaluate: bool = False,
) -> Searched | Evaluated:
    """Find pictures: by a question or words, by a picture, by a row, under a filter.

    What is asked in several ways at once is joined. A question is read as a filter and words where the
    fields of the set know what it says; how it was read is shown, to be changed and asked again.

    words: what to look for, such as "cracks that are not a concern".
    like: a file, or the name of a row: pictures like this one; can be given several times.
    where: a filter that excludes: severity in [moderate, severe] and not synthetic.
    limit: how many to show.
    space: look in this column of vectors alone.
    fold: show pictures that are nearly the same once.
    plain: look for the words as they stand, and read no filter out of them.
    evaluate: ask nobody, and measure how often what is looked for is found.
    """
    with Dataset(Path(dataset), make=False) as opened:
        if evaluate:
            return import_module("photogram.builds.recall").evaluated(opened)
        found = import_module("photogram.builds.search")
        text = " ".join(words)
        query = found.Query(text, like or (), where, limit, space, fold, plain)
        return found.search(opened, query)
