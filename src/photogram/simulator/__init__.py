"""A small honest provider on this machine: it checks what it is sent, keeps books, and fails on order.

It speaks as several providers do, each in a file of `tongues/`.
"""

from photogram.simulator.script import Script
from photogram.simulator.server import Simulator, serving

__all__ = ["Script", "Simulator", "serving"]
