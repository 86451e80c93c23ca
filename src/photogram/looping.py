"""One event loop at the edge: what is asynchronous inside is a plain call outside, also in a notebook."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


def run_to_end(main: Coroutine[Any, Any, T], interrupted: Callable[[], object] | None = None) -> T:
    """Run to the end, also where an event loop is running already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(main)
    return _run_beside(main, interrupted)


def _run_beside(main: Coroutine[Any, Any, T], interrupted: Callable[[], object] | None) -> T:
    """Run in a thread of its own; a Ctrl-C that reaches who waits for it is passed on, not left behind."""
    done: Future[T] = Future()
    began: Future[tuple[asyncio.AbstractEventLoop, Callable[[], object]]] = Future()

    async def inner() -> T:
        task = asyncio.current_task()
        assert task is not None
        began.set_result((asyncio.get_running_loop(), interrupted or task.cancel))
        return await main

    def beside() -> None:
        try:
            done.set_result(asyncio.run(inner()))
        except BaseException as error:
            done.set_exception(error)

    threading.Thread(target=beside, name="photogram").start()
    while True:
        try:
            return done.result()
        except KeyboardInterrupt:
            if done.done():
                raise
            loop, pull = began.result()
            loop.call_soon_threadsafe(pull)
