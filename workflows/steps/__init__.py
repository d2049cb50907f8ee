"""What workflows run that is more than a line of shell. Each file runs alone, on the standard library."""
