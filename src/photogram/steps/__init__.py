"""Every step: one file each, named as its verb."""
