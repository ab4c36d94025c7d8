# Thin: everything is in scripts/dev.py, which also runs where make is missing.
PYTHON ?= python3

run test check audit check-formulas bench chaos fuzz demo assets doctor lock:
	@$(PYTHON) scripts/dev.py $@ $(ARGS)

.PHONY: run test check audit check-formulas bench chaos fuzz demo assets doctor lock
