"""What scenarios share: what one is and where it is found, parameter files, linear readouts, receptive fields."""
