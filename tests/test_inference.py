"""Running asks on weights, without any: who is worked on together, a full memory, and what is asked."""

import pytest

from photogram.data import Said, See
from photogram.faults import Invalid
from photogram.inference.bench import allowance, ran_out
from photogram.inference.running import in_parts, run
from photogram.inference.viewer import told


def test_a_question_holds_the_schema_and_the_complaint():
    """These models know no other way to be told."""
    schema = {"type": "object", "properties": {"b": {"type": "string"}, "a": {"type": "null"}}}
    text = told(See(images=(), prompt="What is it?", schema=schema, complaint="the reply is not JSON"))
    assert text.startswith("What is it?\n\nAnswer with one JSON object")
    assert '{"properties":{"a":{"type":"null"},"b":{"type":"string"}},"type":"object"}' in text
    assert "could not be used: the reply is not JSON" in text
    assert told(See(images=(), prompt="What?")) == "What?"


def test_asks_of_a_kind_are_worked_on_together_and_answered_in_order():
    """Whatever their order; one that cannot be prepared has its error in its place."""
    groups = []

    def prepare(ask):
        if ask == "!":
            raise Invalid("wrong")
        return ask

    def work(group):
        groups.append("".join(group))
        return [Said(text=each) for each in group]

    replies = run("aBb!cA", prepare, str.islower, work)
    assert groups == ["abc", "BA"]
    assert [getattr(reply, "text", "wrong") for reply in replies] == ["a", "B", "b", "wrong", "c", "A"]


@pytest.mark.parametrize("most", [1, 2, 3, 5])
def test_a_company_that_does_not_fit_is_halved(most):
    """Until it does; everyone is answered once, in order."""
    tried = []

    def work(group):
        tried.append(len(group))
        if len(group) > most:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return [Said(text=each) for each in group]

    assert [said.text for said in in_parts(work, "abcde")] == list("abcde")
    assert tried[0] == 5
    assert max(size for size in tried if size <= most) >= most / 2


def test_bugs_are_no_answers():
    """What is neither a model's error nor a full memory ends the run, which names the row."""
    for bug in (ZeroDivisionError("x"), RuntimeError("x")):

        def work(group, bug=bug):
            raise bug

        with pytest.raises(type(bug)):
            in_parts(work, "ab")


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (MemoryError(), True),
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 1.00 GB)"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"), True),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes"), True),
        (RuntimeError("CUDA error: device-side assert triggered"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_every_device_says_in_its_own_words_that_it_is_full(error, full):
    """By the words of torch's own sources."""
    assert ran_out(error) == full


@pytest.mark.parametrize(
    ("files", "left"),
    [
        ({}, 1000),
        ({"max": "max", "current": "10", "stat": "inactive_file 5"}, 1000),
        ({"max": "500", "current": "300", "stat": "anon 1\ninactive_file 50\n"}, 250),
        ({"max": "500", "current": "300", "stat": ""}, 200),
        ({"max": "what", "current": "300", "stat": ""}, 1000),
    ],
)
def test_a_container_may_not_use_all_that_is_free(tmp_path, files, left):
    """Its own bound counts, less what it uses, but for files that the system keeps at hand."""
    for name, text in files.items():
        (tmp_path / f"memory.{name}").write_text(text)
    assert allowance(tmp_path, 1000) == left
