"""The language by which rows are chosen: `severity in [moderate, severe] and not synthetic`.

`fields.py` says what can be asked about, `tree.py` what a filter is and how it is written, `parse.py` reads
one, `match.py` finds the rows it holds for.
"""
