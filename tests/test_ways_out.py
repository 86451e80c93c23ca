"""Out of a dataset and back, by command as a stranger types it: exports, packs and published sets."""

import json
import shutil
import signal
import subprocess
import zipfile
from pathlib import Path

import pytest

from photogram import formats, verbs
from photogram.format import Readable
from photogram.show.words import width

from .small import begun, files, process, rows, typed, until, write

READ = [name for name in formats.names() if isinstance(formats.find(name), Readable)]
WITH_LABEL = [name for name in READ if "label" in formats.find(name).carries]
ODD = ["a/b", "..", ".hidden", "CON", "ends. ", "auto 🚗", 'one, "two"', "masks", "train", "-x", "a\\b"]


def odd(folder):
    """A picture of each label that some format or file system has another mind about."""
    groups = dict.fromkeys(ODD, ("a phone, <b>scratched</b> and {n}", 1))
    write(folder, groups={})
    with (folder / "brief.toml").open("a", encoding="utf-8") as brief:
        for label, (prompt, count) in groups.items():
            brief.write(
                f"\n[[make]]\nlabel = {json.dumps(label, ensure_ascii=False)}\ncount = {count}\n"
                f'size = "64x64"\nprompt = "{prompt}"\nvary.n = ["1", "2"]\n'
                'facts = { surface = "phone", defect = "scratch" }\n'
            )
    verbs.run(folder)
    return folder


@pytest.fixture(scope="module")
def strange(tmp_path_factory):
    return odd(tmp_path_factory.mktemp("ways") / "Sät 1")


@pytest.fixture
def small(tmp_path):
    folder = write(tmp_path / "set")
    verbs.run(folder)
    return folder


def said_well(out, err):
    """Within eighty columns, but for what is to be copied."""
    told = [line for line in (out + err).splitlines() if "/" not in line]
    assert max(map(width, told), default=0) <= 80, max(told, key=width)


def listed(folder):
    return [json.loads(line) for line in (Path(folder) / "rows.jsonl").read_text("utf-8").splitlines()]


# ------------------------------------------------------------------------------- exports


@pytest.mark.parametrize("name", WITH_LABEL)
def test_odd_labels_go_out_and_come_back(strange, tmp_path, capsys, name):
    """Whatever a label is made of, it is the same word after both ways, and still synthetic."""
    code, out, err = typed(capsys, "export", strange, "--as", name, "--to", tmp_path / "out")
    assert (code, err) == (0, "")
    said_well(out, err)
    back = write(tmp_path / "back", groups={})
    code, out, err = typed(capsys, "add", back, tmp_path / "out", "--as", name)
    assert (code, err) == (0, "")
    assert f"{len(ODD)} pictures taken in" in out
    found = rows(back)
    assert all(row.synthetic for row in found)
    assert sorted(row.label for row in found) == sorted(ODD)


@pytest.mark.parametrize("name", formats.names())
def test_no_label_leads_out_of_the_folder(strange, tmp_path, capsys, name):
    """Beside the export there is nothing new, whatever the labels are called."""
    before = sorted(tmp_path.iterdir())
    assert typed(capsys, "export", strange, "--as", name, "--to", tmp_path / "one" / "out")[0] == 0
    assert sorted(tmp_path.iterdir()) == [*before, tmp_path / "one"]
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["out"]
    for line in listed(tmp_path / "one" / "out"):
        assert (tmp_path / "one" / "out" / line["file"].partition("#")[0]).resolve().is_relative_to(tmp_path)


@pytest.mark.parametrize("name", formats.names())
def test_the_readme_of_an_export_is_for_people(strange, tmp_path, capsys, name):
    """What it is, how many there are, and how it is opened."""
    typed(capsys, "export", strange, "--as", name, "--to", tmp_path / "out")
    text = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert text.startswith("# small\n")
    assert f"Written by photogram as {name}." in text
    counted = [
        int(line.split("|")[2]) for line in text.splitlines() if line[:5] in ("| tra", "| val", "| tes")
    ]
    assert sum(counted) == len(ODD)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--as", "YOLO"], "there is no format 'YOLO'"),
        (["--as", ""], "there is no format ''"),
        (["--splits", "50/50/10"], "'50/50/10' are no shares"),
        (["--splits", "1/2"], "'1/2' are no shares"),
        (["--splits", "-10/100/10"], "are no shares"),
        (["--splits", "a/b/c"], "'a/b/c' are no shares"),
    ],
)
def test_what_an_export_cannot_be_is_told(small, capsys, words, part):
    """In two lines, with what to give instead; nothing is written."""
    code, out, err = typed(capsys, "export", small, *words)
    assert (code, out) == (2, "")
    assert part in " ".join(err.split())
    said_well(out, err)
    assert not (small / "exports").exists()


