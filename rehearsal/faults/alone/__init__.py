"""What goes wrong without a stage to choose: one small file for each. `rehearsal.faults.matrix` lists them."""
