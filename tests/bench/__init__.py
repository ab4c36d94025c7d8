"""Benchmarks: each compares Tierloom with what the work costs at least, in the same run."""
