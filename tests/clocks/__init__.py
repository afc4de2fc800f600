"""A run through the whole house under clocks that make trouble: `make clocks`, or `python -m tests.clocks`.

Tests stand at one fixed moment with an empty database. This run starts the full demonstration on a new data folder with
the clock at the first and the last moments of months and years, and goes through it from outside, by HTTP and commands
alone: every desk of every account, tables and papers taken out, a report made, followed and moved, records taken in and
back, programs answered, an orderly end. The clock runs meanwhile, one for all processes.
"""
