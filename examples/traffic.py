"""Cars: a folder of photographs becomes pairs of picture and text, by a batch job at half the price.

    python examples/traffic.py                       120 cars are drawn, and a simulator answers: free, no key
    python examples/traffic.py --photos FOLDER       the same with photographs of your own
    python examples/traffic.py --photos FOLDER --bucket s3://BUCKET/PLACE --role ARN
                                                     and Bedrock's Nova looks at them, for real

Run it again to go on: a job that is under way is fetched, not begun a second time. Licence plates are
taken out of what is said before anything is written down. The pairs are lines of JSON in pairs.jsonl.
"""

import argparse
import json
from pathlib import Path

import photogram as pg
from photogram.dataset import Dataset
from photogram.store import path_of

BRIEF = """
[dataset]
name = "cars"
purpose = "Pairs of picture and text, to find cars by."

[models]
see = "{model}"

[annotate]
fields = "vehicles"
{providers}
{pictures}
"""

BEDROCK = """
[providers.bedrock]
region = "us-east-1"
batch_bucket = "{bucket}"
batch_role = "{role}"
"""

TAKEN = """
[[take]]
from = [{folder!r}]
label = "car"
"""

DRAWN = """
[[make]]
label = "car"
count = 120
size = "320x240"
prompt = "A {color} {make} {model}, body: {car_type}, on a street"
facts = { surface = "vehicle" }
vary = { make = ["Arvelo"], model = ["Brisa"], car_type = ["sedan", "suv"], color = ["red", "blue", "white"] }
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--photos", type=Path, help="a folder of photographs of cars")
    parser.add_argument("--bucket", default="s3://bucket/cars", help="where a job's files may lie")
    parser.add_argument("--role", default="", help="the role that Bedrock takes on")
    parser.add_argument("--model", default="bedrock:nova-2-lite")
    parser.add_argument("--folder", type=Path, default=Path("cars"), help="where the dataset is made")
    given = parser.parse_args()
    begin(given)
    print(*said(pg.plan(given.folder)), sep="\n")
    ran = pg.run(given.folder, engine="batch", wait=True, simulate=not given.role)
    print(*said(ran), sep="\n")
    pairs = write_pairs(given.folder)
    print(f"{pairs} pairs are in {given.folder}/pairs.jsonl")


def begin(given: argparse.Namespace) -> None:
    """Write the brief, unless it is there."""
    given.folder.mkdir(exist_ok=True)
    if (given.folder / "brief.toml").exists():
        return
    role = given.role or "arn:aws:iam::123456789012:role/simulated"
    photos = f"{given.photos.resolve()}/**/*" if given.photos else ""
    brief = BRIEF.format(
        model=given.model,
        providers=BEDROCK.format(bucket=given.bucket, role=role),
        pictures=TAKEN.format(folder=photos) if photos else DRAWN,
    )
    (given.folder / "brief.toml").write_text(brief, "utf-8")


def write_pairs(folder: Path) -> int:
    """A line for each picture that was described: the file, and what it shows."""
    count = 0
    with Dataset(folder) as opened, (folder / "pairs.jsonl").open("w", encoding="utf-8") as file:
        for row in opened.ledger.rows(columns=("image", "annotation")):
            picture, cell = row.image(), row.cells.get("annotation")
            if picture and cell and cell.state == "filled":
                pair = {"name": row.name, "image": path_of(picture), "text": cell.value}
                file.write(json.dumps(pair, ensure_ascii=False) + "\n")
                count += 1
    return count


def said(result: object) -> list[str]:
    from photogram import show

    return list(show.lines(result))


if __name__ == "__main__":
    main()
