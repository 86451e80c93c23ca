"""Work on pixels alone: no rows, no files, no models."""
