"""Loading many cases at once by COPY: years of records, and the demonstration district.

A record is told as the moves that happened; they are replayed through the same kind table and the same clocks as
`casework.actions.move`, so that a loaded case has the rows an acted one would have (a test compares them). What
differs is only the way to the database: one COPY for each table, with the indexes and foreign keys built afterwards
when the load is large. Everything is one transaction.
"""

from gongjian.domains.hotline.bulk.loading import load
from gongjian.domains.hotline.bulk.records import KEEP, Record, Step, sealed
from gongjian.domains.hotline.bulk.together import load_together

__all__ = ["KEEP", "Record", "Step", "load", "load_together", "sealed"]
