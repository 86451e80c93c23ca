"""How a brief is read: where things stand in it, what shape they have, and what its small languages mean."""
