"""What a person reads: plain lines of at most 80 places, numbers in columns, nothing that moves a cursor."""

import re
from datetime import date, timedelta

import msgspec
import pytest

from photogram import results
from photogram.data import Card, Job, Price, Rate, Tick
from photogram.faults import BadInput, OverBudget
from photogram.show import lines, words
from photogram.show.columns import label_lines
from photogram.show.words import width

TICK = Tick(
    column="image",
    model="openai:gpt-image-2",
    total=12_345,
    filled=12_000,
    refused=300,
    failed=45,
    dollars=1234.5,
    seconds=60.0,
    over=True,
)
TROUBLE = results.Trouble(
    row="0",
    name="pear-0",
    column="image",
    state="failed",
    error="Broken",
    why="openai:pictures answered 500 server_error: " + "the server had an error " * 12,
    attempts=3,
    model="openai:pictures",
    raw="<html>\n" * 50,
)
COLUMN = results.Column(
    column="annotation",
    model="openai:a-model-with-quite-a-long-name",
    owed=12_345_678,
    filled=9,
    dollars=99.5,
)
RAN = results.Ran(columns=(TICK,), left=7, dollars=3.0, stopped=("stopped: it is finished",), added=3)
STATUS = results.Status(
    purpose="Find what is\nbroken.",
    license="CC0-1.0",
    name="phones",
    rows=1234,
    taken=30,
    retired=4,
    labels={"good": 1200, "": 30, "画像": 4},
    columns=(COLUMN,),
    duplicates=1,
    outside={"brightness": 2},
    accepted=4,
    booked=0.5,
    budget=5000.0,
    in_flight=2,
    jobs=(
        Job(number=1, column="annotation", model="a:b", state="running", name="arn:aws:x/y/abc", records=120),
        Job(number=2, column="annotation", model="a:b", state="sending", token="0123456789ab", records=1),
    ),
    spending=(results.Spent(model="openai:pictures", calls=3, dollars=0.4, unsure=1, unsure_dollars=0.1),),
)
COST = results.Cost(
    parts=(
        results.Paid(column="image", model="openai:pictures", filled=1200, dollars=4.8, unwanted=0.4),
        results.Paid(column="annotation", model="some:model", filled=0, dollars=0.1, unwanted=0.0),
    ),
    spending=STATUS.spending,
    booked=5.0,
    budget=10.0,
    accepted=1000,
    each_accepted=0.005,
)
PACKED = results.Packed(
    folder="phones/packs/0123456789abcdef",
    new=True,
    rows=3000,
    synthetic=2000,
    shards=2,
    entries=9000,
    bytes=1_234_567_890,
)
CARD = Card(
    name="openai:old", does=("draw", "see"), price=Price(image=0.04), eol="2020-01-01", successor="x:new"
)
JUDGED = results.Judged(
    raters=("openai:gpt-6-luna",),
    scored=1200,
    unscored=3,
    rejected=40,
    mean=0.75,
    named=False,
    pictures=tuple(
        results.Judgement(
            row=f"{number:016}",
            name=f"scratch-{number:016}",
            picture="images/0a/0a1b.jpg",
            score=None if number else 0.25,
            unscored="none of 7 questions could be answered from the picture" if number else "",
            rejected="" if number else "it scores 0.25, below 0.7; not as asked: finish, table",
            rater="openai:gpt-6-luna",
            method="yes to 1 of 4 questions that could be answered, of 7; 1.7 of 5 on average for technical",
            description="a phone " * 20,
            reason="the finish is not white " * 6,
            failed=("finish: white. Is that what the picture shows?",),
            criteria={"technical": 2, "plausible": None},
            suggestions=("finish: white", "show all of it " * 9),
        )
        for number in range(7)
    ),
    ran=RAN,
)
REMADE = results.Remade(
    name="scratch-0000000000000002",
    instead_of="scratch-0000000000000001",
    why="it scores 0.25, below 0.7; not as asked: finish, table " * 2,
    before=0.25,
    after=None,
    rejected="",
    prompt="a white phone",
)
RESULTS = [
    results.Made(folder="sets/phones", story="inspection"),
    results.Added(added=1, known=2, unusable=(("photos/a.jpg", "it is not whole " * 9),)),
    results.Planned(
        to_take=("photos/*.jpg",),
        rows=5,
        new=3,
        retired=1,
        recalled=1,
        labels={"good": 5},
        columns=(COLUMN,),
        booked=0.0,
        budget=5.0,
    ),
    RAN,
    results.Retried(cells=1, ran=RAN),
    STATUS,
    COST,
    results.Toured(
        folder="tour", pictures=90, sheet="tour/s.png", page="tour/s.html", next=("photogram models",)
    ),
    results.Refreshed(
        changed={"openai:old": ("eol", "price")}, kept_at="/home/someone/.config/photogram/cards.json"
    ),
    results.Refreshed(changed={}, kept_at="cards.json"),
    PACKED,
    msgspec.structs.replace(PACKED, new=False, rows=1, synthetic=0),
    results.Fetched(files=("hk0155.jpg", "hk0156.jpg"), bytes=5_000_000_000),
    JUDGED,
    msgspec.structs.replace(JUDGED, pictures=(), raters=()),
    results.Refined(planned=1, remade=(REMADE,), rejected=1, unjudged=2, rounds=2, ran=RAN),
    results.Refined(planned=99, remade=(REMADE,) * 99, rejected=0, unjudged=0, rounds=2, ran=RAN),
    results.Refined(planned=0, remade=(), rejected=0, unjudged=0, rounds=2, ran=results.Ran(columns=())),
    [TROUBLE],
    [results.Usable(card=CARD, missing="set KEY to your key", ended=True)],
    [
        results.Finding(what="there is room", well=True),
        results.Finding(what="no " * 40, well=False, do="mend " * 30),
    ],
    [],
    BadInput("the brief " * 12, where="brief.toml, line 3", do="write it " * 12),
]


