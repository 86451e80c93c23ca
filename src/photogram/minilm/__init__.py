"""Sentences as vectors by a small BERT, in numpy: no torch, and the weights are read where they lie."""
