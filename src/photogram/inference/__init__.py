"""Weights at work: torch, diffusers and transformers are used in this folder alone, when first needed."""
