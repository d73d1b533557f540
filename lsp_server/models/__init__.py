"""The models: what they can do, which one a lane uses, what they cost."""
