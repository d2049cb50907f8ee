"""The kinds of faults that strike in a stage: one small file for each kind. `rehearsal.faults.matrix` lists them."""
