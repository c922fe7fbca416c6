"""What every other room stands on and no idea of the simulator needs: files, listings, names, small pictures."""
