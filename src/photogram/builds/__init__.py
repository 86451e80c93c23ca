"""What a filled table is made into; a build reads cells and never writes them."""
