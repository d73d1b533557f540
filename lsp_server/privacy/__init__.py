"""What may be read and what may leave the machine."""
