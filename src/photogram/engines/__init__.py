"""How rows are mapped to outcomes: here on this machine, elsewhere by other files."""
