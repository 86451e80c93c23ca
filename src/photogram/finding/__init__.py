"""How pictures are found: an index that lies in files, and what is asked of it."""
