"""How a reply is read that is not quite what was asked for.

lenient   a text that was meant to be JSON becomes values
numbers   a number in words, with a unit or as a share becomes a number
rules     a JSON Schema: what stands at a place in it, and what it allows, in words
coerce    a value becomes the one that the schema has a place for
complain  what is wrong with a value, so that a model can mend it

All of it is pure, works in time proportional to the text, and never makes up a value.
"""
