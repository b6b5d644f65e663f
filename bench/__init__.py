"""What speed costs and where: `python -m bench` measures, compares with the limits, and prints a table."""
