"""How each family of models is spoken to: pure functions, one file for each family."""
