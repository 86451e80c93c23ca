"""Drawing without a model: surfaces, what is wrong with them, and cards of facts."""
