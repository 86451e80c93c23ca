"""The image-dataset factory: describe the pictures a model needs, get a dataset."""
