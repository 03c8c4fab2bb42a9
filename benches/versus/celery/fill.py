"""Puts a task for each person into the queue: python fill.py LIST COUNT"""

import csv
import itertools
import sys

from tasks import app, notify

with open(sys.argv[1], encoding="utf-8", newline="") as people, app.producer_pool.acquire(block=True) as producer:
    for person in itertools.islice(csv.DictReader(people), int(sys.argv[2])):
        notify.apply_async((person,), producer=producer)
