"""How numbers are written in Arabic: 1.234,5, as Django has it, but with thousands apart."""

NUMBER_GROUPING = 3