def shown(result):
    return list(lines(result))


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: type(result).__name__)
def test_every_result_has_lines_that_fit(result):
    """Whatever a verb answers is told in at least one line, and no line is wider than 80 places."""
    told = shown(result)
    assert any(told)
    assert max(map(words.width, told)) <= 80
    assert all(line == line.rstrip() and line.isprintable() for line in told)


def holds(holder, part):
    """Whether a result has others of this kind among its fields."""
    return any(re.search(rf"\b{part.__name__}\b", str(kind)) for kind in holder.__annotations__.values())


def test_all_results_are_covered():
    """No result falls through to its bare representation."""
    told = {
        part for part in vars(results).values() if isinstance(part, type) and issubclass(part, results.Told)
    }
    within = {part for part in told for holder in told if holder is not part and holds(holder, part)}
    assert told - within - {results.Told} <= set(lines.registry) | set(words.listed.registry)
    assert shown("something else") == ["something else"]


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (0, "$0.00"),
        (0.00004, "<$0.0001"),
        (0.0001, "$0.0001"),
        (0.006, "$0.006"),
        (0.04, "$0.04"),
        (0.0525, "$0.0525"),
        (0.1, "$0.10"),
        (5, "$5.00"),
        (1234.567, "$1,234.57"),
    ],
)
def test_money(amount, said):
    """Cents, more digits only where an amount is smaller, and never nothing for something."""
    assert words.dollars(amount) == said


def test_prices():
    """What is free is called so; the others have their unit."""
    assert words.price(Price()) == "free"
    assert words.price(Price(image=0.04)) == "$0.04 each"
    assert words.price(Price(image=0.2, rates=(Rate(image=0.006),))) == "$0.006–0.2 each"
    assert words.price(Price(tokens_in=0.25, tokens_out=2)) == "$0.25/$2 per MTok"
    assert words.price(Price(tokens_in=0.02)) == "$0.02 per MTok"


def test_counts():
    """One is one, and thousands have commas."""
    assert [words.count(number, "row") for number in (0, 1, 2, 1234)] == [
        "0 rows",
        "1 row",
        "2 rows",
        "1,234 rows",
    ]


