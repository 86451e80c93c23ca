"""Archives: zip shards written and read by byte ranges, and the inventory that says where everything is."""
