"""Calls made at the same moment, each in a thread with a database connection of its own."""

import threading

from django.db import connection


def at_once(*calls):
    """Return what the calls return, started together, in the order in which they end; a fault is raised here."""
    start, got, faults = threading.Barrier(len(calls)), [], []

    def work(call):
        start.wait()
        try:
            got.append(call())
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return got