def test_tables_align():
    """Words stand to the left, numbers and money to the right, and an empty column takes no room."""
    rows = [("name", "n", "", "cost"), ("a", "5", "", "$1.00"), ("longer", "1,000", "", "$10.00")]
    assert list(words.table(rows)) == [
        "name    n      cost",
        "a           5   $1.00",
        "longer  1,000  $10.00",
    ]


def test_a_word_that_begins_with_a_digit_is_a_word():
    """A label such as `3d` is not taken for a number."""
    assert list(words.table([("3d print", "1"), ("wood", "20")])) == ["3d print   1", "wood      20"]


def test_wide_letters_take_two_places():
    """Columns stay straight under labels of other scripts."""
    first, second = words.table([("画像", "1"), ("good", "2")])
    assert words.width(first) == words.width(second) == 7


def test_a_row_too_wide_is_cut_with_a_mark():
    """It fits, and shows that it went on."""
    (line,) = words.table([("x" * 100, "y")])
    assert words.width(line) == 80
    assert line.endswith("…")


def test_a_long_path_is_not_broken():
    """What is to be copied stays in one piece."""
    path = "/" + "a-very-long-folder/" * 8
    assert path in list(words.flowing(f"there is no folder {path}; look"))[1]


def test_what_a_server_says_moves_no_cursor():
    """Escapes in a reply or a name come out as harmless marks."""
    nasty = TROUBLE.__class__(
        **{name: getattr(TROUBLE, name) for name in TROUBLE.__struct_fields__}
        | {"why": "a \x1b[2J\x07b", "raw": "\x1b]0;title\x07"}
    )
    assert "\x1b" not in "".join(shown([nasty]))
    assert "\x07" not in "".join(shown([nasty]))


def test_what_to_type_next_can_be_typed():
    """Folders with blanks, quotes or a leading dash are quoted as a shell needs it."""
    assert "photogram plan 'my set'" in "\n".join(shown(results.Made(folder="my set", story="")))
    assert "photogram run ./-x" in "\n".join(shown(results.Made(folder="-x", story="")))


def test_a_run_that_owed_nothing():
    """Only when nothing is missing does it say that every cell is filled."""
    assert shown(results.Ran(columns=())) == ["nothing was owed: every cell is filled"]
    left = "\n".join(shown(results.Ran(columns=(), given_up=2, notes=("2 cells keep failing",))))
    assert "every cell is filled" not in left
    assert "photogram errors" in left


def test_a_successor_is_named_once():
    """Models that have ended are told with what takes their place, and no longer offered."""
    lines = shown([results.Usable(card=CARD, missing="", ended=True)])
    assert lines == ["", "these have ended; in their place there is", "  x:new for old (2020-01-01)"]


def test_models_are_told_by_what_they_can():
    """The whole name, to be copied, and the price; what ends is told with its day."""
    day = (date.today() + timedelta(days=9)).isoformat()
    card = msgspec.structs.replace(CARD, name="a:b", eol=day)
    lines = shown([results.Usable(card=card, missing="set KEY", ended=False)])
    assert lines == [
        "draw and see",
        "  a:b  $0.04 each",
        "",
        "a: set KEY",
        "",
        "these end",
        f"  {day}  a:b, then x:new",
    ]


def test_an_error_is_what_where_and_what_to_do():
    """One line for what went wrong and where, one for the remedy."""
    assert shown(OverBudget("the budget is reached", where="set", do="raise it")) == [
        "photogram: set: the budget is reached",
        "  raise it",
    ]


def test_a_long_label_hides_no_number():
    """Neither its own nor that of another; and what is no number stands on the left."""
    said = list(label_lines({"x" * 300: 12, "..": 3, "車" * 60: 4, "": 5}))
    assert [line.split()[-1] for line in said if line] == ["12", "3", "4", "5"]
    assert said[1].startswith("..")
    assert max(map(width, said)) <= 80
