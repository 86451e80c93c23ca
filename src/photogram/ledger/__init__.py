"""The ledger: one SQLite file that remembers every row, every cell and every dollar.

file      its tables and its connection
rows      what was planned or taken in
cells     claims, outcomes and money
drivers   who is at work on it, and what becomes of their claims
jobs      what a provider was given to do later, and how far it is
views     counts and sums for people
"""

from photogram.ledger.cells import ATTEMPTS, Cells, Granted, Standing, Want
from photogram.ledger.drivers import Drivers
from photogram.ledger.jobs import JobsKept
from photogram.ledger.rows import Rows
from photogram.ledger.views import Kept, Views

__all__ = ["ATTEMPTS", "Granted", "Kept", "Ledger", "Standing", "Want"]


class Ledger(Rows, Cells, Drivers, JobsKept, Views):
    """An open ledger. Only its driver's event loop touches it; workers never do."""
