"""What goes wrong at each vendor: one file each, from an answer to one of the model errors."""
