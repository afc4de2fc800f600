"""The measured work: `make bench` prints CPU per request and ratios, and writes var/bench.json."""
