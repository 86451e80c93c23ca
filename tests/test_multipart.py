"""Forms: what goes in comes out of another's reader, and the same content is the same bytes."""

from hypothesis import given
from hypothesis import strategies as st

from photogram.multipart import File, form

from .forms import parts

words = st.text(st.characters(exclude_categories=["Cs", "Cc"]))
data = st.binary() | st.sampled_from([b"\r\n--", b"--\r\n", b"\r\n", b'"; name="x"'])


@given(st.dictionaries(st.sampled_from(["model", "prompt", "n"]), words), st.lists(data, max_size=3))
def test_a_form_is_read_as_it_was_written(fields, contents):
    """Fields first, then files, each byte in its place, whatever looks like the end of a part."""
    files = [File("image[]", f"{number}.png", "image/png", one) for number, one in enumerate(contents)]
    if not fields and not files:
        return
    found = parts(*form(fields, files))
    assert [(name, value.decode()) for name, file, _, value in found if file is None] == list(fields.items())
    assert [File(*one) for one in found if one[1] is not None] == files


def test_the_same_content_is_the_same_bytes():
    """So that tapes and comparisons hold; other content has another boundary."""
    picture = File("image", "1.png", "image/png", b"picture")
    assert form({"n": "1"}, [picture]) == form({"n": "1"}, [picture])
    kinds = {form({"n": n}, [picture._replace(data=data)])[0] for n in "12" for data in (b"a", b"b", b"1a")}
    assert len(kinds) == 6


def test_what_divides_the_parts_is_in_none_of_them():
    """Moving a byte from one part to the next gives another boundary too."""
    assert form({"a": "12", "b": "3"}, [])[0] != form({"a": "1", "b": "23"}, [])[0]