def test_a_file_stands_where_exports_should(small, capsys):
    """It is told and left as it is."""
    (small / "exports").write_text("mine")
    code, _, err = typed(capsys, "export", small)
    assert code == 2
    assert "exports" in err
    assert (small / "exports").read_text() == "mine"


def test_an_empty_set_is_not_exported(tmp_path, capsys):
    """It is said what would plan something, and nothing is written."""
    empty = write(tmp_path / "empty", groups={})
    for verb in (["export"], ["pack"], ["pack", "--tar"]):
        code, _, err = typed(capsys, verb[0], empty, *verb[1:])
        assert code == 2
        assert "nothing has been planned" in err
    assert [path.name for path in empty.iterdir()] == ["brief.toml"]


def test_what_the_brief_no_longer_wants_is_in_nothing_that_is_given_away(small, tmp_path, capsys):
    """Retired rows are in no export, pack or published set; called back, they are in all again."""
    whole = (small / "brief.toml").read_text()
    (small / "brief.toml").write_text(whole.partition('[[make]]\nlabel = "pear"')[0])
    typed(capsys, "run", small)
    for number, want in enumerate(("3 pictures", "5 pictures")):
        for words in (["export"], ["pack"], ["pack", "--tar"], ["publish"]):
            to = [tmp_path / f"pub{number}"] if words == ["publish"] else []
            code, out, _ = typed(capsys, words[0], small, *to, *words[1:])
            assert code == 0
            assert out.startswith(want), words
        (small / "brief.toml").write_text(whole)
        typed(capsys, "run", small)


def test_a_single_picture_goes_out_in_every_format(tmp_path, capsys):
    """The smallest set there is: one picture, without a label, in train."""
    folder = write(tmp_path / "one", groups={"": ("a thing", 1)})
    typed(capsys, "run", folder)
    for name in formats.names():
        code, out, err = typed(capsys, "export", folder, "--as", name, "--splits", "100/0/0")
        assert (code, err) == (0, ""), name
        assert out.startswith("1 picture, 1 of them synthetic: 1 train"), name


def test_linked_pictures_are_the_same_files(small, tmp_path, capsys):
    """And what is copied is not."""
    for words, same in ((["--link"], True), ([], False)):
        to = tmp_path / str(same)
        assert typed(capsys, "export", small, "--to", to, *words)[0] == 0
        kept = {path.stat().st_ino for path in small.glob("images/*/*")}
        given = {path.stat().st_ino for path in to.rglob("*.jpg")}
        assert len(given) == 5
        assert (given <= kept) is same


def test_two_exports_at_once_are_both_whole(small):
    """One makes the folder; the other finds it there, or makes it too and says so."""
    both = [begun("export", small, "--as", "coco") for _ in range(2)]
    told = [(one.communicate(timeout=60), one.returncode) for one in both]
    assert all("Traceback" not in err for (_, err), _ in told)
    assert 0 in [code for _, code in told]
    (made,) = (small / "exports").iterdir()
    assert json.loads((made / "export.json").read_text())["rows"] == 5
    assert len(list(made.rglob("*.jpg"))) == 5


def test_an_export_that_was_killed_is_made_whole_the_next_time(tmp_path):
    """What is left of it stands beside under a name of its own, and is in nobody's way."""
    folder = write(tmp_path / "set", groups={"apple": ("a red apple {n}", 60)})
    verbs.run(folder)
    dying = begun("export", folder)
    until(lambda: dying.poll() is not None or list((folder / "exports").glob(".*/train/apple/*.jpg")))
    dying.send_signal(signal.SIGKILL)
    dying.communicate()
    done = process("export", folder)
    assert done.returncode == 0
    (made,) = (folder / "exports").glob("folder-*")
    assert len(list(made.rglob("*.jpg"))) == 60
    assert process("export", folder).stdout.count("nothing changed") == 1


# ----------------------------------------------------------------------------- packs


