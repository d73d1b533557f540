"""What the model is told: the window around the cursor, and what else the project knows."""
