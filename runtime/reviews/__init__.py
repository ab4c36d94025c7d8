"""Reviews of tier models: from the day one opens, over facts, opinions and proposals, to what everybody has to know."""
