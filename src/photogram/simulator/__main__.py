"""`python -m photogram.simulator` is `photogram simulate`."""

import asyncio
import sys

from photogram.simulator.command import script_from
from photogram.simulator.server import serve

if __name__ == "__main__":
    asyncio.run(serve(*script_from(sys.argv[1:])))
