"""How fast a server hands one message to many, beside others: `python -m benchmarks.fanout`."""
