"""The workflow designer's words: its palette, a draft said in words, starting points, hints, and what publishing does to runs under way."""