@pytest.mark.parametrize("tar", [(), ("--tar",)])
def test_a_pack_is_opened_by_other_tools(strange, tmp_path, capsys, tar):
    """The pictures in it are the bytes in the store, by tar and unzip alike; twice is once."""
    code, out, err = typed(capsys, "pack", strange, *tar, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    folder = Path(found["folder"])
    (shard,) = folder.glob("shard-*.tar" if tar else "shard-*.zip")
    if tar:
        (tmp_path / "out").mkdir()
        subprocess.run(["tar", "-xf", shard, "-C", tmp_path / "out"], check=True)
    else:
        zipfile.ZipFile(shard).extractall(tmp_path / "out")
    opened = {path.read_bytes() for path in (tmp_path / "out").rglob("*.jpg")}
    assert opened == {path.read_bytes() for path in strange.glob("images/*/*.jpg")}
    before = files(folder)
    assert typed(capsys, "pack", strange, *tar)[1].count("nothing changed") == 1
    assert files(folder) == before


def test_a_pack_needs_nothing_but_itself(small, tmp_path, capsys):
    """Moved elsewhere, with the dataset gone, one picture is fetched out of it by its row."""
    one = rows(small)[0]
    whole = next(small.glob(f"images/*/{one.image().sha256}.jpg")).read_bytes()
    typed(capsys, "pack", small, "--tar")
    (pack,) = (small / "packs").iterdir()
    shutil.move(pack, tmp_path / "moved")
    shutil.rmtree(small)
    code, _, err = typed(capsys, "fetch", one.id, "--from", tmp_path / "moved", "--to", tmp_path / "got")
    assert (code, err) == (0, "")
    assert (tmp_path / "got" / f"{one.name}.jpg").read_bytes() == whole
    code, _, err = typed(capsys, "fetch", "nobody", "--from", tmp_path / "moved", "--to", tmp_path / "got")
    assert code == 2
    assert "there is no 'nobody'" in err


# --------------------------------------------------------------------- published sets


@pytest.fixture
def published(small, tmp_path, capsys):
    assert typed(capsys, "publish", small, tmp_path / "pub")[0] == 0
    return tmp_path / "pub"


def test_published_twice_nothing_is_sent(small, published, capsys):
    """Every file is as it was, to the moment it was written."""
    before = files(published)
    code, out, _ = typed(capsys, "publish", small, published)
    assert code == 0
    assert "nothing had to be sent" in out
    assert files(published) == before


def test_pictures_of_one_label_are_fetched(small, published, tmp_path, capsys):
    """All of them and no others, to the byte, without the dataset."""
    apples = {
        next(small.glob(f"images/*/{row.image().sha256}.jpg")).read_bytes()
        for row in rows(small)
        if row.label == "apple"
    }
    shutil.rmtree(small)
    code, _, _ = typed(capsys, "fetch", "--from", published, "--label", "apple", "--to", tmp_path / "got")
    assert code == 0
    assert {path.read_bytes() for path in (tmp_path / "got").iterdir()} == apples


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--label", "nosuch"], "no row has label 'nosuch'"),
        (["--split", "nosuch"], "no row has split 'nosuch'"),
        (["nosuch"], "there is no 'nosuch'"),
    ],
)
def test_what_is_not_in_a_published_set_is_told(published, tmp_path, capsys, words, part):
    """And no folder is made for what did not come."""
    code, _, err = typed(capsys, "fetch", *words, "--from", published, "--to", tmp_path / "got")
    assert code == 2
    assert part in " ".join(err.split())
    assert not (tmp_path / "got").exists()


def test_a_set_that_was_published_and_spoilt_is_not_believed(published, tmp_path, capsys):
    """A picture whose bytes are others is not written down."""
    (shard,) = published.glob("shards/*.zip")
    data = bytearray(shard.read_bytes())
    for place in range(60, len(data) // 2, 97):
        data[place] ^= 0xFF
    shard.write_bytes(data)
    code, _, err = typed(capsys, "fetch", "--from", published, "--label", "apple", "--to", tmp_path / "got")
    assert code != 0
    assert err.startswith(("photogram:", "shards:")) or "photogram:" in err
    assert not list((tmp_path / "got").glob("*.jpg")) or code == 1


def test_no_links_into_a_folder(published, capsys):
    """A folder has no door that closes by itself; it is said what has."""
    code, _, err = typed(capsys, "link", "apple", "--from", published)
    assert code == 2
    assert "a folder has no links that end" in " ".join(err.split())


def test_two_packs_at_once_are_one_whole_pack(tmp_path):
    """Neither writes into what the other has open; both say that it is there."""
    folder = write(tmp_path / "set", groups={"apple": ("a red apple {n}", 60)})
    verbs.run(folder)
    both = [begun("pack", folder) for _ in range(2)]
    told = [(one.communicate(timeout=60), one.returncode) for one in both]
    assert [code for _, code in told] == [0, 0], told
    (pack,) = (folder / "packs").iterdir()
    assert sorted(path.name for path in pack.iterdir()) == [
        "pack.json",
        "shard-00000.jsonl",
        "shard-00000.zip",
    ]
    with zipfile.ZipFile(pack / "shard-00000.zip") as shard:
        assert shard.testzip() is None
        assert len([name for name in shard.namelist() if name.endswith(".jpg")]) == 60
